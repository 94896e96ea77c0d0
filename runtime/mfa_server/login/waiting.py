"""The logons of this process: one small object each, and the registry of those that wait for a person.

A waiting logon holds no task, no timer and no upstream connection; one coarse tick ends the overdue ones.
"""

import asyncio
import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from mfa_server.auth.decision import Decision
from mfa_server.auth.reasons import Reason
from mfa_server.auth.state import Attempt

__all__ = ["Logon", "Waiter", "WaitingRoom"]


class Waiter(Protocol):
    """The front end's end of a logon."""

    def answer(self, decision: Decision) -> bool:
        """Give the answer, exactly once. False: it cannot reach the gateway any more."""
        ...


class Logon:
    """One logon and its waiter. The mutable part of a logon; the known part is ``attempt``."""

    __slots__ = (
        "attempt",
        "decision",
        "delivered",
        "ended_by",
        "gone_at",
        "kept",
        "resting",
        "settled",
        "turn",
        "waiter",
        "waiting",
    )

    def __init__(self, attempt: Attempt, waiter: Waiter | None) -> None:
        self.attempt = attempt
        self.waiter = waiter
        self.waiting = False
        """It sleeps until somebody brings an event."""
        self.settled = False
        """Its end is being written; nobody else may bring an event."""
        self.gone_at: datetime | None = None
        """When the gateway left."""
        self.ended_by: Reason | None = None
        """An end from outside that came while a step was under way."""
        self.turn: tuple[str, bytes] | None = None
        """What it holds while it runs: identical logons of this process come one after the other."""
        self.decision: Decision | None = None
        self.delivered = False
        self.kept = False
        """The finishing statement kept the approval for one more request."""

        self.resting: asyncio.Event | None = None
        """Set once no step is under way; made by whoever waits for that."""

    @property
    def gone(self) -> bool:
        """Whether nobody is there to take the answer."""
        return self.waiter is None

    async def rest(self) -> None:
        """Return when the logon waits or has ended: its message may still be on the way when the answer to it comes."""
        if not self.waiting and self.decision is None:
            self.resting = self.resting or asyncio.Event()
            await self.resting.wait()

    def rested(self) -> None:
        """Let those go on who wait for that."""
        if self.resting is not None:
            self.resting.set()
            self.resting = None


class WaitingRoom:
    """The logons that own an open challenge, by the challenge's row, with their deadlines."""

    def __init__(self) -> None:
        self._by_row: dict[UUID, Logon] = {}
        self._deadlines: list[tuple[datetime, int, UUID]] = []

    def __len__(self) -> int:
        return len(self._by_row)

    def __iter__(self) -> Iterator[Logon]:
        return iter(list(self._by_row.values()))

    def put(self, logon: Logon) -> Logon | None:
        """Register the owner of a row; returns an earlier owner that nobody has told yet, for the caller to end."""
        earlier = self._by_row.get(logon.attempt.row_id)
        self._by_row[logon.attempt.row_id] = logon
        return earlier if earlier is not logon else None

    def get(self, row_id: UUID) -> Logon | None:
        """Return the row's owner."""
        return self._by_row.get(row_id)

    def remove(self, logon: Logon) -> None:
        """Take a logon out, unless a newer one owns its row by now."""
        row_id = logon.attempt.row_id
        if self._by_row.get(row_id) is logon:
            del self._by_row[row_id]

    def end_at(self, logon: Logon, moment: datetime) -> None:
        """Have ``overdue`` return the logon at ``moment``."""
        heapq.heappush(self._deadlines, (moment, logon.attempt.generation, logon.attempt.row_id))

    def overdue(self, now: datetime) -> list[Logon]:
        """Return the waiting logons whose deadline has passed; entries of logons that ended long ago are dropped."""
        due = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, generation, row_id = heapq.heappop(self._deadlines)
            logon = self._by_row.get(row_id)
            if logon and logon.waiting and not logon.settled and logon.attempt.generation == generation:
                due.append(logon)
        return due
