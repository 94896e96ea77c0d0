"""Tests of the store: each module's own; what every engine promises is in ``tests.conformance.store``."""

__all__: list[str] = []
