"""What all connections of one LDAP server share: settings, the rooms behind it, timers, limits, counters."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from mfa_server.clock import Clock
from mfa_server.ldap import ServerLimits
from mfa_server.servers.limits import ConnectionLimits, Connections, LdapTimeouts
from mfa_server.servers.own_answers import RootDseReader
from mfa_server.servers.ports import Clients, Logons, Relay, RootDse, ServiceAccounts
from mfa_server.servers.timers import TimerWheel
from mfa_server.servers.tls import HandshakeGate

__all__ = [
    "LdapFront",
    "LdapParts",
    "LdapSettings",
    "LdapStats",
    "Listener",
    "ListenerKind",
    "ListenerSettings",
    "OpenConnection",
]

MOST_REFUSED_ADDRESSES = 1024
"""Addresses counted one by one; what comes from further ones is counted under ``other``."""


class ListenerKind(StrEnum):
    """How TLS begins, named as in the manifests (``match.listener``)."""

    LDAP = "LDAP"
    """In the clear; TLS by StartTLS."""
    LDAPS = "LDAPS"
    """From the first octet."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Where one listener is. ``host`` is an address; ``::`` takes IPv4 as well. Port 0: one that is free (tests)."""

    kind: ListenerKind
    port: int
    host: str = "::"


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """One LDAP server. ``limits`` of None follow from the process's descriptors."""

    listeners: tuple[ListenerSettings, ...]
    timeouts: LdapTimeouts = field(default_factory=LdapTimeouts)
    limits: ConnectionLimits | None = None
    session: ServerLimits = field(default_factory=ServerLimits)
    handshakes: int = 64
    """TLS handshakes at once."""
    backlog: int = 1024
    """Connections the kernel keeps for us; it caps this at ``net.core.somaxconn``."""


@dataclass(frozen=True, slots=True)
class LdapParts:
    """The rooms behind an LDAP server, and where it reports a source that no client covers."""

    logons: Logons
    relay: Relay
    service_accounts: ServiceAccounts
    root_dse: RootDse
    on_refused: Callable[[str], None] | None = None
    """Called with the address of each connection closed because no client covers it."""


@dataclass(slots=True)
class LdapStats:
    """Plain counters since the start; whoever exports them reads them."""

    connections: int = 0
    connections_over_limit: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Connections from sources that no client covers, by address."""
    handshakes_failed: int = 0
    handshakes_done: int = 0
    binds: int = 0
    binds_without_client: int = 0
    searches: int = 0
    requests_refused: int = 0
    entries_hidden: int = 0
    protocol_errors: int = 0
    timeouts: int = 0
    unread: int = 0
    """Connections cut because the client did not read."""
    undelivered: int = 0

    def refuse(self, address: str) -> None:
        """Count one connection from an unknown source."""
        known = address in self.refused or len(self.refused) < MOST_REFUSED_ADDRESSES
        self.refused[address if known else "other"] += 1


class Listener:
    """One listener as its connections see it; ``context`` may be replaced while it serves."""

    __slots__ = ("context", "settings")

    def __init__(self, settings: ListenerSettings, context: ssl.SSLContext) -> None:
        self.settings = settings
        self.context = context

    @property
    def kind(self) -> ListenerKind:
        """How TLS begins."""
        return self.settings.kind


class OpenConnection(Protocol):
    """A connection as the server sees it."""

    def drain(self) -> None:
        """Leave now if nothing is outstanding, else when nothing is."""
        ...

    def cut(self) -> None:
        """Answer what waits and leave now."""
        ...


class LdapFront:
    """Shared by every connection; ``clients`` is replaced by a reload."""

    def __init__(self, settings: LdapSettings, parts: LdapParts, clients: Clients, clock: Clock) -> None:
        self.settings = settings
        self.parts = parts
        self.clients = clients
        self.clock = clock
        self.wheel = TimerWheel(clock)
        self.gate = HandshakeGate(settings.handshakes)
        self.counts = Connections(settings.limits or ConnectionLimits(0, 0))
        self.stats = LdapStats()
        self.root_dse = RootDseReader(parts.root_dse, clock)
        self.connections: set[OpenConnection] = set()
        self.draining = False
        self.empty = asyncio.Event()
        """Set when the last connection of a server that drains is gone."""
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()

    def add(self, connection: OpenConnection, source: str) -> bool:
        """Count a connection in; False: over a limit."""
        if not self.counts.admit(source):
            self.stats.connections_over_limit += 1
            return False
        self.stats.connections += 1
        self.connections.add(connection)
        return True

    def remove(self, connection: OpenConnection, source: str) -> None:
        """Count a connection out."""
        self.counts.leave(source)
        self.connections.discard(connection)
        if self.draining and not self.connections:
            self.empty.set()
