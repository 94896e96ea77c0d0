"""How many connections and for how long: the numbers a front end is bounded by, and who counts them.

Descriptors are the hard limit: one for each connection, a reserve for the directory, the store and log files. A source
that we know may hold at most half of all connections, since often one gateway is all there is, but never all of them.
"""

import resource
from collections import Counter
from dataclasses import dataclass

__all__ = ["ConnectionLimits", "Connections", "LdapTimeouts", "connection_limits", "raise_descriptor_limit"]

DESCRIPTOR_RESERVE = 200
"""Descriptors kept for everything but clients: pools to the directory, the store, listeners, logs."""

MOST_CONNECTIONS = 20_000
"""Connections of one process where descriptors allow more: pending TLS binds of about 500 MB."""

FEWEST_CONNECTIONS = 64
"""What is accepted however few descriptors there are."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The most connections of one process, over all sources and from each."""

    total: int
    per_source: int


@dataclass(frozen=True, slots=True)
class LdapTimeouts:
    """Seconds after which a connection that does nothing is closed; a bind that waits for a person has none of them."""

    handshake: float = 10
    """From the connection (or the StartTLS answer) to the end of the TLS handshake."""
    message: float = 10
    """To the first complete message, and from a message's first octet to its last."""
    idle_unbound: float = 30
    idle_bound: float = 900
    """Longer than gateways' keep-alive; Active Directory's own MaxConnIdleTime."""
    closing: float = 5
    """From our close to a hard one, for a peer that does not read what was sent before it."""


def raise_descriptor_limit() -> int:
    """Raise this process's soft limit of descriptors to the hard one and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return MOST_CONNECTIONS * 2 if hard == resource.RLIM_INFINITY else hard


def connection_limits(descriptors: int) -> ConnectionLimits:
    """Return the limits for a process that may hold ``descriptors`` files open."""
    total = max(FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, descriptors - DESCRIPTOR_RESERVE))
    return ConnectionLimits(total=total, per_source=total // 2)


class Connections:
    """Counts the open connections of each source against the limits."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.total = 0
        self._sources: Counter[str] = Counter()

    def of(self, source: str) -> int:
        """How many connections of this address are open."""
        return self._sources.get(source, 0)

    def admit(self, source: str) -> bool:
        """Count one more connection from an address, or return False: over a limit, nothing counted."""
        if self.total >= self.limits.total or self.of(source) >= self.limits.per_source:
            return False
        self.total += 1
        self._sources[source] += 1
        return True

    def leave(self, source: str) -> None:
        """Count one that was admitted as gone."""
        self.total -= 1
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]
