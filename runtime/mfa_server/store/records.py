"""What the store keeps and hands out, as frozen values.

Times are timezone-aware UTC. ``user_id`` is always the directory's immutable id of the person (canonical ``objectGUID`` or
``entryUUID`` text): names and DNs change, it does not. Byte strings named ``credential`` or ``code_hash`` are keyed hashes made
by the caller; the store never sees a password or a code.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

__all__ = [
    "AuditEvent",
    "AuditFilter",
    "Begin",
    "Challenge",
    "CounterRule",
    "Finish",
    "FinishOutcome",
    "PasswordFailure",
    "Prompt",
    "PromptOutcome",
    "Redelivery",
    "SentCode",
    "Server",
    "Snapshot",
    "TakeOver",
    "TakeOverOutcome",
    "Token",
    "TokenUse",
    "User",
    "UserState",
]


@dataclass(frozen=True, slots=True)
class User:
    """One person as the directory and the administrator describe him (cold: logons never write it)."""

    user_id: str
    username: str
    dn: str
    upn: str = ""
    display_name: str = ""
    given_name: str = ""
    surname: str = ""
    email: str = ""
    phone: str = ""
    """E.164 with a leading plus, or empty."""
    backup_phone: str = ""
    extension: str = ""
    language: str = ""
    user_group: str = ""
    method: str = ""
    """``TextMessage``, ``OathToken``, …; empty: the default of source, user group or server group."""
    text_message_mode: str = ""
    """``OneWay`` or ``TwoWay``; empty: the server group's."""
    pin_mode: str = ""
    enabled: bool = True
    source: str = ""
    """``namespace/name`` of the UserSyncSource that brought him; empty: added by hand."""
    overrides: frozenset[str] = frozenset()
    """Names of fields an administrator set by hand; directory sync leaves these alone."""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserState:
    """What logons change about a person (hot and narrow). Exists for every directory id that ever tried, known user or not."""

    user_id: str
    epoch: int = 0
    """The security epoch: raised by block, disable, unlock, method and phone changes. A grant needs the epoch its logon began with."""
    password_failures: int = 0
    password_since: datetime | None = None
    """Start of the counting window of ``password_failures``."""
    password_last: datetime | None = None
    """The last *counted* failure: what the growing delay is measured from."""
    password_locked_until: datetime | None = None
    wrong_credential: bytes = field(default=b"", repr=False)
    """Keyed hash of the last wrong password: an identical repeat counts once and gets the same answer for a while."""
    wrong_code: int = 0
    """LDAP result code the directory gave to it."""
    wrong_diagnostic: str = ""
    """The directory's diagnostic text to it, passed on unchanged."""
    wrong_at: datetime | None = None
    """When the directory last refused ``wrong_credential``, counted or not: what the ten seconds of an identical repeat run from."""
    factor_failures: int = 0
    factor_since: datetime | None = None
    factor_last: datetime | None = None
    factor_locked_until: datetime | None = None
    unanswered: int = 0
    """Prompts in a row that nobody answered."""
    unanswered_since: datetime | None = None
    prompts_paused_until: datetime | None = None
    blocked_until: datetime | None = None
    """``datetime.max`` (UTC) blocks until unblocked."""
    block_reason: str = ""
    last_logon: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """One OATH token of a user. ``secret`` is sealed: only the key ring opens it."""

    token_id: UUID
    user_id: str
    secret: bytes = field(repr=False)
    kind: str = "totp"
    label: str = ""
    digits: int = 6
    period: int = 30
    """Seconds."""
    algorithm: str = "SHA1"
    last_step: int = -1
    """The newest time step that was accepted; only later ones ever are (RFC 6238 §5.2)."""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentCode:
    """A one-way code that was sent and may be typed once, at this client, before it expires."""

    code_id: UUID
    user_id: str
    client: str
    method: str
    code_hash: bytes = field(repr=False)
    epoch: int
    """The security epoch it was sent in: a code sent to a phone that was taken away since is worth nothing."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """An open second-factor question: the attempt row once prompted.

    ``owner`` is the id of the server whose logon waits; ``generation`` counts changes of ownership, so that a waiter that was
    taken over inside one process loses its right too. ``waiting`` is false once that waiter left; the row then stays open until
    ``abandoned_at`` + the redelivery window.
    """

    attempt_id: UUID
    user_id: str
    client: str
    credential: bytes = field(repr=False)
    method: str
    code_hash: bytes = field(repr=False)
    owner: str
    generation: int
    epoch: int
    takeovers: int
    """Take-overs from waiters that were still alive."""
    waiting: bool
    prompted_at: datetime
    expires_at: datetime
    abandoned_at: datetime | None = None
    wrong_replies: int = 0
    """Replies with a wrong code, over all its waiters."""


@dataclass(frozen=True, slots=True)
class Redelivery:
    """A granted answer that may be given again: it did not reach the gateway, or the client gets several answers per approval."""

    redelivery_id: UUID
    user_id: str
    client: str
    credential: bytes = field(repr=False)
    epoch: int
    expires_at: datetime
    uses: int = 1


@dataclass(frozen=True, slots=True)
class Begin:
    """The first statement of a logon: read everything the decisions need, insert the attempt's row (not yet prompted)."""

    attempt_id: UUID
    user_id: str
    client: str
    credential: bytes = field(repr=False)
    owner: str
    now: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What ``begin`` read, in one moment."""

    user: User | None
    state: UserState
    tokens: tuple[Token, ...] = ()
    sent_codes: tuple[SentCode, ...] = ()
    """Unexpired ones only."""
    challenges: tuple[Challenge, ...] = ()
    """Open ones of this user at any client: prompted and before ``expires_at``."""
    redeliveries: tuple[Redelivery, ...] = ()
    """Unexpired ones with uses left."""
    in_check: int = 0
    """Other passwords of this person, each counted once, with which a logon has begun and neither asked him nor ended yet."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Turn the attempt's row into an open challenge, unless this user has another open one."""

    attempt_id: UUID
    owner: str
    method: str
    code_hash: bytes = field(repr=False)
    epoch: int
    now: datetime
    expires_at: datetime
    redelivery_window: timedelta
    """An older challenge whose waiter left longer ago than this does not count as open."""


