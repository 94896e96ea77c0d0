"""The counters begin at nothing and keep the kinds of bind apart."""

import dataclasses

from mfa_server.directories.counters import DirectoryCounters


def test_all_counters_begin_at_zero() -> None:
    assert set(dataclasses.asdict(DirectoryCounters()).values()) == {0}


def test_the_three_kinds_of_bind_are_counted_apart() -> None:
    names = {field.name for field in dataclasses.fields(DirectoryCounters)}
    assert {"password_checks", "search_binds", "own_binds"} <= names
