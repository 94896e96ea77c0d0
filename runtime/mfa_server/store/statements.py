"""Every statement the store runs, in SQLAlchemy Core; ``compile_statements`` turns them into the text that servers load.

They are plain ones: what takes several of them (a logon's start and finish) is put together by each engine. Parameters of an
INSERT are named like their columns; those of a condition or an UPDATE carry a leading ``at_`` or ``new_`` where the column's own name
is taken. Whatever may be repeated is written so that a repetition changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.sql import ClauseElement, Select

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
    "ATTEMPT_WRONG_REPLY",
    "AUDIT_ADD",
    "AUDIT_PAGE",
    "AUDIT_RESULT",
    "CHALLENGES_OF",
    "CHALLENGES_OWNED",
    "CODES_OF",
    "CODE_ADD",
    "CODE_REPLACE",
    "CODE_USE",
    "EPOCH_RAISE",
    "KEY_IDS",
    "META_PUT",
    "OWNER_GONE",
    "PASSWORDS_IN_CHECK",
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
    "USERS_PAGE",
    "USER_PUT",
    "USER_READ",
    "USER_WITH_STATE",
    "WAITING_OWNERS",
    "Draft",
    "Insert",
]

p = bindparam

Insert: TypeAlias = Callable[..., Any]
"""The dialect's own ``insert``: both have ``ON CONFLICT``, SQLAlchemy's general one has not."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One statement before it is compiled: ``build`` is given the dialect's ``insert``."""

    build: Callable[[Insert], ClauseElement]


def _columns(table: Table, codec: RowCodec[Any]) -> Iterable[Column[Any]]:
    return (table.c[name] for name in codec.names)


def _read(table: Table, codec: RowCodec[Any], *where: ColumnElement[bool]) -> Select[Any]:
    return select(*_columns(table, codec)).where(*where)


def _add(table: Table, *conflict: str) -> Callable[[Insert], Any]:
    """An INSERT of all columns that leaves a row with the same ``conflict`` columns alone."""
    return lambda insert: _insert(insert, table).on_conflict_do_nothing(index_elements=list(conflict))


def _at_most(rows: Select[Any]) -> Select[Any]:
    # Without an offset of its own SQLite's compiler would make one, as a value beside the named ones.
    return rows.limit(p("at_most")).offset(literal_column("0"))


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

