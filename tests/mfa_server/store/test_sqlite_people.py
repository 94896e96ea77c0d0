"""People on SQLite: what sync decides before it writes."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mfa_server.store.sqlite_connect import connect
from mfa_server.store.sqlite_people import apply_users, differing, fold
from mfa_server.store.sync_records import DirectoryUser
from tests.conformance.store_values import ANNA, BERT, NOW, SOURCE

PERSON = DirectoryUser(ANNA, "anna", "cn=Anna")


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(database, busy_milliseconds=10, writing=True)
    yield opened
    opened.close()


def test_only_those_that_differ_reach_the_writer(connection: sqlite3.Connection) -> None:
    apply_users(connection, SOURCE, [PERSON], NOW)
    changed, new = replace(PERSON, phone="+4930"), DirectoryUser(BERT, "bert", "cn=Bert")
    assert differing(connection, SOURCE, [PERSON, changed, new], NOW) == [changed, new]
    assert differing(connection, "default/other", [changed], NOW) == []


def test_what_no_longer_differs_when_it_is_written_is_not_written(connection: sqlite3.Connection) -> None:
    assert apply_users(connection, SOURCE, [PERSON], NOW) == (1, 0)
    before = connection.total_changes
    assert apply_users(connection, SOURCE, [PERSON], NOW) == (0, 0)
    assert connection.total_changes == before


@pytest.mark.parametrize(("one", "other"), [("ANNA", "anna"), ("GROẞ", "gross"), ("ΣΊΣΥΦΟΣ", "σίσυφος")])
def test_names_fold_as_unicode_says(one: str, other: str) -> None:
    assert fold(one) == fold(other)
