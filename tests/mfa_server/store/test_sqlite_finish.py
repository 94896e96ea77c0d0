"""The end of a logon on SQLite: how much it writes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_server.store.sqlite_connect import connect
from mfa_server.store.sqlite_finish import append_audit, finish, is_recorded
from mfa_server.store.sqlite_logons import begin as begin_unit
from tests.conformance.store_values import begin, event
from tests.conformance.store_values import finish as ending


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(database, busy_milliseconds=10, writing=True)
    yield opened
    opened.close()


def test_a_refusal_that_counts_nothing_writes_its_audit_row_only(connection: sqlite3.Connection) -> None:
    written: list[str] = []
    started = begin()
    begin_unit(connection, started)
    connection.set_trace_callback(written.append)
    finish(connection, ending(started.attempt_id, granted=False))
    changes = [text.split()[0:3] for text in written if not text.startswith("SELECT")]
    assert changes == [["DELETE", "FROM", "attempts"], ["INSERT", "INTO", "audit"]]


def test_a_grant_that_fails_writes_nothing(connection: sqlite3.Connection) -> None:
    started = begin()
    begin_unit(connection, started)
    before = connection.total_changes
    finish(connection, ending(started.attempt_id, epoch=1))
    assert connection.total_changes == before


def test_the_result_is_the_stores_word_not_the_callers(connection: sqlite3.Connection) -> None:
    started = begin()
    begin_unit(connection, started)
    finish(connection, ending(started.attempt_id, granted=False, audit=event(result="granted")))
    assert connection.execute("SELECT result FROM audit").fetchall() == [("refused",)]


def test_what_was_recorded_is_known(connection: sqlite3.Connection) -> None:
    one = event()
    assert not is_recorded(connection, one)
    append_audit(connection, one)
    assert is_recorded(connection, one)
