"""The one thread of a process that writes: many units of work, one commit.

Callers queue a unit (a function of the connection) and wait. The thread takes what has gathered, up to 64 units, runs each inside a
savepoint of one transaction, commits once, and only then tells the callers: an acknowledged write is on the disk. A unit that fails
is rolled back to its savepoint without disturbing its neighbours; a commit that fails fails them all.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from mfa_server.store.errors import StoreUnavailableError
from mfa_server.store.sqlite_connect import patiently, translated

__all__ = ["Unit", "Writer"]

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]
"""One piece of work: all of it is written, or nothing."""

_UNITS_PER_COMMIT = 64
_UNITS_QUEUED = 20_000
_IDLE_SECONDS = 0.25
_LOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Job:
    unit: Unit[Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: _Job
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Owns the writing connection. ``lock_seconds``: how long another process may hold the file before units fail (default 5)."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, lock_seconds: float = _LOCK_SECONDS) -> None:
        self._connection = connection
        self._path = path
        self._lock_seconds = lock_seconds
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        # A daemon: a process that ends without closing must not hang; what was acknowledged is durable already.
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def write(self, unit: Unit[T]) -> T:
        """Run ``unit`` in a savepoint and return its result once it is committed.

        Raises what the unit raises, and StoreUnavailableError. A caller that is cancelled does not stop a unit already queued.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._gate:
            if self._closed:
                raise StoreUnavailableError("the state store is closed")
            if self._queue.qsize() >= _UNITS_QUEUED:
                raise StoreUnavailableError(f"{_UNITS_QUEUED} writes wait for {self._path} already", hint="try later")
            self._queue.put(_Job(unit, future, loop))
        return await future

    def close(self) -> None:
        """Write what is queued, close the connection, end the thread. Blocks; may be repeated."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        unchecked = False
        while True:
            try:
                # Wake up by the clock only while there is a log to write back: an idle server sleeps.
                job = self._queue.get(timeout=_IDLE_SECONDS if unchecked else None)
            except Empty:
                self._checkpoint()
                unchecked = False
                continue
            jobs, last = self._gather(job)
            if jobs:
                _tell(self._commit(jobs))
                unchecked = True
            if last:
                self._checkpoint()
                self._connection.close()
                return

    def _gather(self, job: _Job | None) -> tuple[list[_Job], bool]:
        """Return the jobs of the next commit, and whether the end was reached."""
        jobs: list[_Job] = []
        while job is not None:
            jobs.append(job)
            if len(jobs) == _UNITS_PER_COMMIT:
                return jobs, False
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True

    def _commit(self, jobs: Sequence[_Job]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        try:
            patiently(self._connection, "BEGIN IMMEDIATE", self._lock_seconds)
            for job in jobs:
                outcomes.append(self._run(job))  # noqa: PERF401 - what ran so far is needed when one raises
            patiently(self._connection, "COMMIT", self._lock_seconds)
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller has to hear of it
            self._roll_back()
            failed = {id(outcome.job): outcome for outcome in outcomes if outcome.error is not None}
            reason = translated(error, self._path)
            return [failed.get(id(job)) or _Outcome(job, error=reason) for job in jobs]
        return outcomes

    def _run(self, job: _Job) -> _Outcome:
        """Run one unit inside a savepoint. Raises only when the whole transaction is lost."""
        self._connection.execute("SAVEPOINT unit")
        try:
            value = job.unit(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO unit")
            self._connection.execute("RELEASE unit")
            return _Outcome(job, error=translated(error, self._path))
        self._connection.execute("RELEASE unit")
        return _Outcome(job, value=value)

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            # The transaction is lost either way, and the next BEGIN says so if the connection is.
            return

    def _checkpoint(self) -> None:
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error:
            # Nothing depends on it: the log is written back by a later one.
            return


def _tell(outcomes: Sequence[_Outcome]) -> None:
    """Resolve the futures on the loops that wait for them, one call per loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.job.loop, []).append(outcome)
    for loop, theirs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, theirs)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            continue


def _resolve(outcomes: Sequence[_Outcome]) -> None:
    for outcome in outcomes:
        if outcome.job.future.done():
            continue
        if outcome.error is None:
            outcome.job.future.set_result(outcome.value)
        else:
            outcome.job.future.set_exception(outcome.error)
