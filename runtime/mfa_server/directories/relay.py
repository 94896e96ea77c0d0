"""Passing a gateway's own searches on to the directory, byte for byte, under the very credential it has proved.

The LDAP server opens a ``RelaySession`` for a connection whose bind was granted, and hands it the frames of searches and
compares; responses come back as frames for ``ldap.ServerSession.forward``. Connections are shared by all sessions of one
identity, an identity being a DN and its password: two credentials never meet on one connection. A request whose controls
keep state at the directory, or are not known to be free of it, goes over a connection that belongs to its session alone.
"""

import asyncio
import hashlib
import hmac
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from mfa_server.clock import Randomness
from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.controls import keeps_state
from mfa_server.directories.servers import Servers
from mfa_server.directories.shared import BindKind, Credential, SharedConnections, SharedLimits, SharedRequest
from mfa_server.ldap import Control, Frame, ResultCode, Tag

__all__ = ["RelaySession", "RelaySink", "RelayToken", "SearchRelay"]

_SILENCE_SECONDS: Final = 60.0
"""How long the directory may say nothing about a passed-on request: searches without an index take their time."""
_MAX_IDENTITIES: Final = 64
_MAX_LEASED: Final = 256


class RelaySink(Protocol):
    """Who receives the outcome of one request. Called from the loop; must not block.

    ``done`` or ``failed`` is the last call. Frames carry the directory's message id: pass them to
    ``ServerSession.forward``, which puts the client's in. A sink that does not keep up calls ``RelaySession.abandon``.
    """

    def entry(self, frame: Frame) -> None:
        """Take a SearchResultEntry; ``ldap.entry_dn(frame.operation)`` reads its name."""
        ...

    def reference(self, frame: Frame) -> None:
        """Take a SearchResultReference (RFC 4511 §4.5.3): it names the directory's own servers."""
        ...

    def intermediate(self, frame: Frame) -> None:
        """Take an IntermediateResponse (RFC 4511 §4.13)."""
        ...

    def done(self, frame: Frame) -> None:
        """Take the final response, whatever its result: SearchResultDone or CompareResponse."""
        ...

    def failed(self, result_code: int, text: str) -> None:
        """Answer the request with ``result_code``: 49 the credential is not accepted any more, 51 busy, 52 unavailable."""
        ...


class RelayToken:
    """One request that was passed on; names it to ``RelaySession.abandon``."""

    __slots__ = ("_over", "_sink", "connections", "request")

    def __init__(self, frame: Frame, sink: RelaySink, timeout_seconds: float, over: "set[RelayToken]") -> None:
        self.request = SharedRequest(frame, self, timeout_seconds)
        self._sink = sink
        self._over = over
        self.connections: SharedConnections | None = None

    def response(self, frame: Frame, *, final: bool) -> None:
        """Sort a response by its kind."""
        if final:
            self._over.discard(self)
            self._sink.done(frame)
        elif frame.tag == Tag.SEARCH_RESULT_ENTRY:
            self._sink.entry(frame)
        elif frame.tag == Tag.SEARCH_RESULT_REFERENCE:
            self._sink.reference(frame)
        else:
            self._sink.intermediate(frame)

    def failed(self, result_code: int, text: str) -> None:
        """End without an answer of the directory's."""
        self._over.discard(self)
        self._sink.failed(result_code, text)


class _Identity:
    """One credential: its shared connections and how many sessions use them."""

    __slots__ = ("connections", "credential", "key", "sessions", "timer")

    def __init__(self, key: tuple[str, bytes], credential: Credential, connections: SharedConnections) -> None:
        self.key = key
        self.credential = credential
        self.connections = connections
        self.sessions = 0
        self.timer: asyncio.TimerHandle | None = None


