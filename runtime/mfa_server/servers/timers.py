"""Coarse deadlines for very many connections: one tick for all instead of one timer for each.

A connection has at most one deadline. Setting, moving and clearing it are additions to and removals from a set, so a
bind that waits costs nothing here. A deadline is never early and at most one resolution late. The wheel reads the
injected clock and owns no timer: whoever owns the loop calls ``tick``.
"""

from typing import Protocol

from mfa_server.clock import Clock

__all__ = ["Timed", "TimerWheel"]


class Timed(Protocol):
    """Something with one deadline; ``timer_slot`` belongs to the wheel and starts as None."""

    timer_slot: int | None

    def timed_out(self) -> None:
        """The deadline has passed and is cleared. Must not raise."""
        ...


class TimerWheel:
    """Deadlines in buckets of ``resolution`` seconds."""

    def __init__(self, clock: Clock, resolution: float = 1.0) -> None:
        self._clock = clock
        self.resolution = resolution
        self._slots: dict[int, set[Timed]] = {}

    def __len__(self) -> int:
        """How many deadlines are set."""
        return sum(map(len, self._slots.values()))

    def set(self, entry: Timed, seconds: float) -> None:
        """Let ``entry`` time out in ``seconds``; replaces the deadline it had."""
        slot = int((self._clock.monotonic() + seconds) / self.resolution) + 1
        if entry.timer_slot == slot:
            return
        self.clear(entry)
        entry.timer_slot = slot
        self._slots.setdefault(slot, set()).add(entry)

    def tighten(self, entry: Timed, seconds: float) -> None:
        """Like ``set``, but only if that is earlier than the deadline it has."""
        slot = int((self._clock.monotonic() + seconds) / self.resolution) + 1
        if entry.timer_slot is None or slot < entry.timer_slot:
            self.set(entry, seconds)

    def clear(self, entry: Timed) -> None:
        """Take the deadline away; no effect without one."""
        if entry.timer_slot is None:
            return
        bucket = self._slots.get(entry.timer_slot)
        if bucket is not None:
            bucket.discard(entry)
            if not bucket:
                del self._slots[entry.timer_slot]
        entry.timer_slot = None

    def tick(self) -> None:
        """Time out everything that is due."""
        present = int(self._clock.monotonic() / self.resolution)
        for slot in sorted(slot for slot in self._slots if slot <= present):
            for entry in self._slots.pop(slot):
                if entry.timer_slot == slot:  # not cleared or moved by one that timed out before it
                    entry.timer_slot = None
                    entry.timed_out()
