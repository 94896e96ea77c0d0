"""Every statement: valid on SQLite, written for PostgreSQL, portable, and quick where a logon waits for it."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_server.store import statements as sql
from mfa_server.store.compiled import Plain

NARROWINGS = [
    frozenset(c) for n in range(6) for c in itertools.combinations(("user_id", "client", "event", "result", "since"), n)
]
ALL: dict[str, Plain] = {
    **{name: value for name, value in vars(sql).items() if isinstance(value, Plain)},
    **{f"SWEEPS[{n}]": statement for n, statement in enumerate(sql.SWEEPS)},
    **{f"audit_page({','.join(sorted(which))})": sql.audit_page(which) for which in NARROWINGS},
    **{
        f"users_page(search={search}, after={after})": sql.users_page(search=search, after=after)
        for search in (True, False)
        for after in (True, False)
    },
}
EVERY_ROW = {"SERVERS", "SYNC_RUNS", "KEY_IDS", "WAITING_OWNERS", "OWNER_GONE", "SERVER_SEEN"}
"""Small tables, or questions that nobody waits for."""


@pytest.fixture(scope="module")
def connection(migrated: Path) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(f"file:{migrated}?mode=ro&immutable=1", uri=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ALL)
def test_it_fits_the_migrated_schema(connection: sqlite3.Connection, name: str) -> None:
    compiled = ALL[name].on("sqlite")
    assert connection.execute("EXPLAIN " + compiled.sql, [None] * len(compiled.order)).fetchall()


@pytest.mark.parametrize("name", ALL)
def test_it_is_written_for_postgresql_with_nothing_that_its_relatives_lack(name: str) -> None:
    compiled = ALL[name].on("postgresql")
    assert not re.search(r"\b(FOR UPDATE|SKIP LOCKED|NOTIFY|ADVISORY|LOCK TABLE)\b", compiled.sql)
    assert len(set(re.findall(r"\$\d+", compiled.sql))) == len(set(compiled.order))


@pytest.mark.parametrize("name", [name for name in ALL if name not in EVERY_ROW and "(" not in name])
def test_it_looks_at_no_more_rows_than_it_needs(connection: sqlite3.Connection, name: str) -> None:
    compiled = ALL[name].on("sqlite")
    plan = connection.execute("EXPLAIN QUERY PLAN " + compiled.sql, [1] * len(compiled.order)).fetchall()
    assert not [step[3] for step in plan if step[3].startswith("SCAN")]


def test_the_audit_of_a_person_and_the_newest_rows_are_read_by_index(connection: sqlite3.Connection) -> None:
    for which in (frozenset[str](), frozenset({"user_id"}), frozenset({"user_id", "since"})):
        compiled = sql.audit_page(which).on("sqlite")
        (step, *_) = connection.execute("EXPLAIN QUERY PLAN " + compiled.sql, [1] * len(compiled.order)).fetchall()
        assert "INDEX ix_audit" in step[3]
