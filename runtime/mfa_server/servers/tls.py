"""TLS for accepted connections: a thin layer on OpenSSL's memory buffers, without sockets and without a loop.

``TlsChannel`` turns octets from the network into plaintext and back; whoever owns the socket calls it and sends what
``output`` holds after *every* call, since a read too may leave something to send (session tickets, alerts, a key
update's answer). asyncio's own TLS keeps a 256 KiB buffer for each connection; this layer keeps what OpenSSL needs,
about 16 KB, which is what a bind that waits for a person costs.

``HandshakeGate`` bounds how many handshakes run at once: they are all the work of an accepted connection that costs a
stranger nothing. ``server_context`` makes the context; a reload makes a new one and connections begun later use it.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mfa_server.errors import MfaError

__all__ = [
    "MAX_HANDSHAKE_OCTETS",
    "CertificateFiles",
    "HandshakeGate",
    "MinimumTls",
    "TlsChannel",
    "TlsFailedError",
    "TlsSettings",
    "TlsSettingsError",
    "server_context",
]

MAX_HANDSHAKE_OCTETS = 64 * 1024
"""What a peer may send before its handshake is complete. A ClientHello is 2 KB; client certificates are not asked for."""

_READ_SIZE = 16 * 1024
"""One TLS record."""


class TlsSettingsError(MfaError):
    """A certificate, key or cipher list cannot be used; nothing has changed for running connections."""

    code = "tlsSettings"


class TlsFailedError(Exception):
    """The peer's TLS is unacceptable or broken; ``output`` may hold an alert, after which the connection is closed."""


