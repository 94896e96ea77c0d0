"""One accepted socket, plain or under TLS, as the protocol above it sees it.

A ``Stream`` is what the event loop calls; its ``owner`` receives plaintext and is told once when the handshake is done
and once when the socket is gone. Writes are gathered for one turn of the loop, so that the entries of one read from the
directory leave as one TLS record. What the peer does not read is bounded: above the cap the owner is told to give up.
"""

import asyncio
import fcntl
import socket
import ssl
import struct
import termios
from typing import Protocol, cast

from typing_extensions import override

from mfa_server.servers.tls import HandshakeGate, TlsChannel, TlsFailedError

__all__ = ["MAX_UNREAD_OCTETS", "Stream", "StreamOwner"]

MAX_UNREAD_OCTETS = 4 * 1024 * 1024
"""What may wait for a peer that does not read."""


class StreamOwner(Protocol):
    """The protocol above a stream. None of these may raise."""

    def connected(self) -> None:
        """The socket is accepted. For a listener with TLS ``secured`` follows, or ``closed``."""
        ...

    def secured(self) -> None:
        """The handshake is complete."""
        ...

    def tls_failed(self, error: TlsFailedError) -> None:
        """The peer's TLS is unacceptable; the stream closes itself."""
        ...

    def received(self, data: bytes) -> None:
        """Plaintext came; never empty, never after the owner has closed the stream."""
        ...

    def overflowed(self) -> None:
        """The peer does not read: more than ``MAX_UNREAD_OCTETS`` wait. The owner has to abort the stream."""
        ...

    def paused(self) -> None:
        """The peer does not keep up with what is written."""
        ...

    def resumed(self) -> None:
        """It does again."""
        ...

    def ended(self) -> None:
        """The peer sends no more (FIN or close_notify); the stream closes itself, ``closed`` follows."""
        ...

    def closed(self, error: Exception | None) -> None:
        """The socket is gone; None after an orderly end."""
        ...


class Stream(asyncio.Protocol):
    """The transport's side of one client connection; `peer` and `local` are set once it is connected."""

    __slots__ = (
        "_channel",
        "_closing",
        "_context",
        "_gate",
        "_in_turn",
        "_loop",
        "_owner",
        "_paused",
        "_pending",
        "_transport",
    )

    def __init__(
        self, owner: StreamOwner, gate: HandshakeGate, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext | None
    ) -> None:
        self._owner = owner
        self._gate = gate
        self._loop = loop
        self._context = context
        self._channel: TlsChannel | None = None
        self._transport: asyncio.Transport | None = None
        self._pending: list[bytes] = []
        self._closing = False
        self._paused = False
        self._in_turn = False  # holds one of the gate's turns

    # What the owner calls

    @property
    def source(self) -> str:
        """The peer's address as text; empty when it was gone before it was looked at."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    @property
    def closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._closing

    @property
    def tls_version(self) -> str:
        """The TLS version in use; empty without TLS."""
        return self._channel.version if self._channel else ""

    def write(self, data: bytes) -> None:
        """Send plaintext in this turn of the loop; nothing when the stream is closing."""
        if self._closing or not data:
            return
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Let a handshake follow what was written so far; ``secured`` or ``tls_failed`` is called."""
        self._flush()
        self._channel = TlsChannel(context)

    def close(self) -> None:
        """Send what was written, say goodbye in TLS, close. Safe to repeat."""
        if self._closing:
            return
        self._flush()
        self._closing = True
        self._give_turn_back()
        if self._transport is None:
            return
        if self._channel is not None:
            self._channel.close()
            self._send(self._channel.output())
        self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever waits to be sent. Safe to repeat, also after ``close``."""
        self._closing = True
        self._pending = []
        self._give_turn_back()
        if self._transport is not None:
            self._transport.abort()

    def unacknowledged(self) -> int:
        """Octets the peer's TCP has not confirmed, with those not sent yet; 0 where that cannot be told."""
        if self._transport is None:
            return 0
        waiting = self._transport.get_write_buffer_size() + sum(map(len, self._pending))
        sock = cast("socket.socket | None", self._transport.get_extra_info("socket"))
        try:
            if sock is None or sock.fileno() < 0:
                return waiting
            answer = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))  # Linux: SIOCOUTQ
        except OSError:
            return waiting
        return waiting + int(struct.unpack("i", answer)[0])

    # What the event loop calls

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._owner.connected()
        context, self._context = self._context, None
        if context is not None and not self._closing:  # nothing is spent on a source that is refused
            self._channel = TlsChannel(context)

    @override
    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        channel = self._channel
        if channel is None:
            self._owner.received(data)
            return
        try:
            channel.feed(data)
            if channel.established:
                self._deliver(channel)
            elif self._in_turn or self._gate.enter(self):
                self._in_turn = True
                self._shake_hands(channel)
            elif self._transport is not None:
                self._transport.pause_reading()
        except TlsFailedError as error:
            self._fail(channel, error)

    @override
    def eof_received(self) -> None:
        if not self._closing:
            self._owner.ended()
            self.close()

    @override
    def pause_writing(self) -> None:
        self._paused = True
        self._owner.paused()

    @override
    def resume_writing(self) -> None:
        self._paused = False
        self._owner.resumed()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._give_turn_back()
        self._gate.withdraw(self)
        self._owner.closed(exc)
        self._transport = None

    # What the gate calls

    def admitted(self) -> None:
        """Go on with a handshake that waited for its turn."""
        self._in_turn = True
        channel = self._channel
        if self._closing or channel is None or self._transport is None:
            self._give_turn_back()
            return
        self._transport.resume_reading()
        try:
            self._shake_hands(channel)
        except TlsFailedError as error:
            self._fail(channel, error)

    # The rest

    def _shake_hands(self, channel: TlsChannel) -> None:
        complete = channel.handshake()
        self._send(channel.output())
        if not complete:
            return
        self._give_turn_back()
        self._owner.secured()
        if not self._closing:
            self._deliver(channel)

    def _deliver(self, channel: TlsChannel) -> None:
        data = channel.read()
        self._send(channel.output())
        if data:
            self._owner.received(data)
        if channel.peer_closed and not self._closing:
            self._owner.ended()
            self.close()

    def _fail(self, channel: TlsChannel, error: TlsFailedError) -> None:
        self._send(channel.output())  # the alert
        self._owner.tls_failed(error)
        self._channel = None
        self._pending = []
        self.close()

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if not pending or self._closing:
            return
        data = pending[0] if len(pending) == 1 else b"".join(pending)
        channel = self._channel
        if channel is None:
            self._send(data)
            return
        if not channel.established:
            return  # nothing can be said in the middle of a handshake
        try:
            channel.write(data)
        except TlsFailedError as error:
            self._fail(channel, error)
            return
        self._send(channel.output())

    def _send(self, data: bytes) -> None:
        transport = self._transport
        if not data or transport is None:
            return
        transport.write(data)
        if self._paused and transport.get_write_buffer_size() > MAX_UNREAD_OCTETS and not self._closing:
            self._owner.overflowed()

    def _give_turn_back(self) -> None:
        self._gate.withdraw(self)
        if self._in_turn:
            self._in_turn = False
            self._gate.leave()
