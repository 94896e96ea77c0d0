"""Measurements by hand: what an installation weighs and how long its parts take. Results are committed under ``results/``.

Belongs here: programs that print numbers. Does not belong here: tests that pass or fail by them, except that
``tests/gateways/test_memory.py`` holds the promise of the README with the measurement of ``memory``.
"""

__all__: list[str] = []
