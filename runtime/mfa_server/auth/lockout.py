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
    "check_parallel",
    "factor_rule",
    "is_repeat",
    "longest_repeat",
    "password_rule",
    "retry_delay",
]

REPEAT_WINDOW = timedelta(seconds=10)
"""An identical wrong password inside this time gets the directory's earlier answer, without a bind."""
REPEAT_GROWTH = 8
"""Where the directory locks, and counts what we count once: repeats that go on for a time are not asked for this many times as long."""
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


def longest_repeat(policy: LockoutPolicy, identity: Identity) -> timedelta:
    """Return for how long an identical wrong password may be answered from memory: as long as wrong ones are counted, at most."""
    return REPEAT_WINDOW if identity.lockout_threshold == 0 else policy.within


def is_repeat(state: UserState, credential: bytes, now: datetime, longest: timedelta = REPEAT_WINDOW) -> bool:
    """Whether this very password was refused moments ago, or has been again and again for a while.

    A phone with a stale password must not lock its owner out here, so it counts once; but the directory counts every bind, and
    whoever repeats one wrong password could have it lock the account. So the time until it is asked again grows, up to ``longest``.
    """
    if not state.wrong_credential or state.wrong_credential != credential or state.wrong_at is None:
        return False
    going_on = state.wrong_at - (state.password_last or state.wrong_at)
    return now - state.wrong_at < max(REPEAT_WINDOW, min(REPEAT_GROWTH * going_on, longest))


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


def check_parallel(state: UserState, in_check: int, rule: CounterRule) -> Reason | None:
    """Return TOO_SOON while the passwords that are being checked at this moment would reach the limit if all were wrong."""
    return Reason.TOO_SOON if in_check and state.password_failures + in_check >= rule.limit else None


def _until(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now < moment
