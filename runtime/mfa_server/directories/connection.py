"""One connection to a directory server: requests go out, raw responses come back to whoever asked.

A connection is used in one of two ways and never mixes them: for password checks, one bind at a time, or bound once and
then for searches, many at a time. Responses are handed on as frames, undecoded: most of them belong to a gateway.
``connect`` makes connections; ``pool`` and ``shared`` own them. What may be sent when is ``ldap.ClientSession``'s work.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from typing_extensions import override

from mfa_server.directories.errors import ConnectionLostError
from mfa_server.directories.settings import ServerAddress
from mfa_server.ldap import ClientSession, Control, Frame, LDAPResult
from mfa_server.ldap.events import (
    BindAnswered,
    ClientEvent,
    ProtocolViolated,
    ResponseReceived,
    StartTlsAnswered,
    UnsolicitedNotification,
)

__all__ = ["LdapConnection", "ResponseSink"]


class ResponseSink(Protocol):
    """Who waits for the responses to one request. Called from the loop; must not block."""

    def response(self, frame: Frame, *, final: bool) -> None:
        """Take one response; after the final one nothing more comes."""
        ...

    def lost(self, error: ConnectionLostError) -> None:
        """Learn that no further response comes. The last call."""
        ...


class _Waiting:
    """A request in flight and the timer that watches its server's silence."""

    __slots__ = ("sink", "timeout", "timer", "touched")

    def __init__(self, sink: ResponseSink, timeout: float, touched: float) -> None:
        self.sink = sink
        self.timeout = timeout
        self.touched = touched
        self.timer: asyncio.TimerHandle | None = None


