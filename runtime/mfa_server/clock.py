"""Time and randomness as things to hand in, so that decisions can be tested without waiting or luck.

``Clock`` and ``Randomness`` are what rooms ask for; ``SystemClock`` and ``SystemRandomness`` are what ``app`` hands in.
``uuid7`` makes the time-ordered identifiers of RFC 9562 §5.7 from both: rows inserted together lie together.
"""

import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Protocol

from typing_extensions import override

__all__ = ["Clock", "Randomness", "SystemClock", "SystemRandomness", "uuid7"]


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the wall-clock time, timezone-aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        ...


class Randomness(Protocol):
    """Where unpredictable values come from."""

    def token_bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""
        ...

    def digits(self, count: int) -> str:
        """Return ``count`` unpredictable decimal digits, leading zeros included."""
        ...


class SystemClock(Clock):
    """The machine's clock."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    def monotonic(self) -> float:
        return time.monotonic()


class SystemRandomness(Randomness):
    """The operating system's random numbers."""

    @override
    def token_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    @override
    def digits(self, count: int) -> str:
        return str(secrets.randbelow(10**count)).zfill(count)


def uuid7(clock: Clock, randomness: Randomness) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000) & ((1 << 48) - 1)
    noise = int.from_bytes(randomness.token_bytes(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (noise >> 62 & 0xFFF) << 64 | 0b10 << 62 | noise & ((1 << 62) - 1)
    return uuid.UUID(int=value)