ATTEMPT_ADD = Draft(_add(attempts, "attempt_id"))
USER_READ = Draft(lambda _: _read(users, USER, users.c.user_id == p("user_id")))
STATE_READ = Draft(lambda _: _read(user_state, USER_STATE, user_state.c.user_id == p("user_id")))
STATE_PUT = Draft(_put(user_state, "user_id"))
TOKENS_OF = Draft(
    lambda _: _read(tokens, TOKEN, tokens.c.user_id == p("user_id")).order_by(tokens.c.created_at, tokens.c.token_id)
)
CODES_OF = Draft(
    lambda _: _read(
        sent_codes,
        SENT_CODE,
        sent_codes.c.user_id == p("user_id"),
        sent_codes.c.expires_at > p("now"),
        sent_codes.c.used.is_(False),
    )
)
CHALLENGES_OF = Draft(
    lambda _: _read(
        attempts,
        CHALLENGE,
        attempts.c.user_id == p("user_id"),
        attempts.c.prompted_at.is_not(None),
        attempts.c.expires_at > p("now"),
    ).order_by(attempts.c.prompted_at, attempts.c.attempt_id)
)
PASSWORDS_IN_CHECK = Draft(
    lambda _: (
        select(attempts.c.credential)
        .where(
            attempts.c.user_id == p("user_id"),
            attempts.c.prompted_at.is_(None),
            attempts.c.expires_at > p("now"),
            attempts.c.credential != p("credential"),
        )
        .distinct()
    )
)
CHALLENGES_OWNED = Draft(
    lambda _: select(attempts.c.attempt_id, attempts.c.generation).where(
        attempts.c.owner == p("owner"),
        attempts.c.prompted_at.is_not(None),
        attempts.c.expires_at > p("now"),
    )
)
REDELIVERIES_OF = Draft(
    lambda _: _read(
        redeliveries,
        REDELIVERY,
        redeliveries.c.user_id == p("user_id"),
        redeliveries.c.expires_at > p("now"),
        redeliveries.c.uses > literal_column("0"),
    )
)
_ASKED_OR_BEGUN = {"prompted_at": func.coalesce(attempts.c.prompted_at, attempts.c.began_at)}
ATTEMPT_READ = Draft(
    lambda _: select(
        *(_ASKED_OR_BEGUN.get(column.name, column) for column in _columns(attempts, CHALLENGE)),
        attempts.c.prompted_at,
        attempts.c.newcomer_id,
    ).where(attempts.c.attempt_id == p("attempt_id"))
)
"""A challenge's columns, with the time it began where nobody has been asked yet; then when somebody was, and who took it over."""
ATTEMPT_PROMPT = Draft(
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
ATTEMPT_OWN = Draft(
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
_OWNED = (
    attempts.c.attempt_id == p("at_attempt"),
    attempts.c.owner == p("at_owner"),
    attempts.c.generation == p("at_generation"),
)
ATTEMPT_WRONG_REPLY = Draft(
    lambda _: update(attempts).where(*_OWNED).values(wrong_replies=attempts.c.wrong_replies + literal_column("1"))
)
_LEFT = {"waiting": p("new_waiting"), "abandoned_at": func.coalesce(attempts.c.abandoned_at, p("now"))}
ATTEMPT_ABANDON = Draft(lambda _: update(attempts).where(*_OWNED).values(_LEFT))
ATTEMPT_DELETE = Draft(lambda _: delete(attempts).where(attempts.c.attempt_id == p("attempt_id")))
WAITING_OWNERS = Draft(lambda _: select(attempts.c.owner).where(attempts.c.waiting.is_(True)).distinct())
OWNER_GONE = Draft(
    lambda _: update(attempts).where(attempts.c.owner == p("at_owner"), attempts.c.waiting.is_(True)).values(_LEFT)
)

# What a grant consumes -------------------------------------------------------------------------------------------------------

TOKEN_STEP = Draft(
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
CODE_ADD = Draft(_add(sent_codes, "code_id"))
CODE_REPLACE = Draft(
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
CODE_USE = Draft(
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
REDELIVERY_ADD = Draft(_add(redeliveries, "redelivery_id"))
REDELIVERY_USE = Draft(
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


def _sweep(table: Table, key: str) -> Draft:
    old = _at_most(select(table.c[key]).where(table.c.expires_at < p("before")))
    return Draft(lambda _: delete(table).where(table.c[key].in_(old)))


SWEEPS = (
    _sweep(attempts, "attempt_id"),
    _sweep(sent_codes, "code_id"),
    _sweep(redeliveries, "redelivery_id"),
)

# People and their tokens -----------------------------------------------------------------------------------------------------

USER_PUT = Draft(_put(users, "user_id"))
_NAMES = ("username_key", "upn_key", "dn_key", "email_key")
USERS_NAMED = Draft(
    lambda _: _at_most(
        _read(users, USER, or_(*(users.c[key] == p("name") for key in _NAMES))).order_by(
            users.c.username_key, users.c.user_id
        )
    )
)
_WITH_STATE = select(*_columns(users, USER), *_columns(user_state, USER_STATE)).select_from(
    users.outerjoin(user_state, users.c.user_id == user_state.c.user_id)
)
USER_WITH_STATE = Draft(lambda _: _WITH_STATE.where(users.c.user_id == p("user_id")))
USERNAME_KEY = Draft(lambda _: select(users.c.username_key).where(users.c.user_id == p("user_id")))
EPOCH_RAISE = Draft(
    lambda insert: _insert(insert, user_state).on_conflict_do_update(
        index_elements=["user_id"], set_={"epoch": user_state.c.epoch + literal_column("1")}
    )
)
TOKEN_ADD = Draft(_add(tokens, "token_id"))
TOKEN_READ = Draft(lambda _: _read(tokens, TOKEN, tokens.c.token_id == p("token_id")))
TOKEN_DELETE = Draft(lambda _: delete(tokens).where(tokens.c.token_id == p("token_id")))
KEY_IDS = Draft(lambda _: select(tokens.c.key_id).distinct())


def _users_page(*, search: bool, after: bool) -> Draft:
    where: list[ColumnElement[bool]] = []
    if search:
        keys = (*_NAMES, "display_key", "phone")
        where.append(or_(*(users.c[key].like(p("pattern"), escape="\\") for key in keys)))
    if after:
        same = and_(users.c.username_key == p("after_key"), users.c.user_id > p("after_id"))
        where.append(or_(users.c.username_key > p("after_key"), same))
    return Draft(
        lambda _: _at_most(_WITH_STATE.where(*where).order_by(users.c.username_key, users.c.user_id)),
    )


USERS_PAGE: Mapping[tuple[bool, bool], Draft] = {
    (search, after): _users_page(search=search, after=after) for search in (False, True) for after in (False, True)
}
"""One page of users: whether it holds only those that match a pattern, and whether it begins after a user."""

# Audit, servers, sync passes -------------------------------------------------------------------------------------------------

AUDIT_ADD = Draft(_add(audit, "event_id"))
AUDIT_RESULT = Draft(lambda _: select(audit.c.result).where(audit.c.event_id == p("event_id")))


def _audit_page(narrowed: tuple[str, ...]) -> Draft:
    where = [audit.c.at >= p(name) if name == "since" else audit.c[name] == p(name) for name in narrowed]
    return Draft(
        lambda _: _at_most(
            _read(audit, AUDIT_EVENT, *where).order_by(audit.c.at.desc(), audit.c.event_id.desc()),
        )
    )


_NARROWINGS = ("client", "event", "result", "since", "user_id")
AUDIT_PAGE: Mapping[tuple[str, ...], Draft] = {
    narrowed: _audit_page(narrowed)
    for count in range(len(_NARROWINGS) + 1)
    for narrowed in combinations(_NARROWINGS, count)
}
"""The newest audit rows, narrowed by these, in the order of the alphabet."""
SERVER_PUT = Draft(_put(servers, "name", newer="started_at"))
SERVER_SEEN = Draft(
    lambda _: (
        update(servers)
        .where(servers.c.server_id == p("at_server"))
        .values(bundle=p("new_bundle"), seen_at=p("new_seen_at"))
    )
)
SERVERS = Draft(lambda _: _read(servers, SERVER).order_by(servers.c.name))
SERVER_NAMED = Draft(lambda _: _read(servers, SERVER, servers.c.name == p("name")))
SYNC_RUN_PUT = Draft(_put(sync_runs, "source", newer="started_at"))
SYNC_RUNS = Draft(lambda _: _read(sync_runs, SYNC_RUN).order_by(sync_runs.c.source))
META_PUT = Draft(_put(meta, "key"))
