"""What the LDAP server needs from other rooms, as protocols beside their consumer.

``Logons`` decides binds, ``Clients`` knows the gateways, ``Relay`` passes searches on to the directory. Everything here
is called from the event loop's thread and calls back in it.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from mfa_server.auth.attempt import ClientPolicy, LogonRequest
from mfa_server.auth.decision import Decision
from mfa_server.auth.ports import Identity
from mfa_server.ldap import Attribute, Control, Frame

__all__ = [
    "Clients",
    "Logons",
    "Relay",
    "RelaySession",
    "RelaySink",
    "RootDse",
    "ServiceAccount",
    "ServiceAccounts",
    "Ticket",
    "Waiter",
]


class Waiter(Protocol):
    """Who is told how a logon ended."""

    def answer(self, decision: Decision) -> bool:
        """Answer the gateway; called exactly once. False: it cannot reach the gateway any more."""
        ...


class Ticket(Protocol):
    """A logon that was started, for the one who started it."""

    def abandon(self) -> None:
        """The gateway left: closed, unbound, or sent another bind. ``Waiter.answer`` is not called any more."""
        ...

    def undelivered(self) -> None:
        """The answer was given, but the connection broke before it can have arrived."""
        ...


class Logons(Protocol):
    """Decides binds (``mfa_server.login``)."""

    def start(self, request: LogonRequest, waiter: Waiter) -> Ticket:
        """Start one logon; ``waiter`` may be answered before this returns. Does not raise."""
        ...


class Clients(Protocol):
    """The gateways that may speak to this server (``mfa_server.auth.clients``)."""

    def candidates(self, address: str, listener: str) -> tuple[ClientPolicy, ...]:
        """Return the clients of the most specific range around an address; none: an unknown source."""
        ...

    def choose(self, candidates: tuple[ClientPolicy, ...], bind_name: str) -> ClientPolicy | None:
        """Tell clients that share a range apart by a connection's first bind; None: none fits."""
        ...


class RelaySink(Protocol):
    """Where the responses to one relayed request go; ``done`` or ``failed`` is the last call."""

    def entry(self, frame: Frame) -> None:
        """Take a SearchResultEntry."""
        ...

    def reference(self, frame: Frame) -> None:
        """Take a SearchResultReference."""
        ...

    def intermediate(self, frame: Frame) -> None:
        """Take an IntermediateResponse."""
        ...

    def done(self, frame: Frame) -> None:
        """Take the final response."""
        ...

    def failed(self, result_code: int, text: str) -> None:
        """Take the result code to answer with, since the directory will not."""
        ...


class RelaySession(Protocol):
    """The searches of one gateway connection under one verified credential."""

    def forward(self, frame: Frame, controls: Sequence[Control], sink: RelaySink) -> Any:
        """Pass a request on; the token is for ``abandon``. The sink may be called before this returns."""
        ...

    def abandon(self, token: Any) -> None:
        """Stop one request; its sink is not called any more. Safe on one that is over."""
        ...

    def pause(self) -> None:
        """Stop reading what comes for this session alone."""
        ...

    def resume(self) -> None:
        """Go on after ``pause``."""
        ...

    def close(self) -> None:
        """Stop all requests. Safe to repeat."""
        ...


class Relay(Protocol):
    """Passes requests on to the directory byte for byte (``mfa_server.directories``)."""

    def open(self, dn: str, password: bytes) -> RelaySession:
        """Open a session under a credential that the directory has just accepted; nothing is sent yet."""
        ...


class ServiceAccount(Protocol):
    """One service account of a client as the directory knows it."""

    @property
    def identity(self) -> Identity:
        """The directory's entry."""
        ...

    @property
    def visible(self) -> bool:
        """Whether searches show the entry."""
        ...


class ServiceAccounts(Protocol):
    """Finds the entries of a client's service accounts."""

    async def resolve(self, policy: ClientPolicy) -> Sequence[ServiceAccount]:
        """Return the entries. Raises DirectoryUnavailableError when that cannot be told for each of them."""
        ...


class RootDse(Protocol):
    """What gateways may read of the directory's root DSE (RFC 4512 §5.1)."""

    async def __call__(self) -> Sequence[Attribute]:
        """Return the attributes to show. Raises DirectoryUnavailableError."""
        ...
