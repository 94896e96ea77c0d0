"""Tests of a compiled statement. Not here: what the statements say (``test_statements``), how they are made (``test_compile_statements``)."""

__all__: list[str] = []
