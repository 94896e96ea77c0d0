"""How failures are counted: values to values, alike for every engine.

A failure more than ``within`` after the first one of its window starts a new window. The failure that reaches ``limit`` locks for
``duration`` and the counter starts anew. A lock is only ever made longer here; it ends by its time or by an administrator.
"""

from dataclasses import replace
from datetime import datetime

from mfa_server.store.records import CounterRule, Finish, PasswordFailure, UserState

__all__ = ["after_finish", "unlocked"]


def after_finish(state: UserState, finish: Finish) -> UserState:
    """Return the person's state after this end of a logon; the same object if nothing changes."""
    if finish.password_correct:
        state = _password_cleared(state)
    if finish.granted:
        return replace(
            state,
            factor_failures=0,
            factor_since=None,
            factor_last=None,
            unanswered=0,
            unanswered_since=None,
            last_logon=_later(state.last_logon, finish.now),
        )
    if finish.password_failure is not None:
        state = _password_failed(state, finish.password_failure, finish.now)
    if finish.factor_failure is not None:
        count, since, until = _counted(
            (state.factor_failures, state.factor_since, state.factor_locked_until), finish.factor_failure, finish.now
        )
        last = _later(state.factor_last, finish.now)
        state = replace(state, factor_failures=count, factor_since=since, factor_last=last, factor_locked_until=until)
    if finish.unanswered is not None:
        count, since, until = _counted(
            (state.unanswered, state.unanswered_since, state.prompts_paused_until), finish.unanswered, finish.now
        )
        state = replace(state, unanswered=count, unanswered_since=since, prompts_paused_until=until)
    return state


def unlocked(state: UserState) -> UserState:
    """Return the state without block, lock-outs, pause and counters."""
    return replace(
        _password_cleared(state),
        password_locked_until=None,
        factor_failures=0,
        factor_since=None,
        factor_last=None,
        factor_locked_until=None,
        unanswered=0,
        unanswered_since=None,
        prompts_paused_until=None,
        blocked_until=None,
        block_reason="",
    )


def _password_cleared(state: UserState) -> UserState:
    if not (state.password_failures or state.wrong_credential or state.password_last):
        return state
    return replace(
        state,
        password_failures=0,
        password_since=None,
        password_last=None,
        wrong_credential=b"",
        wrong_code=0,
        wrong_diagnostic="",
        wrong_at=None,
    )


def _password_failed(state: UserState, failure: PasswordFailure, now: datetime) -> UserState:
    """Count a wrong password, unless it is the last counted one again.

    Two times are kept: ``password_last`` of the last *counted* failure, from which the growing delay runs, and ``wrong_at`` of the
    last refusal by the directory. A phone that repeats a stale password renews only the second: it neither locks its owner out nor
    prolongs his delay, and the directory is not asked more often than every ten seconds.
    """
    seen = replace(
        state, wrong_code=failure.code, wrong_diagnostic=failure.diagnostic, wrong_at=_later(state.wrong_at, now)
    )
    if failure.credential == state.wrong_credential:
        return seen
    count, since, until = _counted(
        (state.password_failures, state.password_since, state.password_locked_until), failure.rule, now
    )
    return replace(
        seen,
        password_failures=count,
        password_since=since,
        password_last=_later(state.password_last, now),
        password_locked_until=until,
        wrong_credential=failure.credential,
    )


def _counted(
    counter: tuple[int, datetime | None, datetime | None], rule: CounterRule, now: datetime
) -> tuple[int, datetime | None, datetime | None]:
    """Return (failures, start of the window, locked until) after one more failure."""
    count, since, until = counter
    if since is None or now > since + rule.within:
        count, since = 0, now
    count += 1
    if count < rule.limit:
        return count, since, until
    return 0, None, _later(until, now + rule.duration)


def _later(one: datetime | None, other: datetime) -> datetime:
    """Return the later time: writes of several servers may arrive out of order."""
    return other if one is None or one < other else one
