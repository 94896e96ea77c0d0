"""The values the store's suite works with: one moment, a few people, and short ways to make requests."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from mfa_server.store import Store
from mfa_server.store.keyring import KeyRing, context_of
from mfa_server.store.records import (
    AuditEvent,
    Begin,
    CounterRule,
    Finish,
    PasswordFailure,
    Prompt,
    Redelivery,
    SentCode,
    Server,
    TakeOver,
    Token,
)
from mfa_server.store.sync_records import DirectoryUser

__all__ = [
    "ANNA",
    "BERT",
    "CLIENT",
    "CREDENTIAL",
    "HERE",
    "NOW",
    "RING",
    "RULE",
    "SOURCE",
    "THERE",
    "WINDOW",
    "OpenStore",
    "begin",
    "event",
    "finish",
    "open_challenge",
    "prompt",
    "redelivery",
    "seconds",
    "sent_code",
    "server",
    "take_over",
    "token",
    "with_people",
    "wrong_password",
]

OpenStore = Callable[[], Awaitable[Store]]
"""Opens the database under test once more, as another server would."""

NOW = datetime(2031, 3, 4, 9, 0, 0, 123456, tzinfo=UTC)
WINDOW = timedelta(seconds=10)
RULE = CounterRule(limit=3, within=timedelta(minutes=15), duration=timedelta(minutes=20))
ANNA, BERT = "5f3b3d3c-0001", "5f3b3d3c-0002"
CLIENT, SOURCE = "default/netscaler", "default/staff"
CREDENTIAL = b"c" * 32
HERE, THERE = "here/1", "there/1"
RING = KeyRing({"k1": b"1" * 32}, "k1")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def event(name: str = "logon", **fields: Any) -> AuditEvent:
    return AuditEvent(event_id=uuid4(), at=fields.pop("at", NOW), event=name, **fields)


def begin(user_id: str = ANNA, **fields: Any) -> Begin:
    values: dict[str, Any] = {"client": CLIENT, "credential": CREDENTIAL, "owner": HERE, "now": NOW}
    values |= {"expires_at": NOW + seconds(57), "attempt_id": uuid4(), **fields}
    return Begin(user_id=user_id, **values)


def prompt(attempt_id: UUID, **fields: Any) -> Prompt:
    values: dict[str, Any] = {"owner": HERE, "method": "TextMessage", "code_hash": b"h" * 32, "epoch": 0, "now": NOW}
    values |= {"expires_at": NOW + seconds(57), "redelivery_window": WINDOW, **fields}
    return Prompt(attempt_id=attempt_id, **values)


def finish(attempt_id: UUID, user_id: str = ANNA, **fields: Any) -> Finish:
    values: dict[str, Any] = {
        "owner": HERE,
        "generation": 0,
        "epoch": 0,
        "now": NOW,
        "granted": True,
        "audit": event(user_id=user_id),
    }
    return Finish(attempt_id=attempt_id, user_id=user_id, **{**values, **fields})


def take_over(attempt_id: UUID, newcomer_id: UUID, **fields: Any) -> TakeOver:
    values: dict[str, Any] = {"expected_generation": 0, "owner": THERE, "now": NOW, **fields}
    return TakeOver(attempt_id=attempt_id, newcomer_id=newcomer_id, **values)


def token(user_id: str = ANNA, **fields: Any) -> Token:
    sealed = RING.seal(b"secret", context_of("tokens", "secret", user_id))
    return Token(**{"token_id": uuid4(), "user_id": user_id, "secret": sealed, "created_at": NOW, **fields})


def sent_code(user_id: str = ANNA, **fields: Any) -> SentCode:
    values: dict[str, Any] = {"code_id": uuid4(), "client": CLIENT, "method": "TextMessage", "code_hash": b"h" * 32}
    values["epoch"] = 0
    return SentCode(**{"user_id": user_id, "expires_at": NOW + seconds(300), **values, **fields})


def redelivery(user_id: str = ANNA, **fields: Any) -> Redelivery:
    values: dict[str, Any] = {"redelivery_id": uuid4(), "client": CLIENT, "credential": CREDENTIAL, "epoch": 0}
    return Redelivery(**{"user_id": user_id, "expires_at": NOW + WINDOW, **values, **fields})


def wrong_password(credential: bytes = b"w", **fields: Any) -> PasswordFailure:
    values: dict[str, Any] = {"code": 49, "diagnostic": "data 52e", "rule": RULE, **fields}
    return PasswordFailure(credential=credential, **values)


def server(name: str, start: int, **fields: Any) -> Server:
    values: dict[str, Any] = {
        "address": "unix:/run/mfa",
        "started_at": NOW + seconds(start),
        "seen_at": NOW + seconds(start),
    }
    return Server(server_id=f"{name}/{start}", name=name, **{**values, **fields})


async def with_people(store: Store) -> None:
    """Let directory sync bring Anna and Bert."""
    people = [DirectoryUser(ANNA, "anna", "cn=Anna,dc=x"), DirectoryUser(BERT, "bert", "cn=Bert,dc=x")]
    await store.apply_users(SOURCE, people, NOW)


async def open_challenge(store: Store, user_id: str = ANNA, **fields: Any) -> UUID:
    """Begin a logon and ask the person; returns the challenge's id."""
    started = begin(user_id, **fields)
    await store.begin(started)
    await store.prompt(prompt(started.attempt_id, owner=started.owner))
    return started.attempt_id
