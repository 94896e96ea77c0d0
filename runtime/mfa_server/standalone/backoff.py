"""How long a server process that died waits for its restart: at once the first time, longer while it keeps dying. Pure."""

from dataclasses import dataclass

__all__ = ["Backoff"]

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 30.0
_STEADY_SECONDS = 30.0
"""A process that lived this long died of something new."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The deaths in a row of one process."""

    deaths: int = 0

    def died(self, lived_seconds: float) -> "Backoff":
        """Return the state after a death; one after a long life counts as the first."""
        return Backoff(1 if lived_seconds >= _STEADY_SECONDS else self.deaths + 1)

    @property
    def wait_seconds(self) -> float:
        """Seconds until the restart: 0.2, then doubled with every further death, at most 30."""
        if not self.deaths:
            return 0.0
        return min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(self.deaths - 1, 20))
