"""The throttle of service accounts: they are never locked, but after a wrong password the next try has to wait.

In memory and per process on purpose: the directory counts too, and a gateway's bind account must not be locked out by a stranger.
"""

from mfa_server.auth.lockout import retry_delay

__all__ = ["ServiceThrottle"]

MAX_ACCOUNTS = 1024


class ServiceThrottle:
    """Failures in a row per service account, with the monotonic time of the last one."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, float]] = {}

    def throttled(self, user_id: str, now: float) -> bool:
        """Whether a try at ``now`` (monotonic seconds) comes too soon: 1, 2, 4 … 60 s after the last failure."""
        count, last = self._failures.get(user_id, (0, 0.0))
        return count > 0 and now < last + retry_delay(count).total_seconds()

    def failed(self, user_id: str, now: float) -> None:
        """Count a wrong password."""
        if len(self._failures) >= MAX_ACCOUNTS:
            self._failures.clear()
        self._failures[user_id] = (self._failures.get(user_id, (0, 0.0))[0] + 1, now)

    def succeeded(self, user_id: str) -> None:
        """Forget the failures."""
        self._failures.pop(user_id, None)
