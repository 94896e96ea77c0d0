"""When the next pass of each source is due: decisions only, time comes in.

Intervals count from start to start. A failed pass is repeated after one minute, then two, four … but never later than
the interval: what failed when the server started must not wait for an hour.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["PassState", "next_due"]

_FIRST_RETRY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class PassState:
    """What is remembered of one source. ``started`` is a monotonic reading; None: no pass yet."""

    started: float | None = None
    failures: int = 0
    """Passes in a row that failed."""


def next_due(state: PassState, interval_seconds: float) -> float:
    """Return the monotonic reading from which the next pass is due; 0 for a source that had none."""
    if state.started is None:
        return 0.0
    if state.failures == 0:
        return state.started + interval_seconds
    return state.started + min(interval_seconds, _FIRST_RETRY_SECONDS * 2.0 ** min(state.failures - 1, 16))
