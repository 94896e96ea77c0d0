"""Tests of the single revisions."""

__all__: list[str] = []
