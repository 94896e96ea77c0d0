"""The store's protocols, one per concern; every engine passes the same conformance suite.

Rules of all methods: writes are durable when they return; repeating one with the same ids is harmless; times come in as
arguments; a store that cannot answer raises ``StoreUnavailableError``, one that is asked to keep what it cannot keep raises
``StoreRefusedError``; never a driver's own error.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from mfa_server.store.records import (
    AuditEvent,
    AuditFilter,
    Begin,
    Challenge,
    Finish,
    FinishOutcome,
    Prompt,
    PromptOutcome,
    Redelivery,
    SentCode,
    Server,
    Snapshot,
    TakeOver,
    TakeOverOutcome,
    Token,
    User,
    UserState,
)
from mfa_server.store.sync_records import DirectoryUser, SyncRun

__all__ = ["AuditStore", "LogonStore", "ServerStore", "Store", "SyncStore", "TokenStore", "UserStore"]


class LogonStore(Protocol):
    """What a logon needs, in the order it needs it."""

    async def begin(self, begin: Begin) -> Snapshot:
        """Insert the attempt's row and read user, state, tokens, codes, open challenges and redeliveries in one moment.

        Rows of others that have begun are seen too (``Snapshot.in_check``): guesses sent in parallel cannot outrun the counters.
        """
        ...

    async def prompt(self, prompt: Prompt) -> tuple[PromptOutcome, Challenge | None]:
        """Open the challenge. ``OPENED`` and ``OCCUPIED`` come with the open challenge. At most one is open per user."""
        ...

    async def put_sent_code(self, code: SentCode) -> None:
        """Keep a one-way code; an older one of the same user, client and method is replaced."""
        ...

    async def take_over(self, take_over: TakeOver) -> tuple[TakeOverOutcome, Challenge | None, Challenge | None]:
        """Change the owner; returns the outcome, the challenge as it was (whom to tell), and as it is now (None unless TAKEN)."""
        ...

    async def abandon(self, attempt_id: UUID, owner: str, generation: int, now: datetime) -> bool:
        """Note that the waiter left. False: the row is not this waiter's any more."""
        ...

    async def wrong_reply(self, attempt_id: UUID, owner: str, generation: int) -> int:
        """Count a wrong reply to a challenge; returns how many there were, 0 if the row is not this waiter's any more.

        Repeating it counts again: doubt about a guess is counted as a guess.
        """
        ...

    async def finish(self, finish: Finish) -> FinishOutcome:
        """End the logon; see ``Finish``."""
        ...

    async def put_redelivery(self, redelivery: Redelivery) -> None:
        """Keep a granted answer whose delivery failed after ``finish``."""
        ...

    async def open_challenges(self, user_id: str, now: datetime) -> Sequence[Challenge]:
        """Return the open challenges of a user, for an answer that has come in."""
        ...

    async def owned(self, owner: str, now: datetime) -> Mapping[UUID, int]:
        """Return the open challenges of a server, each with its generation: what its waiting logons have a right to."""
        ...

    async def adopt(self, attempt_id: UUID, expected_generation: int, owner: str, now: datetime) -> Challenge | None:
        """Become the owner of a dead server's challenge, its waiter noted as gone; None: somebody else was first."""
        ...

    async def sweep(self, now: datetime, grace: timedelta) -> int:
        """Delete attempts, codes and redeliveries that expired more than ``grace`` ago; returns how many."""
        ...


class UserStore(Protocol):
    """People and their state."""

    async def user(self, user_id: str) -> tuple[User, UserState] | None:
        """Return one user by directory id."""
        ...

    async def find_users(self, name: str) -> Sequence[User]:
        """Return users whose username, UPN, DN or e-mail equals ``name``, ignoring case (at most 10)."""
        ...

    async def list_users(
        self, *, search: str = "", after: str = "", limit: int = 100
    ) -> Sequence[tuple[User, UserState]]:
        """Return users ordered by (username, user_id), after the cursor ``after`` (a user_id), matching ``search`` anywhere."""
        ...

    async def set_user(self, user_id: str, changes: dict[str, object], audit: AuditEvent) -> User | None:
        """Change fields of ``User``; they become overrides. Returns the user as he is now; None: no such user.

        Raises the epoch when what decides the second factor changes (phones, extension, method, text mode, PIN mode, enabled).
        Raises StoreRefusedError for a field that cannot be set.
        """
        ...

    async def block(self, user_id: str, until: datetime, reason: str, audit: AuditEvent) -> bool:
        """Block until ``until``; raises the epoch. False: no such user."""
        ...

    async def unlock(self, user_id: str, audit: AuditEvent) -> bool:
        """End block, both lock-outs and the prompt pause; raises the epoch."""
        ...


class TokenStore(Protocol):
    """OATH tokens, their secrets sealed."""

    async def add_token(self, token: Token, audit: AuditEvent) -> None:
        """Keep a token; raises the user's epoch."""
        ...

    async def list_tokens(self, user_id: str) -> Sequence[Token]:
        """Return a user's tokens, oldest first."""
        ...

    async def remove_token(self, token_id: UUID, audit: AuditEvent) -> bool:
        """Delete a token; raises the user's epoch. False: no such token."""
        ...

    async def key_ids(self) -> frozenset[str]:
        """Return the ids of all keys that sealed something in the store."""
        ...


class AuditStore(Protocol):
    """The audit."""

    async def append(self, event: AuditEvent) -> None:
        """Write one row; an id that is there already is left alone."""
        ...

    async def list_audit(self, which: AuditFilter) -> Sequence[AuditEvent]:
        """Return rows, newest first."""
        ...


class ServerStore(Protocol):
    """The servers that share this store."""

    async def register(self, server: Server) -> int:
        """Announce a server; notes the waiters of older incarnations of its name as gone and returns how many."""
        ...

    async def heartbeat(self, server_id: str, bundle: str, now: datetime) -> bool:
        """Say that the server is alive. False: a newer incarnation of its name is registered."""
        ...

    async def servers(self) -> Sequence[Server]:
        """Return every registered server, by name."""
        ...


class SyncStore(Protocol):
    """What directory sync writes."""

    async def apply_users(self, source: str, users: Sequence[DirectoryUser], now: datetime) -> tuple[int, int, int]:
        """Add and update users of one source; never removes. Returns (added, changed, unchanged).

        Written in batches of 1,000, one transaction each, so that logons never wait long; a pass that breaks off is repeated whole.
        A user that another source brought is left to that source and counts as unchanged. Overridden fields stay. A change of what
        decides the second factor (phones, extension, method, text mode, PIN mode, enabled) raises the epoch.
        """
        ...

    async def put_sync_run(self, run: SyncRun) -> None:
        """Keep the outcome of the newest pass of its source."""
        ...

    async def sync_runs(self) -> Sequence[SyncRun]:
        """Return the newest pass of every source."""
        ...


class Store(LogonStore, UserStore, TokenStore, AuditStore, ServerStore, SyncStore, Protocol):
    """All of it; what an engine implements."""

    async def ping(self) -> None:
        """Raise ``StoreUnavailableError`` unless the store answers and can be written."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of the engine."""
        ...
