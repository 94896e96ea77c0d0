"""The first schema: people and their state, tokens, logons under way, the audit, the servers.

Revision 0001, the beginning.
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make every table."""
    _people()
    _logons()
    _records()


def _people() -> None:
    """People, what logons change about them, and their tokens."""
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("username", sa.String(length=256), nullable=False),
        sa.Column("dn", sa.String(length=1024), nullable=False),
        sa.Column("upn", sa.String(length=1024), nullable=False),
        sa.Column("display_name", sa.String(length=256), nullable=False),
        sa.Column("given_name", sa.String(length=256), nullable=False),
        sa.Column("surname", sa.String(length=256), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("backup_phone", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("user_group", sa.String(length=320), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("text_message_mode", sa.String(length=32), nullable=False),
        sa.Column("pin_mode", sa.String(length=32), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=320), nullable=False),
        sa.Column("overrides", sa.String(length=512), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "username_key",
            sa.String(length=768).with_variant(sa.String(length=768, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "dn_key",
            sa.String(length=3072).with_variant(sa.String(length=3072, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "upn_key",
            sa.String(length=3072).with_variant(sa.String(length=3072, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "email_key",
            sa.String(length=960).with_variant(sa.String(length=960, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "display_key",
            sa.String(length=768).with_variant(sa.String(length=768, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_dn_key"), "users", ["dn_key"], unique=False)
    op.create_index(op.f("ix_users_email_key"), "users", ["email_key"], unique=False)
    op.create_index(op.f("ix_users_upn_key"), "users", ["upn_key"], unique=False)
    op.create_index(op.f("ix_users_username_key_user_id"), "users", ["username_key", "user_id"], unique=False)
    op.create_table(
        "user_state",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("password_failures", sa.Integer(), nullable=False),
        sa.Column("password_since", sa.BigInteger(), nullable=True),
        sa.Column("password_last", sa.BigInteger(), nullable=True),
        sa.Column("password_locked_until", sa.BigInteger(), nullable=True),
        sa.Column("wrong_credential", sa.LargeBinary(length=64), nullable=False),
        sa.Column("wrong_code", sa.Integer(), nullable=False),
        sa.Column("wrong_diagnostic", sa.String(length=1024), nullable=False),
        sa.Column("wrong_at", sa.BigInteger(), nullable=True),
        sa.Column("factor_failures", sa.Integer(), nullable=False),
        sa.Column("factor_since", sa.BigInteger(), nullable=True),
        sa.Column("factor_last", sa.BigInteger(), nullable=True),
        sa.Column("factor_locked_until", sa.BigInteger(), nullable=True),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("unanswered_since", sa.BigInteger(), nullable=True),
        sa.Column("prompts_paused_until", sa.BigInteger(), nullable=True),
        sa.Column("blocked_until", sa.BigInteger(), nullable=True),
        sa.Column("block_reason", sa.String(length=512), nullable=False),
        sa.Column("last_logon", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_state")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=512), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=256), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.String(length=32), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)


def _logons() -> None:
    """Logons under way, and what one may hand to the next."""
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("client", sa.String(length=512), nullable=False),
        sa.Column("credential", sa.LargeBinary(length=64), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=64), nullable=False),
        sa.Column("owner", sa.String(length=320), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("prompted_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("abandoned_at", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("newcomer_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_attempts_expires_at"), "attempts", ["expires_at"], unique=False)
    op.create_index(op.f("ix_attempts_user_id"), "attempts", ["user_id"], unique=False)
    op.create_table(
        "sent_codes",
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("client", sa.String(length=512), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_sent_codes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sent_codes_expires_at"), "sent_codes", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sent_codes_user_id"), "sent_codes", ["user_id"], unique=False)
    op.create_table(
        "redeliveries",
        sa.Column("redelivery_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("client", sa.String(length=512), nullable=False),
        sa.Column("credential", sa.LargeBinary(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("redelivery_id", name=op.f("pk_redeliveries")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_redeliveries_expires_at"), "redeliveries", ["expires_at"], unique=False)
    op.create_index(op.f("ix_redeliveries_user_id"), "redeliveries", ["user_id"], unique=False)


def _records() -> None:
    """What happened, and who takes part."""
    op.create_table(
        "audit",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("alert", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("username", sa.String(length=256), nullable=False),
        sa.Column("client", sa.String(length=512), nullable=False),
        sa.Column("source", sa.String(length=320), nullable=False),
        sa.Column("server", sa.String(length=320), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=8192), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_user_id_at"), "audit", ["user_id", "at"], unique=False)
    op.create_table(
        "servers",
        sa.Column("server_id", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("address", sa.String(length=512), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("bundle", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_servers")),
    )
    op.create_table(
        "sync_runs",
        sa.Column("source", sa.String(length=320), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("phones_invalid", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=2048), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sync_runs")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
