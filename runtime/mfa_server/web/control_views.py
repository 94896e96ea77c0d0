"""What the control API says about users, tokens, the audit, servers and sync: records as JSON, without secrets.

A field that has no value is left out; times are RFC 3339 in UTC. Block and lock-outs are told by when they end, and only while
they last.
"""

from collections.abc import Iterable
from datetime import MAXYEAR, datetime
from typing import Any

from mfa_server.store.records import AuditEvent, Challenge, Server, Token, User, UserState
from mfa_server.store.sync_records import SyncRun

__all__ = ["audit_view", "challenge_view", "server_view", "sync_view", "time_text", "token_view", "user_view"]

Json = dict[str, Any]


def time_text(moment: datetime | None) -> str | None:
    """Return a UTC time as ``2026-11-24T10:00:00Z``; ``datetime.max`` as ``forever``."""
    if moment is None:
        return None
    return "forever" if moment.year == MAXYEAR else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _told(pairs: Iterable[tuple[str, object]]) -> Json:
    return {name: value for name, value in pairs if value not in (None, "", (), [], {})}


def _while_it_lasts(moment: datetime | None, now: datetime) -> str | None:
    return time_text(moment) if moment is not None and moment > now else None


def user_view(user: User, state: UserState, now: datetime) -> Json:
    """Return one person with what logons made of him."""
    blocked = _while_it_lasts(state.blocked_until, now)
    return {"username": user.username, "enabled": user.enabled} | _told(
        (
            ("id", user.user_id),
            ("upn", user.upn),
            ("dn", user.dn),
            ("displayName", user.display_name),
            ("email", user.email),
            ("phone", user.phone),
            ("extension", user.extension),
            ("backupPhone", user.backup_phone),
            ("language", user.language),
            ("userGroup", user.user_group),
            ("method", user.method),
            ("textMessageMode", user.text_message_mode),
            ("source", user.source),
            ("setByHand", sorted(_FIELD_NAMES.get(name, name) for name in user.overrides)),
            ("blockedUntil", blocked),
            ("blockReason", state.block_reason if blocked else None),
            ("passwordLockedUntil", _while_it_lasts(state.password_locked_until, now)),
            ("factorLockedUntil", _while_it_lasts(state.factor_locked_until, now)),
            ("promptsPausedUntil", _while_it_lasts(state.prompts_paused_until, now)),
            ("passwordFailures", state.password_failures or None),
            ("factorFailures", state.factor_failures or None),
            ("lastLogon", time_text(state.last_logon)),
            ("updated", time_text(user.updated_at)),
        )
    )


_FIELD_NAMES = {"text_message_mode": "textMessageMode", "backup_phone": "backupPhone", "display_name": "displayName"}


def token_view(token: Token) -> Json:
    """Return a token without its secret."""
    return _told(
        (
            ("id", str(token.token_id)),
            ("kind", token.kind),
            ("label", token.label),
            ("digits", token.digits),
            ("period", token.period),
            ("algorithm", token.algorithm),
            ("created", time_text(token.created_at)),
        )
    ) | {"used": token.last_step >= 0}


def challenge_view(challenge: Challenge) -> Json:
    """Return an open question without its code."""
    return {
        "client": challenge.client,
        "method": challenge.method,
        "prompted": time_text(challenge.prompted_at),
        "expires": time_text(challenge.expires_at),
        "waiting": challenge.waiting,
    }


def audit_view(event: AuditEvent) -> Json:
    """Return one row of the audit."""
    return _told(
        (
            ("id", str(event.event_id)),
            ("at", time_text(event.at)),
            ("event", event.event),
            ("result", event.result),
            ("reason", event.reason),
            ("alert", event.alert or None),
            ("user", event.username),
            ("userId", event.user_id),
            ("client", event.client),
            ("source", event.source),
            ("server", event.server),
            ("method", event.method),
            ("detail", event.detail),
        )
    )


def server_view(server: Server) -> Json:
    """Return one server as the store knows it."""
    return _told(
        (
            ("name", server.name),
            ("id", server.server_id),
            ("address", server.address),
            ("started", time_text(server.started_at)),
            ("seen", time_text(server.seen_at)),
            ("version", server.version),
            ("bundle", server.bundle),
        )
    )


def sync_view(run: SyncRun) -> Json:
    """Return the outcome of the newest pass of a source."""
    return {
        "source": run.source,
        "started": time_text(run.started_at),
        "finished": time_text(run.finished_at),
        "added": run.added,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "phonesInvalid": run.phones_invalid,
    } | _told((("error", run.error),))
