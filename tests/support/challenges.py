"""Open second-factor questions, put into a store as a logon does."""

from datetime import datetime, timedelta
from uuid import uuid4

from mfa_server.store.base import LogonStore
from mfa_server.store.records import Begin, Challenge, Prompt, PromptOutcome

__all__ = ["open_challenge"]


async def open_challenge(
    store: LogonStore, user_id: str, now: datetime, lasts: timedelta
) -> tuple[PromptOutcome, Challenge | None]:
    """Begin a logon through ``mfa/netscaler`` and ask by text message."""
    attempt, expires = uuid4(), now + lasts
    await store.begin(
        Begin(
            attempt_id=attempt,
            user_id=user_id,
            client="mfa/netscaler",
            credential=bytes(32),
            owner="mfa-0/1",
            now=now,
            expires_at=expires,
        )
    )
    return await store.prompt(
        Prompt(
            attempt_id=attempt,
            owner="mfa-0/1",
            method="TextMessage",
            code_hash=bytes(32),
            epoch=0,
            now=now,
            expires_at=expires,
            redelivery_window=timedelta(seconds=10),
        )
    )
