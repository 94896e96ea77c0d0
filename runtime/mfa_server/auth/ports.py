"""What a logon needs from outside, as protocols beside their consumer.

``Directory`` knows passwords, ``Notifier`` reaches a phone, ``Peers`` reaches the other servers of the group. Each raises only
the errors named here; an implementation translates everything else.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from mfa_server.auth.attempt import ClientPolicy
from mfa_server.errors import MfaError
from mfa_server.store.records import Snapshot, TokenUse, User

__all__ = [
    "CodeFactor",
    "CodeOutcome",
    "CodeVerdict",
    "Directory",
    "DirectoryUnavailableError",
    "Identity",
    "NotSentError",
    "Notifier",
    "PasswordVerdict",
    "PeerUnreachableError",
    "Peers",
    "PromptFactor",
    "Question",
    "TextMessage",
]


class DirectoryUnavailableError(MfaError):
    """No directory server could be asked. The password may or may not have been seen; nobody is let in."""

    code = "directoryUnavailable"


class NotSentError(MfaError):
    """No provider accepted the message."""

    code = "notSent"


class PeerUnreachableError(MfaError):
    """The other server does not answer."""

    code = "peerUnreachable"


@dataclass(frozen=True, slots=True)
class Identity:
    """One directory entry that a bind name stands for."""

    user_id: str
    """The immutable id: canonical text of ``objectGUID`` or ``entryUUID``."""
    dn: str
    """The DN as the directory writes it: the name every password check uses."""
    dn_key: str
    """The DN normalised for comparison."""
    username: str
    upn: str = ""
    lockout_threshold: int | None = None
    """Wrong passwords after which the directory locks this account; 0: never; None: could not be read."""


@dataclass(frozen=True, slots=True)
class PasswordVerdict:
    """The directory's answer to one bind, exactly as it came."""

    accepted: bool
    code: int = 0
    """LDAP result code (RFC 4511 §4.1.9)."""
    matched_dn: str = ""
    diagnostic: str = ""

    @property
    def sub_code(self) -> str:
        """Active Directory's sub-code (``52e``, ``773`` …) out of the diagnostic text, or empty."""
        _, found, rest = self.diagnostic.partition(", data ")
        return rest.split(",", 1)[0].strip().lower() if found else ""


class Directory(Protocol):
    """The one that knows the passwords."""

    async def resolve(self, name: str) -> Identity | None:
        r"""Return the single entry that a DN, UPN or DOMAIN\\user stands for; None for no entry, several, or another form.

        Raises DirectoryUnavailableError.
        """
        ...

    async def check_password(self, dn: str, password: bytes) -> PasswordVerdict:
        """Bind once as ``dn``; never retried once the request may have been seen. Raises DirectoryUnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One text to one phone. ``body`` may hold a code: it appears in no repr."""

    number: str
    """E.164."""
    body: str = field(repr=False)
    user: str = ""
    """The user's name, for the provider's own log."""


class Notifier(Protocol):
    """Delivers messages through the providers of the server group, in order."""

    async def send_text(self, message: TextMessage) -> None:
        """Hand the message to the first provider that takes it. Raises NotSentError."""
        ...


class Peers(Protocol):
    """The other servers of the group (and this machine's other processes), addressed by server id."""

    async def superseded(self, owner: str, attempt_id: UUID, generation: int, reason: str) -> None:
        """Tell a server that its waiter of ``generation`` lost the logon. Raises PeerUnreachableError."""
        ...

    async def deliver_code(self, owner: str, attempt_id: UUID, code: str, actor: str) -> str:
        """Bring a reply to the server whose logon waits; returns its ``ReplyOutcome`` value. Raises PeerUnreachableError."""
        ...


class CodeOutcome(StrEnum):
    """How a typed code compared."""

    ACCEPTED = "accepted"
    USED = "used"
    """Right, but accepted once already."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class CodeVerdict:
    """The comparison's outcome and, where accepted, what the finishing statement has to consume."""

    outcome: CodeOutcome
    method: str = ""
    token_use: TokenUse | None = None
    sent_code: UUID | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a prompt asks, made before it is sent. ``code_hash`` goes into the challenge; the message never does."""

    code_hash: bytes = field(repr=False)
    message: TextMessage


class CodeFactor(Protocol):
    """A factor whose codes may be typed after the password."""

    def verify(self, code: str, snapshot: Snapshot, policy: ClientPolicy, now: datetime) -> CodeVerdict:
        """Compare without early exit; WRONG where this factor knows no such code."""
        ...


class PromptFactor(Protocol):
    """A factor that asks a person out of band."""

    def usable(self, user: User) -> bool:
        """Whether this person can be reached this way."""
        ...

    def question(self, user: User, policy: ClientPolicy, context: str, *, one_way: bool) -> Question:
        """Make a code and the message. ``context`` binds the code's hash to its row."""
        ...

    def matches(self, code: str, code_hash: bytes, context: str) -> bool:
        """Compare a reply in constant time."""
        ...

    async def send(self, question: Question) -> None:
        """Hand the message over. Raises NotSentError."""
        ...
