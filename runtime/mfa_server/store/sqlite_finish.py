"""A logon's end on SQLite, in one unit of the writer: all guards are read before anything is written.

The unit is alone in the file, so what it read still holds when it writes; a grant that fails a guard has written nothing.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mfa_server.store.compiled import sqlite as sql
from mfa_server.store.compiled.statement import Statement
from mfa_server.store.counters import after_finish
from mfa_server.store.limits import cut
from mfa_server.store.records import AuditEvent, Challenge, Finish, FinishOutcome, UserState
from mfa_server.store.rows import AUDIT_EVENT, REDELIVERY, USER_STATE, to_micros
from mfa_server.store.sqlite_connect import one_row, run
from mfa_server.store.sqlite_logons import attempt_of, state_of

__all__ = ["append_audit", "finish", "is_recorded"]

_GRANTED = "granted"
_REFUSED = "refused"


def finish(connection: sqlite3.Connection, end: Finish) -> FinishOutcome:
    """End the logon; see ``Finish``."""
    recorded = one_row(connection, sql.AUDIT_RESULT, {"event_id": end.audit.event_id.hex})
    if recorded is not None:
        return FinishOutcome.GRANTED if recorded[0] == _GRANTED else FinishOutcome.REFUSED
    attempt = _own_attempt(connection, end)
    state = state_of(connection, end.user_id)
    if end.granted:
        hindrance = _hindrance(attempt, state, end)
        if hindrance is not None:
            return hindrance
        if not _consumed(connection, end):
            return FinishOutcome.ALREADY_USED
        if end.redelivery_made is not None:
            run(connection, sql.REDELIVERY_ADD, REDELIVERY.encode(end.redelivery_made))
    if attempt is not None:
        run(connection, sql.ATTEMPT_DELETE, {"attempt_id": end.attempt_id.hex})
    _count(connection, state, end)
    append_audit(connection, end.audit, result=_GRANTED if end.granted else _REFUSED)
    return FinishOutcome.GRANTED if end.granted else FinishOutcome.REFUSED


def _own_attempt(connection: sqlite3.Connection, end: Finish) -> Challenge | None:
    """Return the attempt if this logon still is its owner."""
    found = attempt_of(connection, end.attempt_id)
    if found is None:
        return None
    attempt = found.challenge
    own = (attempt.owner, attempt.generation, attempt.user_id) == (end.owner, end.generation, end.user_id)
    return attempt if own else None


def _hindrance(attempt: Challenge | None, state: UserState, end: Finish) -> FinishOutcome | None:
    """Return why this logon may not be granted, before anything it consumes is looked at."""
    if attempt is None:
        return FinishOutcome.GONE
    if attempt.expires_at <= end.now:
        return FinishOutcome.EXPIRED
    blocked = state.blocked_until is not None and state.blocked_until > end.now
    typed = end.token_use is not None or end.sent_code is not None
    # Guesses sent in parallel all began before the lock: the right one must not get in behind the wrong ones.
    guessing = typed and state.factor_locked_until is not None and state.factor_locked_until > end.now
    return FinishOutcome.EPOCH_CHANGED if state.epoch != end.epoch or blocked or guessing else None


def _consumed(connection: sqlite3.Connection, end: Finish) -> bool:
    """Use up everything the grant rests on; False: one of them could not be, and none was."""
    connection.execute("SAVEPOINT consume")
    done = all(run(connection, statement, values) == 1 for statement, values in _consumptions(end))
    if not done:
        connection.execute("ROLLBACK TO consume")
    connection.execute("RELEASE consume")
    return done


def _consumptions(end: Finish) -> Iterator[tuple[Statement, Mapping[str, Any]]]:
    by = {"at_user": end.user_id, "now": to_micros(end.now)}
    if end.token_use is not None:
        yield sql.TOKEN_STEP, {**by, "at_token": end.token_use.token_id.hex, "new_last_step": end.token_use.step}
    if end.sent_code is not None:
        yield sql.CODE_USE, {**by, "at_code": end.sent_code.hex, "new_used": 1}
    if end.redelivery_used is not None:
        yield sql.REDELIVERY_USE, {**by, "at_redelivery": end.redelivery_used.hex, "at_epoch": end.epoch}


def _count(connection: sqlite3.Connection, state: UserState, end: Finish) -> None:
    """Write the counters, where there is a person to count for."""
    new = after_finish(state, end)
    if new is state or not end.user_id:
        return
    new = replace(new, wrong_diagnostic=cut("wrong_diagnostic", new.wrong_diagnostic))
    run(connection, sql.STATE_PUT, USER_STATE.encode(new))


def append_audit(connection: sqlite3.Connection, event: AuditEvent, *, result: str = "") -> None:
    """Write one audit row; an id that is there already is left alone."""
    row = AUDIT_EVENT.encode(event)
    run(connection, sql.AUDIT_ADD, {**row, "result": result or row["result"]})


def is_recorded(connection: sqlite3.Connection, event: AuditEvent) -> bool:
    """Whether this event was written before: then so was what it tells of."""
    return one_row(connection, sql.AUDIT_RESULT, {"event_id": event.event_id.hex}) is not None