class MinimumTls(StrEnum):
    """The oldest protocol version that is spoken, named as in the manifests."""

    TLS_1_2 = "TLSv1.2"
    TLS_1_3 = "TLSv1.3"


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A PEM chain, leaf first, and its private key; without ``key`` both are in one file."""

    chain: Path
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What a listener offers. Several certificates of different key types may be served at once."""

    certificates: tuple[CertificateFiles, ...]
    minimum: MinimumTls = MinimumTls.TLS_1_2
    cipher_suites: tuple[str, ...] = ()
    """OpenSSL's names for TLS 1.2, in order of preference; none: Python's defaults. TLS 1.3's are not configurable."""


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """Make the context of a listener: no renegotiation, no compression, the server's preference of ciphers.

    Make it before processes are forked, so that all of them can resume each other's sessions. Raises TlsSettingsError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = {
        MinimumTls.TLS_1_2: ssl.TLSVersion.TLSv1_2,
        MinimumTls.TLS_1_3: ssl.TLSVersion.TLSv1_3,
    }[settings.minimum]
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if not settings.certificates:
        raise TlsSettingsError("no certificate is given", hint="name a certificate chain and its key")
    for files in settings.certificates:
        _load(context, files)
    if settings.cipher_suites:
        _set_ciphers(context, settings.cipher_suites)
    return context


def _load(context: ssl.SSLContext, files: CertificateFiles) -> None:
    try:
        context.load_cert_chain(files.chain, files.key, password="")  # an encrypted key fails, not asks
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise TlsSettingsError(
            f"{files.chain}{f' and {files.key}' if files.key else ''}: {getattr(error, 'reason', None) or getattr(error, 'strerror', None) or error}",
            hint="give a PEM chain, leaf first, and the unencrypted key that belongs to it",
        ) from error


def _set_ciphers(context: ssl.SSLContext, suites: Sequence[str]) -> None:
    try:
        context.set_ciphers(":".join(suites))
    except ssl.SSLError:
        raise TlsSettingsError(
            f"none of the cipher suites {', '.join(suites)} is known",
            hint="use OpenSSL's names (`openssl ciphers -v`)",
        ) from None


class TlsChannel:
    """The server's end of one TLS connection: ciphertext in, plaintext out, and the other way.

    After ``TlsFailedError`` only ``output`` may be called.
    """

    __slots__ = ("_incoming", "_object", "_outgoing", "established", "handshake_octets", "peer_closed")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        """The handshake is complete."""
        self.peer_closed = False
        """The peer's close_notify has been read: it sends nothing more."""
        self.handshake_octets = 0

    def feed(self, ciphertext: bytes) -> None:
        """Take octets from the network. Raises TlsFailedError for a handshake that is too long."""
        if not self.established:
            self.handshake_octets += len(ciphertext)
            if self.handshake_octets > MAX_HANDSHAKE_OCTETS:
                raise TlsFailedError(f"more than {MAX_HANDSHAKE_OCTETS} octets before the handshake was complete")
        self._incoming.write(ciphertext)

    def handshake(self) -> bool:
        """Go on with the handshake as far as what was fed allows; True when it is complete. Raises TlsFailedError."""
        try:
            self._object.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except ssl.SSLError as error:
            raise TlsFailedError(error.reason or "handshake failed") from error
        self.established = True
        return True

    def read(self) -> bytes:
        """Return the plaintext of everything fed that is complete; empty for none. Raises TlsFailedError."""
        chunks: list[bytes] = []
        tls, incoming = self._object, self._incoming
        try:
            while incoming.pending or tls.pending():  # asking first saves the exception that ends most reads
                chunk = tls.read(_READ_SIZE)
                if not chunk:
                    self.peer_closed = True
                    break
                chunks.append(chunk)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass  # an incomplete record waits for its rest; what is to be written is in `output`
        except ssl.SSLZeroReturnError:
            self.peer_closed = True
        except ssl.SSLError as error:
            raise TlsFailedError(error.reason or "record refused") from error
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def write(self, plaintext: bytes) -> None:
        """Encrypt; the records are in ``output``. Raises TlsFailedError."""
        view = memoryview(plaintext)
        try:
            while view:
                try:
                    view = view[self._object.write(view) :]
                except ssl.SSLWantWriteError:  # cannot last: the buffer it waits for is ours and grows
                    continue
        except ssl.SSLError as error:
            raise TlsFailedError(error.reason or "record not written") from error

    def close(self) -> None:
        """Put our close_notify into ``output``; the peer's is not waited for. Safe to repeat; never raises."""
        if self.established:
            try:
                self._object.unwrap()
            except ssl.SSLError:
                return  # "want read" is the rule: ours is written, the peer's may come or not

    def output(self) -> bytes:
        """Take what is to be sent; empty for nothing."""
        return self._outgoing.read() if self._outgoing.pending else b""

    @property
    def version(self) -> str:
        """The protocol version, for the log; empty before the handshake."""
        return self._object.version() or ""


class Admitted(Protocol):
    """A connection that waits for its turn to shake hands."""

    def admitted(self) -> None:
        """The turn has come. Must not raise."""
        ...


class HandshakeGate:
    """Lets at most ``limit`` handshakes run at once; the others wait in the order they came.

    A turn is asked for with the first octets, so connections that send nothing hold none.
    """

    def __init__(self, limit: int = 64) -> None:
        self.limit = limit
        self.running = 0
        self._waiting: dict[Admitted, None] = {}
        self._admitting = False

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def enter(self, connection: Admitted) -> bool:
        """Take a turn at once, or return False: ``admitted`` will be called."""
        if self.running < self.limit:
            self.running += 1
            return True
        self._waiting[connection] = None
        return False

    def withdraw(self, connection: Admitted) -> None:
        """Forget a connection that waits."""
        self._waiting.pop(connection, None)

    def leave(self) -> None:
        """Give a turn back, handshake done or failed."""
        self.running -= 1
        if self._admitting:
            return  # a handshake that failed inside `admitted`; the loop below goes on
        self._admitting = True
        try:
            while self._waiting and self.running < self.limit:
                connection = next(iter(self._waiting))
                del self._waiting[connection]
                self.running += 1
                connection.admitted()
        finally:
            self._admitting = False
