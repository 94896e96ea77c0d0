"""The tables, in types that SQLite and PostgreSQL both have.

Times are whole microseconds since 1970 (UTC) in a 64-bit integer: SQLite has no timestamp type, and text or floating point would
compare differently on the two engines, while an integer compares, adds and indexes exactly alike and holds ``datetime.max``.
Ids are made by the program (no sequences on the hot tables), folded names too (``lower`` of SQLite knows ASCII only); there are no
triggers, and nothing here that CockroachDB or YugabyteDB lacks. ``user_state`` is apart from ``users`` because logons write it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
)

from mfa_server.store.limits import LIMITS

__all__ = [
    "attempts",
    "audit",
    "folded",
    "meta",
    "metadata",
    "redeliveries",
    "sent_codes",
    "servers",
    "sync_runs",
    "tokens",
    "user_state",
    "users",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def folded(limit: int) -> String:
    """Return the type of a case-folded name, ordered by code point on every engine."""
    return String(limit).with_variant(String(limit, collation="C"), "postgresql")


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, String(LIMITS[name]), nullable=False, **options)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary(LIMITS[name]), nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean(create_constraint=False), nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


users = Table(
    "users",
    metadata,
    _text("user_id", primary_key=True),
    *(_text(name) for name in ("username", "dn", "upn", "display_name", "given_name", "surname", "email", "phone")),
    *(_text(name) for name in ("backup_phone", "extension", "language", "user_group", "method", "text_message_mode")),
    _text("pin_mode"),
    _flag("enabled"),
    _text("source"),
    _text("overrides"),
    _time("created_at", nullable=True),
    _time("updated_at", nullable=True),
    # Names as they are looked up: case-folded by the program.
    Column("username_key", folded(LIMITS["username"] * 3), nullable=False),
    Column("dn_key", folded(LIMITS["dn"] * 3), nullable=False),
    Column("upn_key", folded(LIMITS["upn"] * 3), nullable=False),
    Column("email_key", folded(LIMITS["email"] * 3), nullable=False),
    Column("display_key", folded(LIMITS["display_name"] * 3), nullable=False),
    Index(None, "username_key", "user_id"),
    Index(None, "dn_key"),
    Index(None, "upn_key"),
    Index(None, "email_key"),
)

user_state = Table(
    "user_state",
    metadata,
    _text("user_id", primary_key=True),
    _number("epoch"),
    _number("password_failures"),
    _time("password_since", nullable=True),
    _time("password_last", nullable=True),
    _time("password_locked_until", nullable=True),
    _bytes("wrong_credential"),
    _number("wrong_code"),
    _text("wrong_diagnostic"),
    _time("wrong_at", nullable=True),
    _number("factor_failures"),
    _time("factor_since", nullable=True),
    _time("factor_last", nullable=True),
    _time("factor_locked_until", nullable=True),
    _number("unanswered"),
    _time("unanswered_since", nullable=True),
    _time("prompts_paused_until", nullable=True),
    _time("blocked_until", nullable=True),
    _text("block_reason"),
    _time("last_logon", nullable=True),
    sqlite_with_rowid=False,
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_id", Uuid, primary_key=True),
    Column("user_id", String(LIMITS["user_id"]), ForeignKey("users.user_id", ondelete="CASCADE"), nullable=False),
    _bytes("secret"),
    _text("kind"),
    _text("label"),
    _number("digits"),
    _number("period"),
    _text("algorithm"),
    Column("last_step", BigInteger, nullable=False),
    _time("created_at", nullable=True),
    # Which key sealed the secret, so that a missing key is noticed before it is needed.
    _text("key_id"),
    Index(None, "user_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", Uuid, primary_key=True),
    _text("user_id"),
    _text("client"),
    _bytes("credential"),
    _text("method"),
    _bytes("code_hash"),
    _text("owner"),
    _number("generation"),
    _number("epoch"),
    _number("takeovers"),
    _number("wrong_replies"),
    _flag("waiting"),
    # Empty until a person has been asked: from then on the row is a challenge.
    _time("prompted_at", nullable=True),
    _time("expires_at"),
    _time("abandoned_at", nullable=True),
    _time("began_at"),
    # The row of the logon that took this one over last: how a repeated take-over recognises itself.
    Column("newcomer_id", Uuid, nullable=True),
    Index(None, "user_id"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)

sent_codes = Table(
    "sent_codes",
    metadata,
    Column("code_id", Uuid, primary_key=True),
    _text("user_id"),
    _text("client"),
    _text("method"),
    _bytes("code_hash"),
    _number("epoch"),
    _time("expires_at"),
    # Used or replaced. The row stays until it expires, so that a repeated write cannot bring the code back.
    _flag("used"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)

redeliveries = Table(
    "redeliveries",
    metadata,
    Column("redelivery_id", Uuid, primary_key=True),
    _text("user_id"),
    _text("client"),
    _bytes("credential"),
    _number("epoch"),
    _time("expires_at"),
    _number("uses"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    _time("at"),
    _text("event"),
    _text("result"),
    _text("reason"),
    _flag("alert"),
    _text("user_id"),
    _text("username"),
    _text("client"),
    _text("source"),
    _text("server"),
    _text("method"),
    _text("detail"),
    Index(None, "at"),
    Index(None, "user_id", "at"),
)

servers = Table(
    "servers",
    metadata,
    _text("server_id"),
    _text("name", primary_key=True),
    _text("address"),
    _time("started_at"),
    _time("seen_at"),
    _text("version"),
    _text("bundle"),
)

sync_runs = Table(
    "sync_runs",
    metadata,
    _text("source", primary_key=True),
    _time("started_at"),
    _time("finished_at"),
    *(_number(name) for name in ("added", "changed", "unchanged", "phones_invalid")),
    _text("error"),
)

meta = Table("meta", metadata, _text("key", primary_key=True), _text("value"))
