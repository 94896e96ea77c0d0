"""Suites that every implementation of an interface passes; an implementation's own tests subclass them.

Belongs here: what the interface promises. Does not belong here: anything only one implementation can do.
"""

import pytest

__all__: list[str] = []

pytest.register_assert_rewrite(
    "tests.conformance.store_audit",
    "tests.conformance.store_challenges",
    "tests.conformance.store_counters",
    "tests.conformance.store_finish",
    "tests.conformance.store_model",
    "tests.conformance.store_people",
    "tests.conformance.store_races",
    "tests.conformance.store_servers",
)
