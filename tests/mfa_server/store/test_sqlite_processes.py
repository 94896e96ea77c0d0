"""Several processes on one file: one winner between them, and nothing acknowledged is lost with a process."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from mfa_server.store import Store
from mfa_server.store.records import AuditFilter
from mfa_server.store.sqlite import SqliteStore
from tests.conformance.store_values import begin, event, token, with_people

RACER = Path(__file__).with_name("racer.py")


@contextmanager
def racer(database: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    """Run a process on the database; yields it, what it reads and what it says."""
    command = [sys.executable, str(RACER), str(database), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process, process.stdin, process.stdout
        finally:
            process.kill()


async def test_one_time_step_grants_once_over_two_processes(database: Path, store: Store) -> None:
    await with_people(store)
    owned = token()
    await store.add_token(owned, event())
    starts = [begin() for _ in range(128)]
    for started in starts:
        await store.begin(started)
    ids = [started.attempt_id.hex for started in starts]
    use = ("grant", owned.token_id.hex, "5")
    with (
        racer(database, *use, *ids[:64]) as (_, to_one, from_one),
        racer(database, *use, *ids[64:]) as (_, to_other, from_other),
    ):
        assert from_one.readline() == from_other.readline() == "ready\n"
        for start in (to_one, to_other):
            start.write("go\n")
            start.flush()
        assert sorted([from_one.readline(), from_other.readline()]) == ["0\n", "1\n"]
    assert len(await store.list_audit(AuditFilter(result="granted"))) == 1


async def test_a_killed_process_loses_nothing_that_was_acknowledged(database: Path) -> None:
    with racer(database, "write") as (process, _, said):
        acknowledged = {said.readline().strip() for _ in range(300)}
        process.send_signal(signal.SIGKILL)
        # What it said before it died counts too; the last line may be cut off.
        acknowledged |= {line.strip() for line in said if line.endswith("\n")}
        assert process.wait() == -signal.SIGKILL
    with sqlite3.connect(database) as connection:
        kept = {row[0] for row in connection.execute("SELECT event_id FROM audit")}
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert acknowledged <= kept
    # And the next process goes on with the file.
    store = SqliteStore.open(database)
    await store.append(event())
    await store.close()


def test_a_store_opened_before_a_fork_says_so_in_the_child(database: Path) -> None:
    with racer(database, "fork") as (_, _, said):
        assert said.read() == "the state store was opened before this process forked; open it afterwards\n"


def modes(folder: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in folder.iterdir()]


@pytest.mark.parametrize("mode", [0o644, 0o660])
async def test_a_file_that_others_could_read_is_closed_to_them(database: Path, mode: int) -> None:
    database.chmod(mode)  # noqa: ASYNC240 - nothing else runs here
    store = SqliteStore.open(database)
    await store.ping()
    # The database, its log and the log's index.
    assert modes(database.parent) == [0o600] * 3
    await store.close()
