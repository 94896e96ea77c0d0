"""A logon's statements on SQLite, up to its end: each function is one unit of the writer, alone in the file while it runs."""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mfa_server.store.compiled import sqlite as sql
from mfa_server.store.records import (
    Begin,
    Challenge,
    Prompt,
    PromptOutcome,
    Redelivery,
    SentCode,
    Snapshot,
    TakeOver,
    TakeOverOutcome,
    UserState,
)
from mfa_server.store.rows import CHALLENGE, REDELIVERY, SENT_CODE, TOKEN, USER, USER_STATE, to_micros
from mfa_server.store.sqlite_connect import all_rows, one_row, run

__all__ = [
    "Attempt",
    "abandon",
    "adopt",
    "attempt_of",
    "begin",
    "challenges_of",
    "owned",
    "prompt",
    "put_redelivery",
    "put_sent_code",
    "state_of",
    "sweep",
    "take_over",
    "wrong_reply",
]


def begin(connection: sqlite3.Connection, start: Begin) -> Snapshot:
    """Insert the attempt's row, unless it is there, and read what the decisions need."""
    row = CHALLENGE.encode(_unprompted(start))
    run(
        connection, sql.ATTEMPT_ADD, {**row, "prompted_at": None, "began_at": to_micros(start.now), "newcomer_id": None}
    )
    which = {"user_id": start.user_id, "now": to_micros(start.now)}
    user = one_row(connection, sql.USER_READ, which)
    return Snapshot(
        user=USER.decode(user) if user is not None else None,
        state=state_of(connection, start.user_id),
        tokens=tuple(map(TOKEN.decode, all_rows(connection, sql.TOKENS_OF, which))),
        sent_codes=tuple(map(SENT_CODE.decode, all_rows(connection, sql.CODES_OF, which))),
        challenges=challenges_of(connection, start.user_id, start.now),
        redeliveries=tuple(map(REDELIVERY.decode, all_rows(connection, sql.REDELIVERIES_OF, which))),
        in_check=len(all_rows(connection, sql.PASSWORDS_IN_CHECK, {**which, "credential": start.credential})),
    )


def _unprompted(start: Begin) -> Challenge:
    return Challenge(
        attempt_id=start.attempt_id,
        user_id=start.user_id,
        client=start.client,
        credential=start.credential,
        method="",
        code_hash=b"",
        owner=start.owner,
        generation=0,
        epoch=0,
        takeovers=0,
        waiting=True,
        prompted_at=start.now,
        expires_at=start.expires_at,
    )


def state_of(connection: sqlite3.Connection, user_id: str) -> UserState:
    """Return a person's state; a fresh one for somebody who never tried."""
    row = one_row(connection, sql.STATE_READ, {"user_id": user_id})
    return USER_STATE.decode(row) if row is not None else UserState(user_id)


def challenges_of(connection: sqlite3.Connection, user_id: str, now: datetime) -> tuple[Challenge, ...]:
    """Return a person's challenges that have not expired, oldest first."""
    rows = all_rows(connection, sql.CHALLENGES_OF, {"user_id": user_id, "now": to_micros(now)})
    return tuple(map(CHALLENGE.decode, rows))


def owned(connection: sqlite3.Connection, owner: str, now: datetime) -> Mapping[UUID, int]:
    """Return a server's open challenges with their generations."""
    rows = all_rows(connection, sql.CHALLENGES_OWNED, {"owner": owner, "now": to_micros(now)})
    return {UUID(attempt_id): generation for attempt_id, generation in rows}


class Attempt(NamedTuple):
    """An attempt's row as it stands."""

    challenge: Challenge
    prompted: bool
    """False: nobody has been asked yet, and ``challenge`` says when the attempt began."""
    newcomer_id: str | None
    """The row of the logon that took this one over last."""


def attempt_of(connection: sqlite3.Connection, attempt_id: UUID) -> Attempt | None:
    """Return an attempt's row, prompted or not."""
    row = one_row(connection, sql.ATTEMPT_READ, {"attempt_id": attempt_id.hex})
    return Attempt(CHALLENGE.decode(row), row[-2] is not None, row[-1]) if row is not None else None


def prompt(connection: sqlite3.Connection, asked: Prompt) -> tuple[PromptOutcome, Challenge | None]:
    """Open the challenge unless the person has another open one; one whose waiter left too long ago is void and goes."""
    attempt = attempt_of(connection, asked.attempt_id)
    if attempt is None or attempt.challenge.owner != asked.owner:
        return PromptOutcome.GONE, None
    for other in challenges_of(connection, attempt.challenge.user_id, asked.now):
        if other.attempt_id == asked.attempt_id:
            return PromptOutcome.OPENED, other
        if other.abandoned_at is None or asked.now < other.abandoned_at + asked.redelivery_window:
            return PromptOutcome.OCCUPIED, other
        _delete(connection, other.attempt_id)
    run(
        connection,
        sql.ATTEMPT_PROMPT,
        {
            "at_attempt": asked.attempt_id.hex,
            "new_method": asked.method,
            "new_code_hash": asked.code_hash,
            "new_epoch": asked.epoch,
            "new_prompted_at": to_micros(asked.now),
            "new_expires_at": to_micros(asked.expires_at),
        },
    )
    opened = replace(
        attempt.challenge,
        method=asked.method,
        code_hash=asked.code_hash,
        epoch=asked.epoch,
        prompted_at=asked.now,
        expires_at=asked.expires_at,
    )
    return PromptOutcome.OPENED, opened