class PromptOutcome(StrEnum):
    """What became of a ``Prompt``."""

    OPENED = "opened"
    OCCUPIED = "occupied"
    """The user has another open challenge; it is in the answer."""
    GONE = "gone"
    """The attempt's row is no longer there."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Make a newer identical logon the owner of an open challenge; the newcomer's own row disappears."""

    attempt_id: UUID
    """The challenge to take."""
    newcomer_id: UUID
    """The row that ``begin`` made for the newcomer."""
    expected_generation: int
    owner: str
    now: datetime
    limit: int = 3
    """This many take-overs from living waiters void the challenge."""


class TakeOverOutcome(StrEnum):
    """What became of a ``TakeOver``."""

    TAKEN = "taken"
    VOIDED = "voided"
    """The limit was reached: the challenge is gone, both waiters are to be denied."""
    GONE = "gone"
    """Answered, expired or taken by somebody else meanwhile."""


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Mark a time step of a token as used; succeeds only if it is later than every step used before."""

    token_id: UUID
    step: int


@dataclass(frozen=True, slots=True)
class CounterRule:
    """How one failure is counted: ``limit`` failures inside ``within`` lock for ``duration``."""

    limit: int
    within: timedelta
    duration: timedelta


@dataclass(frozen=True, slots=True)
class PasswordFailure:
    """A wrong password. The same ``credential`` as the last counted failure is not counted again; it only renews ``wrong_at``."""

    credential: bytes = field(repr=False)
    code: int
    diagnostic: str
    rule: CounterRule


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One row of the audit. ``detail`` holds JSON values and never a secret, password or code."""

    event_id: UUID
    at: datetime
    event: str
    """``logon``, ``alert``, ``userChanged``, ``reload`` …"""
    result: str = ""
    """``granted``, ``refused`` or empty."""
    reason: str = ""
    alert: bool = False
    user_id: str = ""
    username: str = ""
    client: str = ""
    source: str = ""
    """Address the request came from."""
    server: str = ""
    method: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """The last statement of a logon: delete the row, apply counters, write the audit row; all or nothing.

    With ``granted`` the statement succeeds only if the row is still there with this ``owner`` and ``generation``, is not expired
    at ``now``, the user's epoch still is ``epoch``, he is not blocked, and everything in ``token_use``, ``sent_code`` and
    ``redelivery_used`` could be consumed; a typed code (``token_use``, ``sent_code``) also needs that wrong codes have not locked
    the factor meanwhile, else guesses sent in parallel would outrun the lock. A grant that fails leaves no trace. A refusal deletes
    the row if it still is this owner's, and always writes the audit row. Repeating it with the same ``audit.event_id`` changes
    nothing and returns the first outcome.
    """

    attempt_id: UUID
    user_id: str
    owner: str
    generation: int
    epoch: int
    now: datetime
    granted: bool
    audit: AuditEvent
    token_use: TokenUse | None = None
    sent_code: UUID | None = None
    redelivery_used: UUID | None = None
    redelivery_made: Redelivery | None = None
    password_failure: PasswordFailure | None = None
    password_correct: bool = False
    """The directory accepted the password: its counter starts anew."""
    factor_failure: CounterRule | None = None
    unanswered: CounterRule | None = None
    """A prompt nobody answered: ``limit`` of them inside ``within`` pause prompts for ``duration``."""


class FinishOutcome(StrEnum):
    """What became of a ``Finish``."""

    GRANTED = "granted"
    REFUSED = "refused"
    """A refusal was written."""
    GONE = "gone"
    """The row is not this logon's any more: taken over, voided or swept."""
    EXPIRED = "expired"
    EPOCH_CHANGED = "epochChanged"
    """Blocked, disabled, unlocked or changed while it waited."""
    ALREADY_USED = "alreadyUsed"
    """The code or redelivery was used by somebody else first."""


@dataclass(frozen=True, slots=True)
class Server:
    """One running server. ``server_id`` is ``name`` + ``/`` + an id of this start, so that an older incarnation is told apart."""

    server_id: str
    name: str
    address: str
    """Where its peers reach it: a socket path (``unix:…``) or an https URL."""
    started_at: datetime
    seen_at: datetime
    version: str = ""
    bundle: str = ""
    """Digest of the bundle it runs on."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit rows to list, newest first. Empty text: any."""

    user_id: str = ""
    client: str = ""
    event: str = ""
    result: str = ""
    since: datetime | None = None
    limit: int = 50
