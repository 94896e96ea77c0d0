"""People and their tokens on SQLite: what administrators and directory sync write, one unit of the writer each."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mfa_server.store.compiled import sqlite as sql
from mfa_server.store.counters import unlocked
from mfa_server.store.errors import StoreRefusedError
from mfa_server.store.keyring import key_id_of
from mfa_server.store.limits import check
from mfa_server.store.records import AuditEvent, Token, User, UserState
from mfa_server.store.rows import TOKEN, USER, USER_STATE
from mfa_server.store.sqlite_connect import one_row, run, run_many
from mfa_server.store.sqlite_finish import append_audit, is_recorded
from mfa_server.store.sqlite_logons import state_of
from mfa_server.store.sync_records import DirectoryUser

__all__ = ["add_token", "apply_users", "block", "differing", "fold", "remove_token", "set_user", "unlock"]

_SYNCED = tuple(field.name for field in fields(DirectoryUser) if field.name != "user_id")
_SETTABLE = frozenset(_SYNCED) - {"username", "dn", "upn"}
"""Who somebody is comes from the directory alone; what describes him may be set by hand."""
_DECIDING = frozenset({"enabled", "extension", "phone", "backup_phone", "method", "text_message_mode", "pin_mode"})
"""What decides the second factor: a change of it ends every logon that waits."""


def fold(text: str) -> str:
    """Return a name in the form it is looked up by."""
    return text.casefold()


def _user_row(user: User) -> dict[str, Any]:
    try:
        row = USER.encode(user)
    except StoreRefusedError as error:
        raise StoreRefusedError(f"user {user.user_id[:64]!r}: {error.message}", hint=error.hint) from None
    return {
        **row,
        "username_key": fold(user.username),
        "dn_key": fold(user.dn),
        "upn_key": fold(user.upn),
        "email_key": fold(user.email),
        "display_key": fold(user.display_name),
    }


def _user(connection: sqlite3.Connection, user_id: str) -> User | None:
    row = one_row(connection, sql.USER_READ, {"user_id": user_id})
    return USER.decode(row) if row is not None else None


def _raise_epochs(connection: sqlite3.Connection, user_ids: Iterable[str]) -> None:
    run_many(connection, sql.EPOCH_RAISE, (USER_STATE.encode(UserState(user_id, epoch=1)) for user_id in user_ids))


def set_user(
    connection: sqlite3.Connection, user_id: str, changes: Mapping[str, object], audit: AuditEvent
) -> User | None:
    """Change fields by hand; directory sync leaves them alone from then on."""
    old = _user(connection, user_id)
    if old is None or is_recorded(connection, audit):
        return old
    for name, value in changes.items():
        _check_change(name, value)
    values: dict[str, Any] = dict(changes)
    new = replace(old, **values, overrides=old.overrides | changes.keys(), updated_at=audit.at)
    run(connection, sql.USER_PUT, _user_row(new))
    if _deciding_differ(old, new):
        _raise_epochs(connection, [user_id])
    append_audit(connection, audit)
    return new


def _check_change(name: str, value: object) -> None:
    if name not in _SETTABLE:
        raise StoreRefusedError(f"{name} cannot be set by hand", hint=f"these can: {', '.join(sorted(_SETTABLE))}")
    wanted = bool if name == "enabled" else str
    if not isinstance(value, wanted):
        raise StoreRefusedError(f"{name} is a {type(value).__name__}", hint=f"give a {wanted.__name__}")
    if isinstance(value, str):
        check(name, value)


def _deciding_differ(old: User, new: User) -> bool:
    return any(getattr(old, name) != getattr(new, name) for name in _DECIDING)


def _known(connection: sqlite3.Connection, user_id: str) -> bool:
    """Whether there is such a person: brought by the directory, or one who has tried to log on."""
    which = {"user_id": user_id}
    return any(one_row(connection, statement, which) is not None for statement in (sql.USER_READ, sql.STATE_READ))


def block(connection: sqlite3.Connection, user_id: str, until: datetime, reason: str, audit: AuditEvent) -> bool:
    """Block a person and end what waits for him."""
    if is_recorded(connection, audit):
        return True
    if not _known(connection, user_id):
        return False
    state = state_of(connection, user_id)
    new = replace(state, blocked_until=until, block_reason=reason, epoch=state.epoch + 1)
    run(connection, sql.STATE_PUT, USER_STATE.encode(new))
    append_audit(connection, audit)
    return True


def unlock(connection: sqlite3.Connection, user_id: str, audit: AuditEvent) -> bool:
    """End block, lock-outs and pause."""
    if is_recorded(connection, audit):
        return True
    if not _known(connection, user_id):
        return False
    state = state_of(connection, user_id)
    run(connection, sql.STATE_PUT, USER_STATE.encode(replace(unlocked(state), epoch=state.epoch + 1)))
    append_audit(connection, audit)
    return True


def add_token(connection: sqlite3.Connection, token: Token, audit: AuditEvent) -> None:
    """Keep a token; refuses a secret that no key ring sealed."""
    if is_recorded(connection, audit):
        return
    if run(connection, sql.TOKEN_ADD, {**TOKEN.encode(token), "key_id": key_id_of(token.secret)}) == 1:
        _raise_epochs(connection, [token.user_id])
    append_audit(connection, audit)


def remove_token(connection: sqlite3.Connection, token_id: UUID, audit: AuditEvent) -> bool:
    """Delete a token."""
    if is_recorded(connection, audit):
        return True
    row = one_row(connection, sql.TOKEN_READ, {"token_id": token_id.hex})
    if row is None:
        return False
    run(connection, sql.TOKEN_DELETE, {"token_id": token_id.hex})
    _raise_epochs(connection, [TOKEN.decode(row).user_id])
    append_audit(connection, audit)
    return True


def _merged(old: User | None, found: DirectoryUser, source: str, now: datetime) -> User | None:
    """Return the user as he should be; None: nothing to write, or another source's."""
    if old is None:
        values = {name: getattr(found, name) for name in _SYNCED}
        return User(user_id=found.user_id, **values, source=source, created_at=now, updated_at=now)
    if old.source != source:
        return None
    changes: dict[str, Any] = {
        name: getattr(found, name)
        for name in _SYNCED
        if name not in old.overrides and getattr(found, name) != getattr(old, name)
    }
    return replace(old, **changes, updated_at=now) if changes else None


def differing(
    connection: sqlite3.Connection, source: str, found: Iterable[DirectoryUser], now: datetime
) -> list[DirectoryUser]:
    """Return those that would be added or changed: read before the writer is asked, so that it is not held up by the rest."""
    return [user for user in found if _merged(_user(connection, user.user_id), user, source, now) is not None]


def apply_users(
    connection: sqlite3.Connection, source: str, found: Sequence[DirectoryUser], now: datetime
) -> tuple[int, int]:
    """Write one batch of a sync pass; returns (added, changed)."""
    added, changed, raised = 0, 0, []
    rows = []
    # The last one wins where a pass brought somebody twice.
    for directory_user in {user.user_id: user for user in found}.values():
        old = _user(connection, directory_user.user_id)
        new = _merged(old, directory_user, source, now)
        if new is None:
            continue
        rows.append(_user_row(new))
        if old is None:
            added += 1
        else:
            changed += 1
            if _deciding_differ(old, new):
                raised.append(new.user_id)
    run_many(connection, sql.USER_PUT, rows)
    _raise_epochs(connection, raised)
    return added, changed
