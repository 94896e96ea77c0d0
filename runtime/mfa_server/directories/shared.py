"""Connections that are bound as one identity and shared by many searches, told apart by message id.

A connection here belongs to the identity it was bound as and to no other; it binds again by itself after it was lost,
and when the directory refuses that bind, searches fail: nothing ever goes out under somebody else's name. A request
whose connection is lost before anything came back is sent once more, since it only reads.
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Protocol

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.errors import ConnectionLostError, OwnBindRefusedError
from mfa_server.directories.servers import Servers
from mfa_server.ldap import Frame
from mfa_server.ldap.results import ResultCode

__all__ = ["BindKind", "Credential", "SharedConnections", "SharedLimits", "SharedRequest", "SharedSink"]


class BindKind(Enum):
    """Which counter a bind goes to."""

    SEARCH = auto()
    OWN = auto()


@dataclass(frozen=True, slots=True)
class Credential:
    """Whom connections are bound as."""

    name: str
    password: bytes = field(repr=False)
    kind: BindKind


@dataclass(frozen=True, slots=True)
class SharedLimits:
    """How much goes over the connections of one identity."""

    connections: int = 4
    in_flight: int = 64
    """Per connection. OpenLDAP ends a session above 1,000 (100 for an anonymous one)."""
    queued: int = 1024
    attempts: int = 2
    """How often a request may be sent; 1 where the connection holds state."""
    idle_seconds: float = 100.0
    """Below the 120 s after which Active Directory ends a connection it has not heard from (InitRecvTimeout)."""
    refused_seconds: float = math.inf
    """How long a refused bind is not repeated: each repetition counts towards the account's lock-out."""


_DEFAULT_LIMITS: Final = SharedLimits()
_REAP_SECONDS: Final = 20.0
_HANGING: Final = 4
"""Connections there may be for each allowed one, with those that are not used any more and not yet given up."""


class SharedSink(Protocol):
    """Who waits for a request's outcome."""

    def response(self, frame: Frame, *, final: bool) -> None:
        """Take one response; after the final one nothing more comes."""
        ...

    def failed(self, result_code: int, text: str) -> None:
        """Learn that the directory could not be asked: 49 the credential is not accepted any more, 51 busy, 52 unavailable."""
        ...


class SharedRequest:
    """One request on its way. Made by whoever asks, handed to ``SharedConnections.submit``."""

    __slots__ = ("answered", "attempts", "connection", "frame", "message_id", "over", "owner", "sink", "timeout")

    def __init__(self, frame: Frame, sink: SharedSink, timeout_seconds: float) -> None:
        self.frame = frame
        self.sink = sink
        self.timeout = timeout_seconds
        self.owner: SharedConnections | None = None
        self.connection: LdapConnection | None = None
        self.message_id = 0
        self.attempts = 0
        self.answered = False
        self.over = False

    def response(self, frame: Frame, *, final: bool) -> None:
        """Hand one response on."""
        self.answered = True
        if final:
            self.over = True
        self.sink.response(frame, final=final)
        if final and self.owner is not None:
            self.owner.freed()

    def lost(self, error: ConnectionLostError) -> None:
        """Send once more if nothing came back yet, else fail."""
        self.connection = None
        owner = self.owner
        if owner is not None and not self.answered and self.attempts < owner.limits.attempts:
            owner.submit(self)
        else:
            self.fail(ResultCode.UNAVAILABLE, error.message)

    def fail(self, result_code: int, text: str) -> None:
        """End without an answer, once."""
        if not self.over:
            self.over = True
            self.sink.failed(result_code, text)


