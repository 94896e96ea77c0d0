"""Bring the database to the newest schema: the only module that loads Alembic.

A database that holds something is copied first (``VACUUM INTO``, beside it). The whole way from the old revision to the new one is one
transaction: it is done or nothing has happened. Two processes may start it at once; the second finds nothing to do.
"""

import sqlite3
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from mfa_server.store.errors import StoreUnavailableError, UnknownSchemaError
from mfa_server.store.sqlite_connect import connect, create_file, translated

__all__ = ["MigrationReport", "MigrationStatus", "migrate", "status"]

_BUSY_MILLISECONDS = 10_000


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Where a database stands."""

    path: Path
    current: str
    """Its revision; empty: no schema yet, or no file."""
    newest: str
    """The newest revision this version knows."""
    pending: tuple[str, ...]
    """Revisions still to run, oldest first."""


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a migration did."""

    path: Path
    before: str
    """Revision before; empty: a fresh database."""
    after: str
    applied: tuple[str, ...]
    """Revisions that were run, oldest first; empty: nothing to do."""
    backup: Path | None = None
    """The copy made before anything was changed; None for a fresh database and for nothing to do."""


def status(path: Path) -> MigrationStatus:
    """Return where the database at ``path`` stands; a missing file is an empty database. Raises StoreUnavailableError."""
    if not path.exists():
        return _standing(path, "")
    with _engine(path).connect() as connection:
        return _standing(path, _current(connection))


def migrate(path: Path) -> MigrationReport:
    """Bring the database to the newest revision; a missing file is made, readable by its owner only.

    Raises UnknownSchemaError for a revision that a newer version wrote, StoreUnavailableError for everything else that fails.
    """
    try:
        create_file(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be made ({error.strerror})", hint="check its directory") from error
    before = status(path)
    if not before.pending:
        return MigrationReport(path, before.current, before.newest, ())
    backup = _back_up(path, before.current) if before.current else None
    try:
        with _engine(path).begin() as connection:
            applied = _standing(path, _current(connection)).pending
            command.upgrade(_config(connection), "head")
    except (SQLAlchemyError, CommandError, sqlite3.Error) as error:
        kept = f"; a copy is in {backup}" if backup is not None else ""
        # The driver's own words are one line; SQLAlchemy's add the statement.
        reason = getattr(error, "orig", None) or error
        raise StoreUnavailableError(
            f"{path} could not be brought to revision {before.newest} ({reason}) and is as it was{kept}",
            hint="stop the servers that use it and try again",
        ) from error
    return MigrationReport(path, before.current, before.newest, applied, backup)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # Alembic reads % as the start of a reference.
    config.set_main_option("script_location", str(files("mfa_server.store") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _standing(path: Path, current: str) -> MigrationStatus:
    scripts = ScriptDirectory.from_config(_config())
    newest = scripts.get_current_head() or ""
    known = [revision.revision for revision in scripts.walk_revisions()]
    if current and current not in known:
        raise UnknownSchemaError(
            f"{path} has schema revision {current}, this version knows none after {newest}",
            hint="use the version of mfa that wrote it, or restore the copy made before it was migrated",
        )
    pending = known[: known.index(current)] if current else known
    return MigrationStatus(path, current, newest, tuple(reversed(pending)))


def _current(connection: Connection) -> str:
    try:
        return MigrationContext.configure(connection).get_current_revision() or ""
    except (SQLAlchemyError, CommandError) as error:
        raise StoreUnavailableError(f"the schema's revision cannot be read ({error})") from error


def _back_up(path: Path, revision: str) -> Path:
    number = 1
    while True:
        copy = path.with_name(f"{path.name}.{revision}.{number}.bak")
        try:
            create_file(copy)
        except FileExistsError:
            number += 1
            continue
        break
    connection = connect(path, busy_milliseconds=_BUSY_MILLISECONDS, writing=True)
    try:
        connection.execute("VACUUM INTO ?", (str(copy),))
    except sqlite3.Error as error:
        copy.unlink()
        raise translated(error, path) from error
    finally:
        connection.close()
    return copy


def _engine(path: Path) -> Engine:
    """Return a synchronous engine that takes the write lock when a transaction begins, and leaves nothing open."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, busy_milliseconds=_BUSY_MILLISECONDS, writing=True),
        poolclass=NullPool,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
