"""When changed manifests are read: once they have stopped changing. Pure; the stamps and the time are handed in.

An editor or a checkout removes and writes files one after another. Half of that is not what anybody wants served, and a file that is
gone for a moment would count as deleted.
"""

from dataclasses import dataclass

__all__ = ["POLL_SECONDS", "SETTLE_SECONDS", "Watch"]

POLL_SECONDS = 0.5
"""Between two looks while nothing changes."""
SETTLE_SECONDS = 0.25
"""Between two looks while something does; equal stamps on both mean it has stopped."""
PATIENCE_SECONDS = 5.0
"""What changes without end is read after this long all the same."""


@dataclass(slots=True)
class Watch:
    """What was read last, and what was seen since."""

    read: str
    """The stamp of what was read last."""
    seen: str = ""
    changing_since: float | None = None

    def look(self, stamp: str, now: float) -> bool:
        """Take a new stamp at ``now`` (seconds, any origin); True: read the manifests now."""
        if stamp == self.read:
            self.seen, self.changing_since = stamp, None
            return False
        if self.changing_since is None:
            self.changing_since = now
        settled = stamp == self.seen
        self.seen = stamp
        if not settled and now - self.changing_since < PATIENCE_SECONDS:
            return False
        self.read, self.changing_since = stamp, None
        return True

    @property
    def wait_seconds(self) -> float:
        """Seconds until the next look."""
        return POLL_SECONDS if self.changing_since is None else SETTLE_SECONDS
