"""A clock that stands still until a test moves it, and randomness that repeats."""

import datetime as dt
import random

__all__ = ["START", "ManualClock", "ManualRandomness"]

START = dt.datetime(2031, 3, 4, 9, 0, tzinfo=dt.UTC)


class ManualClock:
    """Wall clock and monotonic clock in one, moved together by `advance`; the wall alone by `set_wall`."""

    def __init__(self, start: dt.datetime = START) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> dt.datetime:
        """The time of day, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; never goes back."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        if seconds < 0:
            raise ValueError(f"advance({seconds}): time does not go back; use set_wall for a clock that was corrected")
        self._now += dt.timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, now: dt.datetime) -> None:
        """Correct the time of day as an administrator would; the monotonic clock does not notice."""
        self._now = now


class ManualRandomness:
    """Randomness that repeats: the same seed gives the same values, different calls give different ones."""

    def __init__(self, seed: int = 1) -> None:
        self._source = random.Random(seed)

    def token_bytes(self, count: int) -> bytes:
        """Return the next `count` bytes of the sequence."""
        return self._source.randbytes(count)

    def digits(self, count: int) -> str:
        """Return the next `count` decimal digits, leading zeros included."""
        return str(self._source.randrange(10**count)).zfill(count)
