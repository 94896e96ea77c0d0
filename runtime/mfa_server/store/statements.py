"""Every statement the store runs, in SQLAlchemy Core; ``compiled`` turns them into text.

They are plain ones: what takes several of them (a logon's start and finish) is put together by each engine. Parameters of an
INSERT are named like their columns; those of a condition or an UPDATE carry a leading ``at_`` or ``new_`` where the column's own name
is taken. Whatever may be repeated is written so that a repetition changes nothing.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.sql import Select

from mfa_server.store.compiled import Insert, Plain
from mfa_server.store.rows import (
    AUDIT_EVENT,
    CHALLENGE,
    REDELIVERY,
    SENT_CODE,
    SERVER,
    SYNC_RUN,
    TOKEN,
    USER,
    USER_STATE,
    RowCodec,
)
from mfa_server.store.schema import (
    attempts,
    audit,
    meta,
    redeliveries,
    sent_codes,
    servers,
    sync_runs,
    tokens,
    user_state,
    users,
)

__all__ = [
    "ATTEMPT_ABANDON",
    "ATTEMPT_ADD",
    "ATTEMPT_DELETE",
    "ATTEMPT_OWN",
    "ATTEMPT_PROMPT",
    "ATTEMPT_READ",
    "AUDIT_ADD",
    "AUDIT_RESULT",
    "CHALLENGES_OF",
    "CODES_OF",
    "CODE_ADD",
    "CODE_REPLACE",
    "CODE_USE",
    "EPOCH_RAISE",
    "KEY_IDS",
    "META_PUT",
    "OWNER_GONE",
    "REDELIVERIES_OF",
    "REDELIVERY_ADD",
    "REDELIVERY_USE",
    "SERVERS",
    "SERVER_NAMED",
    "SERVER_PUT",
    "SERVER_SEEN",
    "STATE_PUT",
    "STATE_READ",
    "SWEEPS",
    "SYNC_RUNS",
    "SYNC_RUN_PUT",
    "TOKENS_OF",
    "TOKEN_ADD",
    "TOKEN_DELETE",
    "TOKEN_READ",
    "TOKEN_STEP",
    "USERNAME_KEY",
    "USERS_NAMED",
    "USER_PUT",
    "USER_READ",
    "USER_WITH_STATE",
    "WAITING_OWNERS",
    "audit_page",
    "users_page",
]

p = bindparam


def _columns(table: Table, codec: RowCodec[Any]) -> Iterable[Column[Any]]:
    return (table.c[name] for name in codec.names)


def _read(table: Table, codec: RowCodec[Any], *where: ColumnElement[bool]) -> Select[Any]:
    return select(*_columns(table, codec)).where(*where)


def _add(table: Table, *conflict: str) -> Callable[[Insert], Any]:
    """An INSERT of all columns that leaves a row with the same ``conflict`` columns alone."""
    return lambda insert: _insert(insert, table).on_conflict_do_nothing(index_elements=list(conflict))


def _insert(insert: Insert, table: Table) -> Any:
    return insert(table).values({column.name: p(column.name) for column in table.columns})


def _put(table: Table, key: str, newer: str = "") -> Callable[[Insert], Any]:
    """An INSERT that replaces the row of the same ``key``, unless that one has a later ``newer`` column."""

    def build(insert: Insert) -> Any:
        statement = _insert(insert, table)
        return statement.on_conflict_do_update(
            index_elements=[key],
            set_={column.name: statement.excluded[column.name] for column in table.columns if column.name != key},
            where=statement.excluded[newer] >= table.c[newer] if newer else None,
        )

    return build


# One moment of a logon -------------------------------------------------------------------------------------------------------

ATTEMPT_ADD = Plain(_add(attempts, "attempt_id"))
USER_READ = Plain(lambda _: _read(users, USER, users.c.user_id == p("user_id")))
STATE_READ = Plain(lambda _: _read(user_state, USER_STATE, user_state.c.user_id == p("user_id")))
STATE_PUT = Plain(_put(user_state, "user_id"))
TOKENS_OF = Plain(
    lambda _: _read(tokens, TOKEN, tokens.c.user_id == p("user_id")).order_by(tokens.c.created_at, tokens.c.token_id)
)
CODES_OF = Plain(
    lambda _: _read(
        sent_codes,
        SENT_CODE,
        sent_codes.c.user_id == p("user_id"),
        sent_codes.c.expires_at > p("now"),
        sent_codes.c.used.is_(False),
    )
)
CHALLENGES_OF = Plain(
    lambda _: _read(
        attempts,
        CHALLENGE,
        attempts.c.user_id == p("user_id"),
        attempts.c.prompted_at.is_not(None),
        attempts.c.expires_at > p("now"),
    ).order_by(attempts.c.prompted_at, attempts.c.attempt_id)
)
REDELIVERIES_OF = Plain(
    lambda _: _read(
        redeliveries,
        REDELIVERY,
        redeliveries.c.user_id == p("user_id"),
        redeliveries.c.expires_at > p("now"),
        redeliveries.c.uses > literal_column("0"),
    )
)
_ASKED_OR_BEGUN = {"prompted_at": func.coalesce(attempts.c.prompted_at, attempts.c.began_at)}
ATTEMPT_READ = Plain(
    lambda _: select(
        *(_ASKED_OR_BEGUN.get(column.name, column) for column in _columns(attempts, CHALLENGE)),
        attempts.c.prompted_at,
        attempts.c.newcomer_id,
    ).where(attempts.c.attempt_id == p("attempt_id"))
)
"""A challenge's columns, with the time it began where nobody has been asked yet; then when somebody was, and who took it over."""
ATTEMPT_PROMPT = Plain(
    lambda _: (
        update(attempts)
        .where(attempts.c.attempt_id == p("at_attempt"))
        .values(
            method=p("new_method"),
            code_hash=p("new_code_hash"),
            epoch=p("new_epoch"),
            prompted_at=p("new_prompted_at"),
            expires_at=p("new_expires_at"),
        )
    )
)
ATTEMPT_OWN = Plain(
    lambda _: (
        update(attempts)
        .where(attempts.c.attempt_id == p("at_attempt"))
        .values(
            owner=p("new_owner"),
            generation=p("new_generation"),
            takeovers=p("new_takeovers"),
            waiting=p("new_waiting"),
            abandoned_at=p("new_abandoned_at"),
            newcomer_id=p("new_newcomer_id"),
        )
    )
)
ATTEMPT_ABANDON = Plain(
    lambda _: (
        update(attempts)
        .where(
            attempts.c.attempt_id == p("at_attempt"),
            attempts.c.owner == p("at_owner"),
            attempts.c.generation == p("at_generation"),
        )
        .values(waiting=p("new_waiting"), abandoned_at=func.coalesce(attempts.c.abandoned_at, p("now")))
    )
)
ATTEMPT_DELETE = Plain(lambda _: delete(attempts).where(attempts.c.attempt_id == p("attempt_id")))
WAITING_OWNERS = Plain(lambda _: select(attempts.c.owner).where(attempts.c.waiting.is_(True)).distinct())
OWNER_GONE = Plain(
    lambda _: (
        update(attempts)
        .where(attempts.c.owner == p("at_owner"), attempts.c.waiting.is_(True))
        .values(waiting=p("new_waiting"), abandoned_at=func.coalesce(attempts.c.abandoned_at, p("now")))
    )
)