class LdapConnection(asyncio.Protocol):
    """The connection itself. Those in ``on_end`` are called once, after every operation in flight has been told.

    ``timeout_seconds`` is how long the server may stay silent about a bind, and about a request unless told otherwise.
    """

    def __init__(self, server: ServerAddress, timeout_seconds: float, *, tls: bool) -> None:
        self.server = server
        self.timeout_seconds = timeout_seconds
        self.on_end: list[Callable[[LdapConnection], None]] = []
        self.silent = False
        """Whether it was given up because the server answered nothing at all."""
        self.idle_since = 0.0
        """When its owner put it aside, by the owner's clock."""
        self.bind_controls: tuple[Control, ...] = ()
        """What came with the answer to the newest bind."""
        self.gone = asyncio.Event()
        """Set once the socket is closed as well."""
        self._loop = asyncio.get_running_loop()
        self._session = ClientSession(tls=tls)
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._answer: asyncio.Future[LDAPResult] | None = None
        self._received_at = 0.0
        self._ended = False

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._ended

    @property
    def in_flight(self) -> int:
        """Requests that wait for their last response."""
        return self._session.in_flight

    @property
    def stalled(self) -> bool:
        """Whether a request waits and nothing at all has come for ``timeout_seconds``: nothing more belongs here."""
        oldest = next(iter(self._waiting.values()), None)
        if oldest is None:
            return False
        return self._loop.time() - max(self._received_at, oldest.touched) >= self.timeout_seconds

    # Requests ---------------------------------------------------------------------------------------------------------

    def forward(self, frame: Frame, sink: ResponseSink, timeout_seconds: float) -> int:
        """Send a request as it is under a message id of this connection; returns that.

        ``timeout_seconds`` of silence about it are borne, ``math.inf`` for any. Raises ConnectionLostError with
        ``possibly_processed`` false when the connection is closed: nothing was sent.
        """
        transport = self._open_transport()
        message_id, request = self._session.forward(frame)
        waiting = _Waiting(sink, timeout_seconds, self._loop.time())
        if timeout_seconds != math.inf:
            waiting.timer = self._loop.call_later(timeout_seconds, self._check_silence, message_id)
        self._waiting[message_id] = waiting
        transport.write(request)
        return message_id

    def abandon(self, message_id: int) -> None:
        """Stop waiting for a request and tell the server so (RFC 4511 §4.11). Without effect on one that has ended."""
        if self._forget(message_id) is not None and not self._ended and self._transport is not None:
            self._transport.write(self._session.abandon(message_id))

    async def bind(self, name: str, password: bytes, controls: Sequence[Control] = ()) -> LDAPResult:
        """Bind and return the server's result, whatever it is; its controls are in ``bind_controls`` then.

        Nothing else may be in flight. Raises ConnectionLostError. One that is cancelled closes the connection, since its answer is still to come.
        """
        transport = self._open_transport()
        _, request = self._session.bind(name, password, controls)
        transport.write(request)
        return await self._answered()

    async def start_tls(self) -> LDAPResult:
        """Ask for TLS (RFC 4511 §4.14) and return the answer. Raises ConnectionLostError."""
        transport = self._open_transport()
        _, request = self._session.start_tls()
        transport.write(request)
        return await self._answered()

    def upgrade(self) -> asyncio.Transport:
        """Return the plain transport for the handshake. Raises ConnectionLostError when the server did not wait for it."""
        return self._open_transport()

    def upgraded(self, transport: asyncio.Transport) -> None:
        """Go on over the protected transport."""
        self._transport = transport
        self._session.tls_started()

    # End --------------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Say goodbye (RFC 4511 §4.3) and close. Operations in flight are told. Safe to repeat."""
        if not self._ended and self._transport is not None and self._session.tls:
            self._transport.write(self._session.unbind())
        self._end(f"the connection to {self.server} was closed")

    def abort(self) -> None:
        """Close the socket at once, whatever is still to be written."""
        self._end(f"the connection to {self.server} was closed")
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        """Let the server wait: for a connection that serves one client only, which does not keep up."""
        if self._transport is not None and not self._ended:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on after ``pause_reading``."""
        if self._transport is not None and not self._ended:
            self._transport.resume_reading()

    # asyncio.Protocol -------------------------------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # what a stream protocol is given
        self._received_at = self._loop.time()

    @override
    def data_received(self, data: bytes) -> None:
        self._received_at = self._loop.time()
        for event in self._session.receive(data):
            if self._ended:
                return
            self._handle(event)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"the connection to {self.server} ended: {exc or 'the server closed it'}")
        self.gone.set()

    # Inside -----------------------------------------------------------------------------------------------------------

    def _open_transport(self) -> asyncio.Transport:
        if self._ended or self._transport is None:
            raise ConnectionLostError(f"the connection to {self.server} is closed", possibly_processed=False)
        return self._transport

    def _handle(self, event: ClientEvent) -> None:
        match event:
            case ResponseReceived():
                self._respond(event)
            case BindAnswered():
                self.bind_controls = event.controls
                self._settle(event.response.result)
            case StartTlsAnswered():
                self._settle(event.result)
            case UnsolicitedNotification():
                if event.is_disconnection:
                    self._end(f"{self.server} gave notice that it disconnects ({event.response.result.result_code})")
            case ProtocolViolated():
                self._end(f"{self.server} broke the protocol: {event.error}")

    def _respond(self, event: ResponseReceived) -> None:
        waiting = self._forget(event.message_id) if event.final else self._waiting.get(event.message_id)
        if waiting is not None:
            waiting.touched = self._received_at
            waiting.sink.response(event.frame, final=event.final)

    async def _answered(self) -> LDAPResult:
        """Wait for what nothing else may be in flight beside: the answer to a bind or to StartTLS."""
        answer: asyncio.Future[LDAPResult] = self._loop.create_future()
        self._answer = answer
        timer = self._loop.call_later(self.timeout_seconds, self._give_up_answer)
        try:
            return await answer
        except asyncio.CancelledError:
            self._end(f"the connection to {self.server} was given up")
            raise
        finally:
            timer.cancel()
            self._answer = None

    def _settle(self, result: LDAPResult) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(result)

    def _give_up_answer(self) -> None:
        self.silent = True
        self._end(f"{self.server} did not answer within {self.timeout_seconds:g} s")

    def _check_silence(self, message_id: int) -> None:
        waiting = self._waiting.get(message_id)
        if waiting is None:
            return
        now = self._loop.time()
        left = waiting.touched + waiting.timeout - now
        if left > 0.001:
            waiting.timer = self._loop.call_later(left, self._check_silence, message_id)
            return
        text = f"{self.server} did not answer within {waiting.timeout:g} s"
        if now - self._received_at >= waiting.timeout:
            self.silent = True
            self._end(text)
            return
        self.abandon(message_id)  # the server lives: this request alone takes too long
        waiting.sink.lost(ConnectionLostError(text, possibly_processed=True))

    def _forget(self, message_id: int) -> _Waiting | None:
        waiting = self._waiting.pop(message_id, None)
        if waiting is not None and waiting.timer is not None:
            waiting.timer.cancel()
        return waiting

    def _end(self, why: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._session.close()
        if self._transport is not None:
            self._transport.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionLostError(why, possibly_processed=True))
        for message_id in list(self._waiting):
            waiting = self._forget(message_id)
            if waiting is not None:
                waiting.sink.lost(ConnectionLostError(why, possibly_processed=True))
        for told in self.on_end:
            told(self)
