"""Servers on SQLite: what a ping proves."""

import sqlite3
from pathlib import Path

import pytest

from mfa_server.store.sqlite_connect import connect
from mfa_server.store.sqlite_servers import touch


def test_touching_writes_each_time_and_leaves_one_row(database: Path) -> None:
    connection = connect(database, busy_milliseconds=10, writing=True)
    for expected in (1, 2):
        touch(connection)
        assert connection.total_changes == expected
    assert connection.execute("SELECT count(*) FROM meta").fetchone() == (1,)
    connection.close()


def test_touching_reaches_the_file_each_time(database: Path) -> None:
    connection = connect(database, busy_milliseconds=10, writing=True)
    log = database.with_name(database.name + "-wal")
    sizes = []
    for _ in range(3):
        touch(connection)
        sizes.append(log.stat().st_size)
    assert sizes == sorted(set(sizes))
    connection.close()


def test_touching_what_cannot_be_written_fails(database: Path) -> None:
    connection = connect(database, busy_milliseconds=10, writing=False)
    with pytest.raises(sqlite3.OperationalError):
        touch(connection)
    connection.close()