# What a grant consumes -------------------------------------------------------------------------------------------------------

TOKEN_STEP = Plain(
    lambda _: (
        update(tokens)
        .where(
            tokens.c.token_id == p("at_token"),
            tokens.c.user_id == p("at_user"),
            tokens.c.last_step < p("new_last_step"),
        )
        .values(last_step=p("new_last_step"))
    )
)
CODE_ADD = Plain(_add(sent_codes, "code_id"))
CODE_REPLACE = Plain(
    lambda _: (
        update(sent_codes)
        .where(
            sent_codes.c.user_id == p("at_user"),
            sent_codes.c.client == p("at_client"),
            sent_codes.c.method == p("at_method"),
            sent_codes.c.code_id != p("at_code"),
        )
        .values(used=p("new_used"))
    )
)
CODE_USE = Plain(
    lambda _: (
        update(sent_codes)
        .where(
            sent_codes.c.code_id == p("at_code"),
            sent_codes.c.user_id == p("at_user"),
            sent_codes.c.expires_at > p("now"),
            sent_codes.c.used.is_(False),
        )
        .values(used=p("new_used"))
    )
)
REDELIVERY_ADD = Plain(_add(redeliveries, "redelivery_id"))
REDELIVERY_USE = Plain(
    lambda _: (
        update(redeliveries)
        .where(
            redeliveries.c.redelivery_id == p("at_redelivery"),
            redeliveries.c.user_id == p("at_user"),
            redeliveries.c.epoch == p("at_epoch"),
            redeliveries.c.expires_at > p("now"),
            redeliveries.c.uses > literal_column("0"),
        )
        .values(uses=redeliveries.c.uses - literal_column("1"))
    )
)

