"""Connections to the SQLite file, how a statement runs on one, and what the driver's errors mean here."""

import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mfa_server.errors import MfaError
from mfa_server.store.compiled.statement import Statement
from mfa_server.store.errors import StoreRefusedError, StoreUnavailableError, UnknownSchemaError
from mfa_server.store.revisions import SUPPORTED

__all__ = [
    "all_rows",
    "check_schema",
    "connect",
    "create_file",
    "is_busy",
    "one_row",
    "patiently",
    "run",
    "run_many",
    "translated",
]

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PAGES_PER_CHECKPOINT = 4000
"""The writer checkpoints when it is idle; this many pages of log (16 MB) are the backstop of a writer that never is."""
_LOG_BYTES_KEPT = 64 * 1024 * 1024
_BETWEEN_TRIES_SECONDS = 0.002


def create_file(path: Path) -> None:
    """Create an empty file that only its owner can read; SQLite gives its log and index files the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def connect(path: Path, *, busy_milliseconds: int, writing: bool) -> sqlite3.Connection:
    """Open an existing file. Raises StoreUnavailableError, also when the file is not there.

    ``synchronous=FULL``: a commit is on the disk when it returns. Anything less could lose the last ones with the power, and a
    used code would be valid again; with grouped commits it costs next to nothing.
    """
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        connection = sqlite3.connect(
            f"file:{_escaped(path)}?mode=rw",
            uri=True,
            timeout=busy_milliseconds / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    except (sqlite3.Error, OSError) as error:
        raise translated(error, path) from error
    try:
        for pragma in _pragmas(writing=writing):
            # Two processes that turn a new file to WAL at once are told "busy" without any waiting.
            patiently(connection, f"PRAGMA {pragma}", busy_milliseconds / 1000)
    except sqlite3.Error as error:
        connection.close()
        raise translated(error, path) from error
    return connection


def _escaped(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _pragmas(*, writing: bool) -> Iterable[str]:
    yield "foreign_keys=ON"
    if not writing:
        yield "query_only=ON"
        return
    yield "journal_mode=WAL"
    yield "synchronous=FULL"
    yield f"wal_autocheckpoint={_PAGES_PER_CHECKPOINT}"
    yield f"journal_size_limit={_LOG_BYTES_KEPT}"


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise UnknownSchemaError unless the schema is one this version runs on."""
    hint = "run `mfa store migrate`"
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise translated(error, path) from error
        raise UnknownSchemaError(f"{path} has no schema of the state store yet", hint=hint) from error
    except sqlite3.Error as error:
        raise translated(error, path) from error
    revision = row[0] if row else "none"
    if revision not in SUPPORTED:
        known = ", ".join(sorted(SUPPORTED))
        raise UnknownSchemaError(
            f"{path} has schema revision {revision}, this version runs on {known}",
            hint=f"{hint}, or use the version of mfa that wrote it",
        )


def is_busy(error: BaseException) -> bool:
    """Whether another process holds the lock, so that trying again makes sense."""
    # The low byte is the primary code: extended ones tell kinds of busy apart.
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY


def patiently(connection: sqlite3.Connection, statement: str, seconds: float) -> None:
    """Run a statement, again while another process holds the lock, for ``seconds`` at most."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= deadline:
                raise
            # SQLite's own handler has waited already; some kinds of busy come back at once.
            time.sleep(_BETWEEN_TRIES_SECONDS)
        else:
            return


def translated(error: BaseException, path: Path) -> BaseException:
    """Return the store's error for a driver's or the system's; anything else as it is. Their texts hold no values of rows."""
    if isinstance(error, MfaError):
        return error
    if isinstance(error, sqlite3.IntegrityError):
        return StoreRefusedError(f"the state store refused a row ({error})", hint="what it refers to is not there")
    if isinstance(error, UnicodeEncodeError):
        return StoreRefusedError("the state store was given a text that is not Unicode", hint="remove lone surrogates")
    if is_busy(error):
        return StoreUnavailableError(f"{path} stayed locked by another process", hint="look for one that hangs")
    if isinstance(error, FileNotFoundError):
        return UnknownSchemaError(f"{path} does not exist", hint="run `mfa store migrate`")
    if isinstance(error, sqlite3.Error | OSError):
        return StoreUnavailableError(f"{path} cannot be used ({error})", hint="check the disk and the file's owner")
    return error


def run(connection: sqlite3.Connection, statement: Statement, values: Mapping[str, Any]) -> int:
    """Run one statement; returns how many rows it changed."""
    return connection.execute(statement.sql, statement.bind(values)).rowcount


def run_many(connection: sqlite3.Connection, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
    """Run one statement for many rows."""
    connection.executemany(statement.sql, map(statement.bind, rows))


def one_row(connection: sqlite3.Connection, statement: Statement, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return the first row, or None."""
    # All are fetched: a statement left half read would keep its snapshot, and the log could not be written back.
    rows = all_rows(connection, statement, values)
    return rows[0] if rows else None


def all_rows(connection: sqlite3.Connection, statement: Statement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return every row."""
    return connection.execute(statement.sql, statement.bind(values)).fetchall()
