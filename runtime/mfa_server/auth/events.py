"""The logon's events (what became known) and steps (what its shell is to do next): the alphabet of the pipeline."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from mfa_server.auth.attempt import Method
from mfa_server.auth.decision import Decision
from mfa_server.auth.ports import CodeVerdict, Identity, PasswordVerdict
from mfa_server.auth.reasons import Reason
from mfa_server.store.records import Challenge, Finish, FinishOutcome, PromptOutcome, Snapshot, TakeOverOutcome

__all__ = [
    "AnswerIn",
    "Arrived",
    "Begin",
    "Begun",
    "CheckPassword",
    "CodeChecked",
    "Conclude",
    "Ended",
    "Event",
    "Failed",
    "Finished",
    "IdentityRead",
    "PasswordChecked",
    "PersonAnswered",
    "Prompted",
    "Reply",
    "Resolve",
    "SendCode",
    "SendPrompt",
    "Step",
    "Takeover",
    "TakeoverDone",
    "VerifyCode",
    "Wait",
]


class AnswerIn(StrEnum):
    """What the person answered."""

    APPROVED = "approved"
    DENIED = "denied"
    FRAUD = "fraud"


# events


@dataclass(frozen=True, slots=True)
class Arrived:
    """The request is there; nothing is known yet."""


@dataclass(frozen=True, slots=True)
class IdentityRead:
    """The directory was asked what the name stands for. ``throttled``: this service account failed moments ago."""

    identity: Identity | None
    service: bool = False
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """The store was read and the attempt's row inserted; ``credential`` is the keyed hash of the password."""

    snapshot: Snapshot
    credential: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordChecked:
    """The directory answered the bind."""

    verdict: PasswordVerdict


@dataclass(frozen=True, slots=True)
class CodeChecked:
    """The typed code was compared."""

    verdict: CodeVerdict


@dataclass(frozen=True, slots=True)
class Prompted:
    """The store was asked to open the challenge (and, where it did, the message was handed to a provider)."""

    outcome: PromptOutcome
    challenge: Challenge | None


@dataclass(frozen=True, slots=True)
class TakeoverDone:
    """The store was asked to change a challenge's owner."""

    outcome: TakeOverOutcome
    challenge: Challenge | None


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """The person answered. ``client_current``: the client that asked is still configured and allows the method."""

    answer: AnswerIn
    client_current: bool
    waiter_gone: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The logon is over for a reason from outside: deadline, gateway, another logon, this server."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Failed:
    """A part did not answer; nobody is let in."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Finished:
    """The store wrote (or refused to write) the end."""

    outcome: FinishOutcome


Event = (
    Arrived
    | IdentityRead
    | Begun
    | PasswordChecked
    | CodeChecked
    | Prompted
    | TakeoverDone
    | PersonAnswered
    | Ended
    | Failed
    | Finished
)

# steps


@dataclass(frozen=True, slots=True)
class Resolve:
    """Ask the directory what the name stands for."""

    name: str


@dataclass(frozen=True, slots=True)
class Begin:
    """Insert the attempt's row and read the person's state."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class CheckPassword:
    """Bind once as ``dn``."""

    dn: str


@dataclass(frozen=True, slots=True)
class VerifyCode:
    """Compare the typed code."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendPrompt:
    """Open the challenge, then ask the person."""

    method: Method
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SendCode:
    """Send a one-way code that is to be typed at the next try."""

    method: Method
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Takeover:
    """Become the owner of an identical logon's challenge."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for the person, holding nothing but this value."""

    row_id: UUID
    generation: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Conclude:
    """Write the end, then report how that went."""

    decision: Decision
    finish: Finish


@dataclass(frozen=True, slots=True)
class Reply:
    """Give the answer. ``audit``: whether a row has to be written still (nothing was begun)."""

    decision: Decision
    audit: bool = False


Step = Resolve | Begin | CheckPassword | VerifyCode | SendPrompt | SendCode | Takeover | Wait | Conclude | Reply