# Sweeping --------------------------------------------------------------------------------------------------------------------


def _sweep(table: Table, key: str) -> Plain:
    old = select(table.c[key]).where(table.c.expires_at < p("before")).limit(p("at_most"))
    return Plain(lambda _: delete(table).where(table.c[key].in_(old)))


SWEEPS = (
    _sweep(attempts, "attempt_id"),
    _sweep(sent_codes, "code_id"),
    _sweep(redeliveries, "redelivery_id"),
)

# People and their tokens -----------------------------------------------------------------------------------------------------

USER_PUT = Plain(_put(users, "user_id"))
USERS_NAMED = Plain(
    lambda _: (
        _read(
            users,
            USER,
            or_(*(users.c[key] == p("name") for key in ("username_key", "upn_key", "dn_key", "email_key"))),
        )
        .order_by(users.c.username_key, users.c.user_id)
        .limit(p("at_most"))
    )
)
USER_WITH_STATE = Plain(
    lambda _: (
        select(*_columns(users, USER), *_columns(user_state, USER_STATE))
        .select_from(users.outerjoin(user_state, users.c.user_id == user_state.c.user_id))
        .where(users.c.user_id == p("user_id"))
    )
)
USERNAME_KEY = Plain(lambda _: select(users.c.username_key).where(users.c.user_id == p("user_id")))
EPOCH_RAISE = Plain(
    lambda insert: _insert(insert, user_state).on_conflict_do_update(
        index_elements=["user_id"], set_={"epoch": user_state.c.epoch + literal_column("1")}
    )
)
TOKEN_ADD = Plain(_add(tokens, "token_id"))
TOKEN_READ = Plain(lambda _: _read(tokens, TOKEN, tokens.c.token_id == p("token_id")))
TOKEN_DELETE = Plain(lambda _: delete(tokens).where(tokens.c.token_id == p("token_id")))
KEY_IDS = Plain(lambda _: select(tokens.c.key_id).distinct())


@cache
def users_page(*, search: bool, after: bool) -> Plain:
    """Return the statement for one page of users; with ``search`` and ``after`` only where they narrow it."""
    keys = [users.c[name] for name in ("username_key", "upn_key", "dn_key", "email_key", "display_key", "phone")]
    where: list[ColumnElement[bool]] = []
    if search:
        where.append(or_(*(key.like(p("pattern"), escape="\\") for key in keys)))
    if after:
        same = and_(users.c.username_key == p("after_key"), users.c.user_id > p("after_id"))
        where.append(or_(users.c.username_key > p("after_key"), same))
    return Plain(
        lambda _: (
            select(*_columns(users, USER), *_columns(user_state, USER_STATE))
            .select_from(users.outerjoin(user_state, users.c.user_id == user_state.c.user_id))
            .where(*where)
            .order_by(users.c.username_key, users.c.user_id)
            .limit(p("at_most"))
        )
    )


# Audit, servers, sync passes -------------------------------------------------------------------------------------------------

AUDIT_ADD = Plain(_add(audit, "event_id"))
AUDIT_RESULT = Plain(lambda _: select(audit.c.result).where(audit.c.event_id == p("event_id")))


@cache
def audit_page(narrowed: frozenset[str]) -> Plain:
    """Return the statement for the newest audit rows, narrowed by these of ``user_id client event result since``."""
    where = [audit.c[name] == p(name) for name in sorted(narrowed - {"since"})]
    if "since" in narrowed:
        where.append(audit.c.at >= p("since"))
    return Plain(
        lambda _: (
            _read(audit, AUDIT_EVENT, *where).order_by(audit.c.at.desc(), audit.c.event_id.desc()).limit(p("at_most"))
        )
    )


SERVER_PUT = Plain(_put(servers, "name", newer="started_at"))
SERVER_SEEN = Plain(
    lambda _: (
        update(servers)
        .where(servers.c.server_id == p("at_server"))
        .values(bundle=p("new_bundle"), seen_at=p("new_seen_at"))
    )
)
SERVERS = Plain(lambda _: _read(servers, SERVER).order_by(servers.c.name))
SERVER_NAMED = Plain(lambda _: _read(servers, SERVER, servers.c.name == p("name")))
SYNC_RUN_PUT = Plain(_put(sync_runs, "source", newer="started_at"))
SYNC_RUNS = Plain(lambda _: _read(sync_runs, SYNC_RUN).order_by(sync_runs.c.source))
META_PUT = Plain(_put(meta, "key"))
