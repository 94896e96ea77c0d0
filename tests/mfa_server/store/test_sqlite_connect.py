"""Connections, the schema check, and what the driver's errors mean."""

import sqlite3
from pathlib import Path

import pytest

from mfa_server.store.errors import StoreRefusedError, StoreUnavailableError, UnknownSchemaError
from mfa_server.store.migrate import migrate
from mfa_server.store.sqlite import SqliteStore
from mfa_server.store.sqlite_connect import connect, create_file, is_busy, patiently, translated
from tests.conformance.store_values import HERE

HOW = "run `mfa store migrate`"


def busy_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return error


def test_a_writing_connection_is_durable_and_checks_references(database: Path) -> None:
    connection = connect(database, busy_milliseconds=5, writing=True)
    pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5,)
    connection.close()


def test_a_reading_connection_cannot_write(database: Path) -> None:
    connection = connect(database, busy_milliseconds=5, writing=False)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM users")
    connection.close()


@pytest.mark.parametrize("name", ["a?mode=memory#b.db", "100%41.db", "ü ö.db"])
def test_any_file_name_is_that_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    migrate(path)
    connect(path, busy_milliseconds=5, writing=True).close()
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_a_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    create_file(tmp_path / "new.db")
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "new.db")


def test_a_missing_file_is_not_made_by_opening(tmp_path: Path) -> None:
    with pytest.raises(UnknownSchemaError, match=rf"absent.db does not exist; {HOW}"):
        SqliteStore.open(tmp_path / "absent.db")
    assert not list(tmp_path.iterdir())


def test_a_file_without_a_schema_says_what_to_run(tmp_path: Path) -> None:
    create_file(tmp_path / "empty.db")
    with pytest.raises(UnknownSchemaError, match=rf"has no schema of the state store yet; {HOW}"):
        SqliteStore.open(tmp_path / "empty.db")


@pytest.mark.parametrize("revision", ["9999", None])
def test_an_unknown_schema_is_refused_by_name(database: Path, revision: str | None) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM alembic_version")
        if revision is not None:
            connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    connection.close()
    with pytest.raises(UnknownSchemaError) as caught:
        SqliteStore.open(database)
    assert f"has schema revision {revision or 'none'}, this version runs on 0001; {HOW}" in str(caught.value)


@pytest.mark.parametrize("what", ["directory", "garbage"])
def test_what_is_no_database_is_unavailable(tmp_path: Path, what: str) -> None:
    path = tmp_path / "odd.db"
    if what == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"this is not a database, but it is long enough to be taken for one" * 99)
    with pytest.raises(StoreUnavailableError, match=r"odd.db cannot be used"):
        SqliteStore.open(path)


def test_extended_codes_of_busy_are_busy() -> None:
    assert is_busy(busy_error(sqlite3.SQLITE_BUSY_SNAPSHOT))
    assert is_busy(busy_error(sqlite3.SQLITE_LOCKED))
    assert not is_busy(busy_error(sqlite3.SQLITE_FULL))
    assert not is_busy(sqlite3.OperationalError("no code"))
    assert not is_busy(OSError())


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (busy_error(sqlite3.SQLITE_BUSY), StoreUnavailableError, "x.db stayed locked by another process"),
        (sqlite3.OperationalError("disk I/O error"), StoreUnavailableError, "x.db cannot be used (disk I/O error)"),
        (PermissionError(13, "Permission denied"), StoreUnavailableError, "x.db cannot be used"),
        (sqlite3.IntegrityError("FOREIGN KEY constraint failed"), StoreRefusedError, "refused a row"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), StoreRefusedError, "not Unicode"),
        (KeyError(HERE), KeyError, HERE),
    ],
)
def test_errors_are_told_in_the_stores_words(error: Exception, kind: type[Exception], text: str) -> None:
    told = translated(error, Path("x.db"))
    assert isinstance(told, kind)
    assert text in str(told)


def test_patience_ends(database: Path) -> None:
    holder = connect(database, busy_milliseconds=0, writing=True)
    other = connect(database, busy_milliseconds=0, writing=True)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        patiently(other, "BEGIN IMMEDIATE", 0.01)
    holder.execute("ROLLBACK")
    patiently(other, "BEGIN IMMEDIATE", 0.01)
    for connection in (holder, other):
        connection.close()
