"""What is known about one logon so far: the value that the pipeline carries from event to event."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from mfa_server.auth.attempt import LogonRequest, Method
from mfa_server.auth.decision import Decision
from mfa_server.auth.form import Credentials
from mfa_server.auth.ports import Identity, PasswordVerdict
from mfa_server.store.records import Challenge, Snapshot

__all__ = ["Attempt", "Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """How the logon ends if the store agrees."""

    decision: Decision

    @property
    def granted(self) -> bool:
        """Whether the end is a grant, which the store may still refuse."""
        return self.decision.granted


@dataclass(frozen=True, slots=True)
class Attempt:
    """One logon, from the gateway's request to our answer."""

    logon_id: UUID
    """Also the id of its audit row and of the row that ``begin`` inserts."""
    server: str
    """Id of the server that runs it."""
    started_at: datetime
    request: LogonRequest
    credentials: Credentials = field(default=Credentials(b""), repr=False)
    identity: Identity | None = None
    service: bool = False
    credential: bytes = field(default=b"", repr=False)
    """Keyed hash of user and password; empty until known."""
    snapshot: Snapshot | None = None
    verdict: PasswordVerdict | None = None
    method: Method | None = None
    challenge: Challenge | None = None
    begun: bool = False
    """The row was inserted: the end has to go through ``finish``."""
    rounds: int = 0
    """How often the person's state was read; a lost race reads it once more."""
    concluding: Known | None = None

    @property
    def row_id(self) -> UUID:
        """The row in the store: the challenge's once there is one, else the logon's own."""
        return self.challenge.attempt_id if self.challenge else self.logon_id

    @property
    def generation(self) -> int:
        """The row's ownership generation that this logon holds."""
        return self.challenge.generation if self.challenge else 0

    @property
    def epoch(self) -> int:
        """The security epoch that this logon began with."""
        if self.challenge:
            return self.challenge.epoch
        return self.snapshot.state.epoch if self.snapshot else 0

    def slim(self) -> "Attempt":
        """Return the value without password, snapshot and request body: what a waiting logon keeps."""
        return replace(
            self,
            credentials=Credentials(b""),
            request=replace(self.request, password=b"", searched_services=frozenset()),
            snapshot=None,
        )