def _delete(connection: sqlite3.Connection, attempt_id: UUID) -> None:
    run(connection, sql.ATTEMPT_DELETE, {"attempt_id": attempt_id.hex})


def _own(connection: sqlite3.Connection, now_is: Challenge, newcomer_id: str | None) -> None:
    row = CHALLENGE.encode(now_is)
    changed = ("owner", "generation", "takeovers", "waiting", "abandoned_at")
    values = {"new_" + name: row[name] for name in changed}
    run(connection, sql.ATTEMPT_OWN, {**values, "at_attempt": row["attempt_id"], "new_newcomer_id": newcomer_id})


def take_over(
    connection: sqlite3.Connection, wanted: TakeOver
) -> tuple[TakeOverOutcome, Challenge | None, Challenge | None]:
    """Make the newcomer the owner. Both rows must be of one person, client and credential: anything else is ``GONE``."""
    found = attempt_of(connection, wanted.attempt_id)
    if found is None or not found.prompted:
        return TakeOverOutcome.GONE, None, None
    old = found.challenge
    if found.newcomer_id == wanted.newcomer_id.hex and old.owner == wanted.owner:
        # A repetition: the answer to the first try was lost. Whom it had to tell was told then, or hears it by losing.
        return TakeOverOutcome.TAKEN, old, old
    newcomer = attempt_of(connection, wanted.newcomer_id)
    if newcomer is None or newcomer.prompted or not _identical(old, newcomer.challenge):
        return TakeOverOutcome.GONE, None, None
    if old.generation != wanted.expected_generation or old.expires_at <= wanted.now:
        return TakeOverOutcome.GONE, None, None
    _delete(connection, wanted.newcomer_id)
    takeovers = old.takeovers + 1 if old.waiting else old.takeovers
    if old.waiting and takeovers >= wanted.limit:
        _delete(connection, wanted.attempt_id)
        return TakeOverOutcome.VOIDED, old, None
    new = replace(
        old,
        owner=wanted.owner,
        generation=old.generation + 1,
        takeovers=takeovers,
        waiting=True,
        abandoned_at=None,
    )
    _own(connection, new, wanted.newcomer_id.hex)
    return TakeOverOutcome.TAKEN, old, new


def _identical(one: Challenge, other: Challenge) -> bool:
    return (one.user_id, one.client, one.credential) == (other.user_id, other.client, other.credential)


def abandon(connection: sqlite3.Connection, attempt_id: UUID, owner: str, generation: int, now: datetime) -> bool:
    """Note that the waiter left; a later repetition does not prolong the time it is waited for."""
    values = {"at_attempt": attempt_id.hex, "at_owner": owner, "at_generation": generation}
    changed = run(connection, sql.ATTEMPT_ABANDON, {**values, "new_waiting": 0, "now": to_micros(now)})
    return changed == 1


def wrong_reply(connection: sqlite3.Connection, attempt_id: UUID, owner: str, generation: int) -> int:
    """Count a wrong reply on the challenge's row, where neither a take-over nor a new waiter forgets it."""
    values = {"at_attempt": attempt_id.hex, "at_owner": owner, "at_generation": generation}
    if run(connection, sql.ATTEMPT_WRONG_REPLY, values) != 1:
        return 0
    found = attempt_of(connection, attempt_id)
    return found.challenge.wrong_replies if found is not None else 0


def adopt(
    connection: sqlite3.Connection, attempt_id: UUID, expected_generation: int, owner: str, now: datetime
) -> Challenge | None:
    """Become the owner of a dead server's challenge; its waiter counts as gone from now on, if it had not left before."""
    found = attempt_of(connection, attempt_id)
    if found is None or not found.prompted or found.challenge.expires_at <= now:
        return None
    old = found.challenge
    if (old.owner, old.generation, old.waiting) == (owner, expected_generation + 1, False):
        return old
    if old.generation != expected_generation:
        return None
    new = replace(old, owner=owner, generation=old.generation + 1, waiting=False, abandoned_at=old.abandoned_at or now)
    _own(connection, new, None)
    return new


def put_sent_code(connection: sqlite3.Connection, code: SentCode) -> None:
    """Keep a code; what was sent before for the same purpose is used up. A code that is there already changes nothing."""
    row = SENT_CODE.encode(code)
    if run(connection, sql.CODE_ADD, {**row, "used": 0}) == 1:
        purpose = {"at_user": code.user_id, "at_client": code.client, "at_method": code.method}
        run(connection, sql.CODE_REPLACE, {**purpose, "at_code": row["code_id"], "new_used": 1})


def put_redelivery(connection: sqlite3.Connection, redelivery: Redelivery) -> None:
    """Keep a redelivery; one that is there already keeps the uses it has left."""
    run(connection, sql.REDELIVERY_ADD, REDELIVERY.encode(redelivery))


def sweep(connection: sqlite3.Connection, now: datetime, grace: timedelta, at_most: int) -> int:
    """Delete up to ``at_most`` rows of each kind that expired more than ``grace`` ago; returns how many went."""
    values = {"before": to_micros(now - grace), "at_most": at_most}
    return sum(run(connection, statement, values) for statement in sql.SWEEPS)
