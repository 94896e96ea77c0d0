"""Every statement as it is compiled: valid on SQLite, portable on PostgreSQL, and quick where a logon waits for it."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from mfa_server.store import statements
from mfa_server.store.compiled import postgresql, sqlite
from mfa_server.store.compiled.statement import Statement


def flattened(module: ModuleType) -> dict[str, Statement]:
    """Every statement of a module of compiled ones, those in tuples and mappings too."""
    found: dict[str, Statement] = {}
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, Statement):
            found[name] = value
        else:
            several = value.items() if isinstance(value, Mapping) else enumerate(value)
            found |= {f"{name}[{key}]": statement for key, statement in several}
    return found


ON_SQLITE, ON_POSTGRESQL = flattened(sqlite), flattened(postgresql)
EVERY_ROW = {"SERVERS", "SYNC_RUNS", "KEY_IDS", "WAITING_OWNERS", "OWNER_GONE", "SERVER_SEEN"}
"""Small tables, or questions that nobody waits for."""


@pytest.fixture(scope="module")
def connection(migrated: Path) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(f"file:{migrated}?mode=ro&immutable=1", uri=True)
    yield opened
    opened.close()


def test_every_statement_is_there_on_both_engines_by_the_same_name() -> None:
    assert sqlite.__all__ == postgresql.__all__ == sorted(name for name in statements.__all__ if name.isupper())
    assert ON_SQLITE.keys() == ON_POSTGRESQL.keys()
    assert len(ON_SQLITE) > len(sqlite.__all__)


@pytest.mark.parametrize("name", ON_SQLITE)
def test_it_fits_the_migrated_schema(connection: sqlite3.Connection, name: str) -> None:
    statement = ON_SQLITE[name]
    assert connection.execute("EXPLAIN " + statement.sql, [None] * len(statement.order)).fetchall()


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_it_is_written_for_postgresql_with_nothing_that_its_relatives_lack(name: str) -> None:
    statement = ON_POSTGRESQL[name]
    assert not re.search(r"\b(FOR UPDATE|SKIP LOCKED|NOTIFY|ADVISORY|LOCK TABLE)\b", statement.sql)
    assert set(re.findall(r"\$\d+", statement.sql)) == {f"${n + 1}" for n in range(len(statement.order))}
    assert set(statement.order) == set(ON_SQLITE[name].order)


@pytest.mark.parametrize("name", [name for name in ON_SQLITE if name not in EVERY_ROW and "_PAGE[" not in name])
def test_it_looks_at_no_more_rows_than_it_needs(connection: sqlite3.Connection, name: str) -> None:
    statement = ON_SQLITE[name]
    plan = connection.execute("EXPLAIN QUERY PLAN " + statement.sql, [1] * len(statement.order)).fetchall()
    assert not [step[3] for step in plan if step[3].startswith("SCAN")]


@pytest.mark.parametrize("narrowed", [(), ("user_id",), ("since", "user_id")])
def test_the_audit_of_a_person_and_the_newest_rows_are_read_by_index(
    connection: sqlite3.Connection, narrowed: tuple[str, ...]
) -> None:
    statement = sqlite.AUDIT_PAGE[narrowed]
    (step, *_) = connection.execute("EXPLAIN QUERY PLAN " + statement.sql, [1] * len(statement.order)).fetchall()
    assert "INDEX ix_audit" in step[3]