class SharedConnections:
    """The connections of one identity. All methods but ``close`` return at once; call them from the loop."""

    def __init__(self, servers: Servers, credential: Credential, limits: SharedLimits = _DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._servers = servers
        self._credential = credential
        self._connections: list[LdapConnection] = []
        self._queue: deque[SharedRequest] = deque()
        self._opening: asyncio.Task[None] | None = None
        self._refused: tuple[int, str] | None = None
        self._refused_until = 0.0
        self._reaper: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether any request is on its way."""
        return bool(self._queue) or any(connection.in_flight for connection in self._connections)

    @property
    def connections(self) -> tuple[LdapConnection, ...]:
        """The connections that are open and bound."""
        return tuple(self._connections)

    def accept_again(self) -> None:
        """Forget that the directory refused the credential: it has just been checked elsewhere and is right."""
        self._refused = None

    def submit(self, request: SharedRequest) -> None:
        """Send a request now or as soon as a connection is there; its sink is called until it is over."""
        request.owner = self
        if self._closed:
            request.fail(ResultCode.UNAVAILABLE, "the connection to the directory was closed")
        elif self._refused is not None and self._servers.clock.monotonic() < self._refused_until:
            request.fail(*self._refused)
        elif len(self._queue) >= self.limits.queued:
            request.fail(ResultCode.BUSY, "too many requests wait for the directory")
        else:
            self._servers.tend()
            self._queue.append(request)
            self._pump()

    def cancel(self, request: SharedRequest) -> None:
        """Give a request up; its sink is not called any more. Without effect on one that is over."""
        if request.over:
            return
        request.over = True
        if request.connection is not None:
            request.connection.abandon(request.message_id)
            self.freed()
        elif request in self._queue:
            self._queue.remove(request)

    def freed(self) -> None:
        """Note that a connection may have room again."""
        if self._queue:
            self._pump()

    def close(self) -> None:
        """Close every connection; what is on its way fails with 52."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        if self._opening is not None:
            self._opening.cancel()
        self._fail_queue(ResultCode.UNAVAILABLE, "the connection to the directory was closed")
        for connection in list(self._connections):
            connection.close()

    # Inside -----------------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        while self._queue:
            connection = self._with_room()
            if connection is None:
                break
            request = self._queue.popleft()
            request.attempts += 1
            try:
                request.message_id = connection.forward(request.frame, request, request.timeout)
                request.connection = connection
                connection.idle_since = self._servers.clock.monotonic()
            except ConnectionLostError as error:
                request.fail(ResultCode.UNAVAILABLE, error.message)
        if self._queue and self._opening is None and self._may_open():
            self._opening = asyncio.get_running_loop().create_task(self._open())

    def _with_room(self) -> LdapConnection | None:
        for connection in self._connections:
            if not connection.closed and connection.in_flight < self.limits.in_flight and self._trusted(connection):
                return connection
        return None

    def _may_open(self) -> bool:
        """Whether another connection is allowed; those that hang count up to a bound of their own."""
        trusted = sum(map(self._trusted, self._connections))
        return trusted < self.limits.connections and len(self._connections) < self.limits.connections * _HANGING

    def _trusted(self, connection: LdapConnection) -> bool:
        """Whether more may go over it: a server that went silent would let every search hang until its own time is over."""
        if self.limits.idle_seconds == math.inf:
            return True  # it holds state, which is nowhere else
        if connection.stalled:
            return False
        return self._servers.is_alive(connection.server) or not self._servers.any_alive

    async def _open(self) -> None:
        try:
            connection = await self._open_bound()
        except OwnBindRefusedError as error:
            self._refused = (_code_for(error.result_code), error.message)
            self._refused_until = self._servers.clock.monotonic() + self.limits.refused_seconds
            self._opening = None
            self._fail_queue(*self._refused)
            return
        except DirectoryUnavailableError as error:
            self._opening = None
            self._fail_queue(ResultCode.UNAVAILABLE, error.message)
            return
        except BaseException:
            self._opening = None
            self._fail_queue(ResultCode.UNAVAILABLE, "the connection to the directory was given up")
            raise
        self._opening = None
        self._refused = None
        self._connections.append(connection)
        connection.idle_since = self._servers.clock.monotonic()
        connection.on_end.append(self._gone)
        self._watch_idle()
        self._pump()

    def _gone(self, connection: LdapConnection) -> None:
        self._connections.remove(connection)
        self.freed()

    async def _open_bound(self) -> LdapConnection:
        connection = await self._servers.connect()
        counters = self._servers.counters
        if self._credential.kind is BindKind.OWN:
            counters.own_binds += 1
        else:
            counters.search_binds += 1
        result = await connection.bind(self._credential.name, self._credential.password)
        if result.result_code == ResultCode.SUCCESS:
            return connection
        connection.close()
        raise OwnBindRefusedError(
            f"{connection.server} refuses {self._credential.name!r} with result {result.result_code}"
            f" ({result.diagnostic_message[:200]})",
            result_code=result.result_code,
        )

    def _fail_queue(self, result_code: int, text: str) -> None:
        waiting, self._queue = self._queue, deque()
        for request in waiting:
            request.fail(result_code, text)

    def _watch_idle(self) -> None:
        if self._reaper is None and not self._closed:
            self._reaper = asyncio.get_running_loop().call_later(_REAP_SECONDS, self._reap)

    def _reap(self) -> None:
        self._reaper = None
        self.close_idle(self._servers.clock.monotonic())
        if self._connections:
            self._watch_idle()

    def close_idle(self, now: float) -> None:
        """Close connections that did nothing for ``idle_seconds``, and idle ones to a server that is second choice now."""
        if self.limits.idle_seconds == math.inf:
            return  # it holds state for somebody, for as long as he stays
        for connection in list(self._connections):
            if connection.in_flight:
                connection.idle_since = now
            elif now - connection.idle_since >= self.limits.idle_seconds or not self._servers.is_preferred(
                connection.server
            ):
                connection.close()


def _code_for(result_code: int) -> int:
    """49 where the directory says so; any other refusal tells a gateway nothing about the password: 52."""
    return ResultCode.INVALID_CREDENTIALS if result_code == ResultCode.INVALID_CREDENTIALS else ResultCode.UNAVAILABLE
