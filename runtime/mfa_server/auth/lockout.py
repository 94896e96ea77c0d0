"""Step 5: blocked, locked, too soon. Two counters per person: wrong passwords and wrong factors.

Delay first, lock last: after the n-th failure in a row the next try has to wait 1, 2, 4 … 60 s and is refused at once until
then, without a bind, so that nobody's directory account is locked through us and no bind is held back.
"""

from datetime import datetime, timedelta

from mfa_server.auth.attempt import LockoutPolicy
from mfa_server.auth.ports import Identity
from mfa_server.auth.reasons import Reason
from mfa_server.store.records import CounterRule, UserState

__all__ = [
    "REPEAT_WINDOW",
    "UNREADABLE_LIMIT",
    "check_delay",
    "check_lockout",
    "factor_rule",
    "is_repeat",
    "password_rule",
    "retry_delay",
]

REPEAT_WINDOW = timedelta(seconds=10)
"""An identical wrong password inside this time gets the directory's earlier answer, without a bind."""
UNREADABLE_LIMIT = 3
"""Limit where the directory's own threshold cannot be read."""
LONGEST_DELAY = timedelta(seconds=60)


def password_rule(policy: LockoutPolicy, identity: Identity) -> CounterRule:
    """Return how wrong passwords count: below the directory's threshold by the margin, at least 1."""
    threshold = identity.lockout_threshold
    if threshold is None:
        limit = min(policy.failures, UNREADABLE_LIMIT)
    elif threshold == 0:
        limit = policy.failures
    else:
        limit = max(1, min(policy.failures, threshold - policy.directory_margin))
    return CounterRule(limit, policy.within, policy.duration)


def factor_rule(policy: LockoutPolicy) -> CounterRule:
    """Return how wrong second factors count."""
    return CounterRule(policy.failures, policy.within, policy.duration)


def retry_delay(failures: int) -> timedelta:
    """Return how long after the last of ``failures`` the next try is refused at once: 1, 2, 4 … 60 s."""
    if failures <= 0:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - 1, 6)), LONGEST_DELAY)


def is_repeat(state: UserState, credential: bytes, now: datetime) -> bool:
    """Whether this very password was refused moments ago."""
    return (
        bool(state.wrong_credential)
        and state.wrong_credential == credential
        and state.wrong_at is not None
        and now - state.wrong_at < REPEAT_WINDOW
    )


def check_lockout(state: UserState, now: datetime) -> Reason | None:
    """Return why this person may not try now, or None. Ordered: block, lock-outs, delays."""
    if _until(state.blocked_until, now):
        return Reason.BLOCKED
    if _until(state.password_locked_until, now):
        return Reason.PASSWORD_LOCKED
    if _until(state.factor_locked_until, now):
        return Reason.FACTOR_LOCKED
    return None


def check_delay(state: UserState, now: datetime) -> Reason | None:
    """Return TOO_SOON while the delay after the last failure runs."""
    for last, failures in ((state.password_last, state.password_failures), (state.factor_last, state.factor_failures)):
        if last is not None and now < last + retry_delay(failures):
            return Reason.TOO_SOON
    return None


def _until(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now < moment
