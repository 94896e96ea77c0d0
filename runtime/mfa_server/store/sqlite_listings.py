"""What is only read from SQLite: functions of a connection that cannot write."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from mfa_server.store.compiled import sqlite as sql
from mfa_server.store.records import AuditEvent, AuditFilter, Server, Token, User, UserState
from mfa_server.store.rows import AUDIT_EVENT, SERVER, SYNC_RUN, TOKEN, USER, USER_STATE, to_micros
from mfa_server.store.sqlite_connect import all_rows, one_row
from mfa_server.store.sqlite_people import fold
from mfa_server.store.sync_records import SyncRun

__all__ = ["find_users", "key_ids", "list_audit", "list_tokens", "list_users", "servers", "sync_runs", "user"]

_NAMED_AT_MOST = 10
_ROWS_AT_MOST = 1000


def user(connection: sqlite3.Connection, user_id: str) -> tuple[User, UserState] | None:
    """Return one user with his state."""
    row = one_row(connection, sql.USER_WITH_STATE, {"user_id": user_id})
    return _with_state(row) if row is not None else None


def _with_state(row: Sequence[Any]) -> tuple[User, UserState]:
    found = USER.decode(row)
    state = row[len(USER.names) :]
    return found, USER_STATE.decode(state) if state[0] is not None else UserState(found.user_id)


def find_users(connection: sqlite3.Connection, name: str) -> Sequence[User]:
    """Return the users one of whose names is ``name``; nobody is called nothing."""
    if not name:
        return ()
    rows = all_rows(connection, sql.USERS_NAMED, {"name": fold(name), "at_most": _NAMED_AT_MOST})
    return tuple(map(USER.decode, rows))


def list_users(
    connection: sqlite3.Connection, *, search: str, after: str, limit: int
) -> Sequence[tuple[User, UserState]]:
    """Return one page of users by name; empty when the user ``after`` is not there."""
    values: dict[str, Any] = {"at_most": _bounded(limit)}
    if search:
        literal = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values["pattern"] = f"%{literal}%"
    if after:
        row = one_row(connection, sql.USERNAME_KEY, {"user_id": after})
        if row is None:
            return ()
        values |= {"after_key": row[0], "after_id": after}
    rows = all_rows(connection, sql.USERS_PAGE["pattern" in values, "after_key" in values], values)
    return tuple(map(_with_state, rows))


def _bounded(limit: int) -> int:
    return max(1, min(limit, _ROWS_AT_MOST))


def list_tokens(connection: sqlite3.Connection, user_id: str) -> Sequence[Token]:
    """Return a user's tokens, oldest first."""
    return tuple(map(TOKEN.decode, all_rows(connection, sql.TOKENS_OF, {"user_id": user_id})))


def key_ids(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the ids of the keys that sealed something."""
    return frozenset(key_id for (key_id,) in all_rows(connection, sql.KEY_IDS, {}))


def list_audit(connection: sqlite3.Connection, which: AuditFilter) -> Sequence[AuditEvent]:
    """Return audit rows, newest first."""
    values: dict[str, Any] = {
        name: getattr(which, name) for name in ("user_id", "client", "event", "result") if getattr(which, name)
    }
    if which.since is not None:
        values["since"] = to_micros(which.since)
    rows = all_rows(connection, sql.AUDIT_PAGE[tuple(sorted(values))], {**values, "at_most": _bounded(which.limit)})
    return tuple(map(AUDIT_EVENT.decode, rows))


def servers(connection: sqlite3.Connection) -> Sequence[Server]:
    """Return the registered servers, by name."""
    return tuple(map(SERVER.decode, all_rows(connection, sql.SERVERS, {})))


def sync_runs(connection: sqlite3.Connection) -> Sequence[SyncRun]:
    """Return the newest pass of every source."""
    return tuple(map(SYNC_RUN.decode, all_rows(connection, sql.SYNC_RUNS, {})))
