"""The writer: units share a commit, fail alone, and are told the truth."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mfa_server.store.errors import StoreRefusedError, StoreUnavailableError
from mfa_server.store.sqlite_connect import connect
from mfa_server.store.sqlite_writer import Unit, Writer


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A database with one small table."""
    path = tmp_path / "plain.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE t (n INTEGER PRIMARY KEY, late INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)"
        )
    connection.close()
    return path


@pytest.fixture
async def writer(plain: Path) -> AsyncIterator[Writer]:
    """A writer that waits 50 ms at most for another process."""
    opened = Writer(connect(plain, busy_milliseconds=10, writing=True), plain, lock_seconds=0.05)
    yield opened
    await asyncio.to_thread(opened.close)


def add(number: int) -> Unit[int | None]:
    return lambda connection: connection.execute("INSERT INTO t (n) VALUES (?)", (number,)).lastrowid


def numbers(path: Path) -> list[int]:
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT n FROM t ORDER BY n")]
    connection.close()
    return found


async def tasks_started() -> None:
    """Let the tasks that were made before run up to their first wait."""
    turn = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turn.set_result, None)
    await turn


class Held:
    """Holds the writer inside a unit, so that what comes next gathers into one commit."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()

    def __call__(self, _: sqlite3.Connection) -> None:
        self.entered.set()
        assert self.go_on.wait(10)


async def test_a_unit_returns_its_result_once_it_is_on_the_disk(writer: Writer, plain: Path) -> None:
    assert await writer.write(add(7)) == 7
    assert numbers(plain) == [7]


async def test_units_that_gather_share_a_commit(writer: Writer, plain: Path) -> None:
    held, commits = Held(), []
    first = asyncio.ensure_future(writer.write(held))
    await asyncio.to_thread(held.entered.wait, 10)
    writer._connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    rest = [asyncio.ensure_future(writer.write(add(n))) for n in range(100)]
    await tasks_started()
    held.go_on.set()
    await asyncio.gather(first, *rest)
    assert numbers(plain) == list(range(100))
    # The held one's, sixty-four, and the rest.
    assert len(commits) == 3


async def test_a_unit_that_fails_disturbs_no_neighbour(writer: Writer, plain: Path) -> None:
    held = Held()

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t (n) VALUES (50)")
        raise LookupError("mine")

    first = asyncio.ensure_future(writer.write(held))
    await asyncio.to_thread(held.entered.wait, 10)
    units = [add(1), fails, add(1), add(2)]
    waiting = asyncio.gather(*(writer.write(unit) for unit in units), return_exceptions=True)
    await tasks_started()
    held.go_on.set()
    await first
    one, own, refused, two = await waiting
    assert (one, two) == (1, 2)
    assert isinstance(own, LookupError)
    assert isinstance(refused, StoreRefusedError)
    assert numbers(plain) == [1, 2]


async def test_a_commit_that_fails_fails_every_unit_and_the_next_one_works(writer: Writer, plain: Path) -> None:
    held = Held()

    def refers_to_nothing(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t (n, late) VALUES (60, 61)")

    def own_failure(_: sqlite3.Connection) -> None:
        raise LookupError("mine")

    first = asyncio.ensure_future(writer.write(held))
    await asyncio.to_thread(held.entered.wait, 10)
    units = [add(1), refers_to_nothing, own_failure, add(2)]
    waiting = asyncio.gather(*(writer.write(unit) for unit in units), return_exceptions=True)
    await tasks_started()
    held.go_on.set()
    await first
    outcomes = await waiting
    assert [type(outcome) for outcome in outcomes] == [
        StoreRefusedError,
        StoreRefusedError,
        LookupError,
        StoreRefusedError,
    ]
    assert numbers(plain) == []
    assert await writer.write(add(3)) == 3


async def test_another_process_that_holds_the_file_too_long_makes_it_unavailable(writer: Writer, plain: Path) -> None:
    other = sqlite3.connect(plain, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="stayed locked by another process"):
        await writer.write(add(1))
    other.execute("ROLLBACK")
    other.close()
    assert await writer.write(add(1)) == 1


async def test_a_unit_that_loses_the_transaction_fails_its_neighbours_too(writer: Writer, plain: Path) -> None:
    held = Held()
    first = asyncio.ensure_future(writer.write(held))
    await asyncio.to_thread(held.entered.wait, 10)

    def loses(connection: sqlite3.Connection) -> None:
        # As SQLite itself does on a full disk.
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    waiting = asyncio.gather(*(writer.write(unit) for unit in [add(1), loses, add(2)]), return_exceptions=True)
    await tasks_started()
    held.go_on.set()
    await first
    assert [type(outcome) for outcome in await waiting] == [StoreUnavailableError] * 3
    assert numbers(plain) == []
    assert await writer.write(add(3)) == 3


async def test_a_full_disk_is_told_and_survived(writer: Writer, plain: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO t (n) VALUES (?)", ((n,) for n in range(100, 100_000)))

    def limit(pages: int) -> Unit[int | None]:
        return lambda connection: connection.execute(f"PRAGMA max_page_count={pages}").fetchone()[0]

    await writer.write(limit(4))
    with pytest.raises(StoreUnavailableError, match="database or disk is full"):
        await writer.write(fill)
    await writer.write(limit(100_000))
    await writer.write(fill)
    assert len(numbers(plain)) == 99_900


async def test_closing_writes_what_is_queued_and_ends_the_log(plain: Path) -> None:
    writer = Writer(connect(plain, busy_milliseconds=10, writing=True), plain)
    waiting = [asyncio.ensure_future(writer.write(add(n))) for n in range(200)]
    await tasks_started()
    await asyncio.to_thread(writer.close)
    writer.close()
    assert await asyncio.gather(*waiting) == list(range(200))
    assert not plain.with_name("plain.db-wal").exists()
    with pytest.raises(StoreUnavailableError, match="closed"):
        await writer.write(add(999))


async def test_a_caller_that_gave_up_does_not_stop_its_write(writer: Writer, plain: Path) -> None:
    held = Held()
    first = asyncio.ensure_future(writer.write(held))
    await asyncio.to_thread(held.entered.wait, 10)
    impatient = asyncio.ensure_future(writer.write(add(1)))
    await tasks_started()
    impatient.cancel()
    held.go_on.set()
    await first
    assert await writer.write(add(2)) == 2
    assert impatient.cancelled()
    assert numbers(plain) == [1, 2]


async def test_the_queue_is_bounded(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mfa_server.store.sqlite_writer._UNITS_QUEUED", 2)
    held = Held()
    first = asyncio.ensure_future(writer.write(held))
    await asyncio.to_thread(held.entered.wait, 10)
    rest = [asyncio.ensure_future(writer.write(add(n))) for n in range(3)]
    await tasks_started()
    held.go_on.set()
    outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
    assert outcomes[:3] == [None, 0, 1]
    assert isinstance(outcomes[3], StoreUnavailableError)


def test_a_loop_that_is_gone_hinders_nobody(plain: Path) -> None:
    writer = Writer(connect(plain, busy_milliseconds=10, writing=True), plain)
    held = Held()

    async def leave() -> None:
        abandoned = asyncio.ensure_future(writer.write(held))
        await asyncio.to_thread(held.entered.wait, 10)
        abandoned.cancel()

    asyncio.run(leave())
    held.go_on.set()
    assert asyncio.run(writer.write(add(1))) == 1
    writer.close()


async def test_an_idle_writer_writes_the_log_back(writer: Writer, plain: Path) -> None:
    traced: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def trace(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(
            lambda text: loop.call_soon_threadsafe(traced.put_nowait, text) if "checkpoint" in text else None
        )

    await writer.write(trace)
    assert await asyncio.wait_for(traced.get(), 10) == "PRAGMA wal_checkpoint(PASSIVE)"
