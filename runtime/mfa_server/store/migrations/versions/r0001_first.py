"""The first schema: people and their state, tokens, logons under way, the audit, the servers.

Revision 0001, the beginning.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make every table."""
    _users()
    _user_state()
    _tokens()
    _attempts()
    _sent_codes()
    _redeliveries()
    _audit()
    _servers()
    _sync_runs()
    _meta()


def _text(name: str, limit: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(limit), nullable=False)


def _folded(name: str, limit: int) -> sa.Column[Any]:
    kind = sa.String(limit).with_variant(sa.String(limit, collation="C"), "postgresql")
    return sa.Column(name, kind, nullable=False)


def _bytes(name: str, limit: int) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(limit), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _users() -> None:
    op.create_table(
        "users",
        _text("user_id", 128),
        _text("username", 256),
        _text("dn", 1024),
        _text("upn", 1024),
        _text("display_name", 256),
        _text("given_name", 256),
        _text("surname", 256),
        _text("email", 320),
        _text("phone", 64),
        _text("backup_phone", 64),
        _text("extension", 64),
        _text("language", 64),
        _text("user_group", 320),
        _text("method", 32),
        _text("text_message_mode", 32),
        _text("pin_mode", 32),
        _flag("enabled"),
        _text("source", 320),
        _text("overrides", 512),
        _time("created_at", nullable=True),
        _time("updated_at", nullable=True),
        _folded("username_key", 768),
        _folded("dn_key", 3072),
        _folded("upn_key", 3072),
        _folded("email_key", 960),
        _folded("display_key", 768),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_dn_key"), "users", ["dn_key"], unique=False)
    op.create_index(op.f("ix_users_email_key"), "users", ["email_key"], unique=False)
    op.create_index(op.f("ix_users_upn_key"), "users", ["upn_key"], unique=False)
    op.create_index(op.f("ix_users_username_key_user_id"), "users", ["username_key", "user_id"], unique=False)


def _user_state() -> None:
    op.create_table(
        "user_state",
        _text("user_id", 128),
        _number("epoch"),
        _number("password_failures"),
        _time("password_since", nullable=True),
        _time("password_last", nullable=True),
        _time("password_locked_until", nullable=True),
        _bytes("wrong_credential", 64),
        _number("wrong_code"),
        _text("wrong_diagnostic", 1024),
        _time("wrong_at", nullable=True),
        _number("factor_failures"),
        _time("factor_since", nullable=True),
        _time("factor_last", nullable=True),
        _time("factor_locked_until", nullable=True),
        _number("unanswered"),
        _time("unanswered_since", nullable=True),
        _time("prompts_paused_until", nullable=True),
        _time("blocked_until", nullable=True),
        _text("block_reason", 512),
        _time("last_logon", nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_state")),
        sqlite_with_rowid=False,
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        _id("token_id"),
        _text("user_id", 128),
        _bytes("secret", 512),
        _text("kind", 32),
        _text("label", 256),
        _number("digits"),
        _number("period"),
        _text("algorithm", 32),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        _time("created_at", nullable=True),
        _text("key_id", 32),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)


def _attempts() -> None:
    op.create_table(
        "attempts",
        _id("attempt_id"),
        _text("user_id", 128),
        _text("client", 512),
        _bytes("credential", 64),
        _text("method", 32),
        _bytes("code_hash", 64),
        _text("owner", 320),
        _number("generation"),
        _number("epoch"),
        _number("takeovers"),
        _number("wrong_replies"),
        _flag("waiting"),
        _time("prompted_at", nullable=True),
        _time("expires_at"),
        _time("abandoned_at", nullable=True),
        _time("began_at"),
        _id("newcomer_id", nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_attempts_expires_at"), "attempts", ["expires_at"], unique=False)
    op.create_index(op.f("ix_attempts_user_id"), "attempts", ["user_id"], unique=False)


def _sent_codes() -> None:
    op.create_table(
        "sent_codes",
        _id("code_id"),
        _text("user_id", 128),
        _text("client", 512),
        _text("method", 32),
        _bytes("code_hash", 64),
        _number("epoch"),
        _time("expires_at"),
        _flag("used"),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_sent_codes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sent_codes_expires_at"), "sent_codes", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sent_codes_user_id"), "sent_codes", ["user_id"], unique=False)


def _redeliveries() -> None:
    op.create_table(
        "redeliveries",
        _id("redelivery_id"),
        _text("user_id", 128),
        _text("client", 512),
        _bytes("credential", 64),
        _number("epoch"),
        _time("expires_at"),
        _number("uses"),
        sa.PrimaryKeyConstraint("redelivery_id", name=op.f("pk_redeliveries")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_redeliveries_expires_at"), "redeliveries", ["expires_at"], unique=False)
    op.create_index(op.f("ix_redeliveries_user_id"), "redeliveries", ["user_id"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit",
        _id("event_id"),
        _time("at"),
        _text("event", 64),
        _text("result", 32),
        _text("reason", 64),
        _flag("alert"),
        _text("user_id", 128),
        _text("username", 256),
        _text("client", 512),
        _text("source", 320),
        _text("server", 320),
        _text("method", 32),
        _text("detail", 8192),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_user_id_at"), "audit", ["user_id", "at"], unique=False)


def _servers() -> None:
    op.create_table(
        "servers",
        _text("server_id", 320),
        _text("name", 256),
        _text("address", 512),
        _time("started_at"),
        _time("seen_at"),
        _text("version", 64),
        _text("bundle", 128),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_servers")),
    )


def _sync_runs() -> None:
    op.create_table(
        "sync_runs",
        _text("source", 320),
        _time("started_at"),
        _time("finished_at"),
        _number("added"),
        _number("changed"),
        _number("unchanged"),
        _number("phones_invalid"),
        _text("error", 2048),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sync_runs")),
    )


def _meta() -> None:
    op.create_table("meta", _text("key", 64), _text("value", 512), sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")))
