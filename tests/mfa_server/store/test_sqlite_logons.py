"""A logon's units on SQLite that the suite does not see from outside."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from mfa_server.store import sqlite_logons as logons
from mfa_server.store.sqlite_connect import connect
from tests.conformance.store_values import ANNA, HERE, NOW, begin, prompt, seconds, take_over


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(database, busy_milliseconds=10, writing=True)
    yield opened
    opened.close()


def test_an_attempt_is_told_apart_from_a_challenge(connection: sqlite3.Connection) -> None:
    started = begin()
    logons.begin(connection, started)
    before = logons.attempt_of(connection, started.attempt_id)
    assert before is not None
    assert (before.prompted, before.challenge.prompted_at, before.newcomer_id) == (False, NOW, None)
    logons.prompt(connection, prompt(started.attempt_id, now=NOW + seconds(1)))
    after = logons.attempt_of(connection, started.attempt_id)
    assert after is not None
    assert (after.prompted, after.challenge.prompted_at) == (True, NOW + seconds(1))
    assert logons.attempt_of(connection, uuid4()) is None


def test_the_answer_of_a_prompt_is_what_is_kept(connection: sqlite3.Connection) -> None:
    started = begin()
    logons.begin(connection, started)
    _, opened = logons.prompt(connection, prompt(started.attempt_id, epoch=3, method="Email"))
    assert logons.challenges_of(connection, ANNA, NOW) == (opened,)


def test_an_adoption_forgets_who_took_over(connection: sqlite3.Connection) -> None:
    started, newcomer = begin(), begin()
    for one in (started, newcomer):
        logons.begin(connection, one)
    logons.prompt(connection, prompt(started.attempt_id))
    wanted = take_over(started.attempt_id, newcomer.attempt_id, owner=HERE)
    logons.take_over(connection, wanted)
    logons.adopt(connection, started.attempt_id, 1, HERE, NOW)
    assert logons.take_over(connection, wanted)[0] == "gone"


def test_sweeping_takes_no_more_than_it_may(connection: sqlite3.Connection) -> None:
    for _ in range(5):
        logons.begin(connection, begin())
    later = NOW + seconds(99)
    assert [logons.sweep(connection, later, seconds(1), 2) for _ in range(4)] == [2, 2, 1, 0]
