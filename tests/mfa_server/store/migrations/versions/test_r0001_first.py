"""The first revision: every table, frozen as it was released."""

import importlib
import sqlite3
from pathlib import Path

TABLES = {
    "users",
    "user_state",
    "tokens",
    "attempts",
    "sent_codes",
    "redeliveries",
    "audit",
    "servers",
    "sync_runs",
    "meta",
}


def test_it_is_the_beginning() -> None:
    revision = importlib.import_module("mfa_server.store.migrations.versions.r0001_first")
    assert (revision.revision, revision.down_revision) == ("0001", None)


def test_it_makes_every_table_and_no_trigger(migrated: Path) -> None:
    connection = sqlite3.connect(f"file:{migrated}?mode=ro&immutable=1", uri=True)
    made = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    connection.close()
    assert {name for kind, name in made if kind == "table"} == TABLES | {"alembic_version"}
    assert {kind for kind, _ in made} == {"table", "index"}


def test_it_knows_nothing_of_todays_schema() -> None:
    revision = importlib.import_module("mfa_server.store.migrations.versions.r0001_first")
    assert revision.__file__ is not None
    assert "mfa_server" not in Path(revision.__file__).read_text()
