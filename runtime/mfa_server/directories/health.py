"""Which servers to ask and which to leave alone: decisions only, time comes in.

A server that failed is not asked again while another one lives; it is probed after 1, 2, 4 … 60 seconds. When none
lives, waiting out those pauses would prolong the outage, so the one that was tried longest ago is asked, at most once
a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["ServerHealth", "Turn", "after_failure", "after_success", "take_turn"]

_LONGEST_PAUSE_SECONDS: Final = 60.0
_LAST_RESORT_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class ServerHealth:
    """What is remembered of one server. ``failed_at`` is a monotonic reading of the newest failure."""

    failures: int = 0
    failed_at: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether the newest attempt succeeded; a server never tried counts as alive."""
        return self.failures == 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do now: indexes to ask one after the other, and dead ones to probe beside that."""

    ask: tuple[int, ...]
    probe: tuple[int, ...] = ()


def after_failure(health: ServerHealth, now: float) -> ServerHealth:
    """Return the health after a failed attempt."""
    return ServerHealth(health.failures + 1, now)


def after_success(_health: ServerHealth) -> ServerHealth:
    """Return the health after a connection came to be."""
    return ServerHealth()


def take_turn(states: Sequence[ServerHealth], now: float) -> Turn:
    """Decide whom to ask, in order of preference (the order of ``states``), and whom to probe in the background."""
    alive = tuple(index for index, health in enumerate(states) if health.alive)
    if alive:
        return Turn(alive, tuple(index for index, health in enumerate(states) if _probe_due(health, now)))
    oldest = min(range(len(states)), key=lambda index: (states[index].failed_at, index))
    if now - states[oldest].failed_at < _LAST_RESORT_PAUSE_SECONDS:
        return Turn(())
    others = (i for i in range(len(states)) if now - states[i].failed_at >= _LAST_RESORT_PAUSE_SECONDS and i != oldest)
    return Turn((oldest, *others))


def _probe_due(health: ServerHealth, now: float) -> bool:
    pause = min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(health.failures - 1, 10))
    return not health.alive and now - health.failed_at >= pause