class RelaySession:
    """What one client connection may ask under its credential; made by ``SearchRelay.open``.

    Nothing here waits: outcomes go to sinks. ``close`` when the client leaves or binds again.
    """

    def __init__(self, relay: "SearchRelay", identity: _Identity | None) -> None:
        self._relay = relay
        self._identity = identity
        self._leased: SharedConnections | None = None
        self._tokens: set[RelayToken] = set()
        self._closed = False

    def forward(self, frame: Frame, controls: Sequence[Control], sink: RelaySink) -> RelayToken:
        """Pass one search or compare on as it is; ``controls`` are its decoded controls.

        ``sink`` may be called before this returns. The caller has decided that the request may pass.
        """
        stateful = keeps_state(controls)
        token = RelayToken(frame, sink, math.inf if stateful else _SILENCE_SECONDS, self._tokens)
        self._tokens.add(token)
        identity = self._identity
        if self._closed:
            token.failed(ResultCode.UNAVAILABLE, "the session was closed")
        elif identity is None:
            token.failed(ResultCode.BUSY, "too many different accounts search at once")
        elif stateful and self._lease(identity) is None:
            token.failed(ResultCode.BUSY, "too many connections are held by searches with state")
        else:
            token.connections = (self._leased if stateful else None) or identity.connections
            self._relay.count_search()
            token.connections.submit(token.request)
        return token

    def abandon(self, token: RelayToken) -> None:
        """Give a request up, at the directory as well; its sink is not called any more. Safe on one that is over."""
        self._tokens.discard(token)
        if token.connections is not None:
            token.connections.cancel(token.request)

    def pause(self) -> None:
        """Stop reading what comes over this session's own connection, if it has one; shared ones are never paused."""
        for connection in self._own_connections():
            connection.pause_reading()

    def resume(self) -> None:
        """Go on after ``pause``."""
        for connection in self._own_connections():
            connection.resume_reading()

    def close(self) -> None:
        """Give everything up. Sinks are not called any more. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        for token in list(self._tokens):
            self.abandon(token)
        if self._leased is not None:
            self._leased.close()
        if self._identity is not None:
            self._relay.release(self._identity, leased=self._leased is not None)

    def _own_connections(self) -> tuple[LdapConnection, ...]:
        return () if self._leased is None else self._leased.connections

    def _lease(self, identity: _Identity) -> SharedConnections | None:
        if self._leased is None:
            self._leased = self._relay.lease(identity.credential)
        return self._leased


class SearchRelay:
    """Opens relay sessions. At most 64 credentials are kept; one that nobody uses gives way, oldest first.

    ``randomness`` makes the key under which passwords are told apart without being compared or shown.
    """

    def __init__(self, servers: Servers, randomness: Randomness, limits: SharedLimits = SharedLimits()) -> None:  # noqa: B008 - frozen
        self._servers = servers
        self._limits = limits
        self._key = randomness.token_bytes(32)
        self._identities: OrderedDict[tuple[str, bytes], _Identity] = OrderedDict()
        self._leases = 0

    @property
    def identities(self) -> int:
        """How many credentials have connections or may have them soon."""
        return len(self._identities)

    def open(self, dn: str, password: bytes) -> RelaySession:
        """Begin to relay for a client whose bind as ``dn`` with ``password`` the directory has just accepted."""
        key = (dn, hmac.digest(self._key, password, hashlib.sha256))
        identity = self._identities.get(key)
        if identity is None:
            if len(self._identities) >= _MAX_IDENTITIES and not self._evict():
                return RelaySession(self, None)
            credential = Credential(dn, password, BindKind.SEARCH)
            identity = _Identity(key, credential, SharedConnections(self._servers, credential, self._limits))
            self._identities[key] = identity
        self._identities.move_to_end(key)
        identity.sessions += 1
        if identity.timer is not None:
            identity.timer.cancel()
            identity.timer = None
        identity.connections.accept_again()
        return RelaySession(self, identity)

    def close(self) -> None:
        """Close every shared connection; sessions get 52 from here on."""
        for identity in list(self._identities.values()):
            self._drop(identity)

    def count_search(self) -> None:
        """Count one request that was passed on."""
        self._servers.counters.searches += 1

    def lease(self, credential: Credential) -> SharedConnections | None:
        """Make a connection for one session alone; None: too many are held already."""
        if self._leases >= _MAX_LEASED:
            return None
        self._leases += 1
        return SharedConnections(
            self._servers, credential, replace(self._limits, connections=1, attempts=1, idle_seconds=math.inf)
        )

    def release(self, identity: _Identity, *, leased: bool) -> None:
        """Take a closed session back."""
        identity.sessions -= 1
        self._leases -= leased
        if identity.sessions == 0 and self._identities.get(identity.key) is identity:
            loop = asyncio.get_running_loop()
            identity.timer = loop.call_later(self._limits.idle_seconds, self._drop, identity)

    def _drop(self, identity: _Identity) -> None:
        """Forget a credential that nobody uses any more."""
        if identity.timer is not None:
            identity.timer.cancel()
        self._identities.pop(identity.key, None)
        identity.connections.close()

    def _evict(self) -> bool:
        for identity in self._identities.values():
            if identity.sessions == 0:
                self._drop(identity)
                return True
        return False
