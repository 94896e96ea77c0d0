"""Records as the control API shows them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from mfa_server.store.records import AuditEvent, Challenge, Server, Token, User, UserState
from mfa_server.store.sync_records import SyncRun
from mfa_server.web.control_views import (
    audit_view,
    challenge_view,
    server_view,
    sync_view,
    time_text,
    token_view,
    user_view,
)

__all__: list[str] = []

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
IDENTITY = UUID(int=7)


def test_times_are_utc_to_the_second_and_the_last_one_is_forever() -> None:
    assert time_text(NOW) == "2026-11-24T10:00:00Z"
    assert time_text(datetime.max.replace(tzinfo=UTC)) == "forever"
    assert time_text(None) is None


def test_a_user_shows_what_has_a_value() -> None:
    user = User("id-1", "anna", "cn=anna", phone="+441632960001", overrides=frozenset({"text_message_mode"}))
    assert user_view(user, UserState("id-1"), NOW) == {
        "id": "id-1",
        "username": "anna",
        "dn": "cn=anna",
        "phone": "+441632960001",
        "enabled": True,
        "setByHand": ["textMessageMode"],
    }


def test_locks_are_shown_while_they_last() -> None:
    state = UserState(
        "id-1",
        blocked_until=LATER,
        block_reason="stolen",
        password_locked_until=LATER,
        factor_locked_until=LATER,
        prompts_paused_until=LATER,
        password_failures=2,
        factor_failures=3,
    )
    locks = {"blockedUntil", "blockReason", "passwordLockedUntil", "factorLockedUntil", "promptsPausedUntil"}
    user = User("id-1", "anna", "cn=anna")
    assert locks <= user_view(user, state, NOW).keys()
    assert locks.isdisjoint(user_view(user, state, LATER))
    assert user_view(user, state, NOW)["passwordFailures"] == 2


def test_secrets_and_hashes_are_in_no_view() -> None:
    token = Token(IDENTITY, "id-1", b"sealed-secret", label="fob", last_step=5, created_at=NOW)
    challenge = Challenge(
        IDENTITY,
        "id-1",
        "mfa/netscaler",
        b"credential",
        "TextMessage",
        b"code-hash",
        "mfa-0/1",
        1,
        0,
        0,
        True,
        NOW,
        LATER,
    )
    assert token_view(token) == {
        "id": str(IDENTITY),
        "kind": "totp",
        "label": "fob",
        "digits": 6,
        "period": 30,
        "algorithm": "SHA1",
        "created": "2026-11-24T10:00:00Z",
        "used": True,
    }
    assert challenge_view(challenge) == {
        "client": "mfa/netscaler",
        "method": "TextMessage",
        "prompted": "2026-11-24T10:00:00Z",
        "expires": "2026-11-24T10:05:00Z",
        "waiting": True,
    }


def test_audit_servers_and_sync_are_shown_by_field() -> None:
    event = AuditEvent(
        IDENTITY, NOW, "logon", "granted", "factorCompleted", alert=True, username="anna", detail={"a": 1}
    )
    assert audit_view(event) == {
        "id": str(IDENTITY),
        "at": "2026-11-24T10:00:00Z",
        "event": "logon",
        "result": "granted",
        "reason": "factorCompleted",
        "alert": True,
        "user": "anna",
        "detail": {"a": 1},
    }
    assert server_view(Server("mfa-0/1", "mfa-0", "unix:/x", NOW, LATER))["seen"] == "2026-11-24T10:05:00Z"
    assert sync_view(SyncRun("mfa/staff", NOW, LATER, error="no answer"))["error"] == "no answer"
    assert "error" not in sync_view(SyncRun("mfa/staff", NOW, LATER))
