"""Making a connection to a directory server: TCP, TLS at once or by StartTLS, host name and authority verified.

What comes out of ``open_connection`` is protected; there is no way to get another one.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.errors import ConnectFailedError, ConnectionLostError
from mfa_server.directories.settings import DirectorySettings, ServerAddress, TlsMode, tls_context
from mfa_server.ldap.results import ResultCode

__all__ = ["Connector", "open_connection"]

_KEEPALIVE: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds, seconds and tries: a server that vanished without a word is noticed within 90 s."""


@dataclass(frozen=True, slots=True)
class Connector:
    """How to connect, the same for every server of a directory."""

    tls: TlsMode
    context: ssl.SSLContext = field(repr=False)
    timeout_seconds: float

    @classmethod
    def of(cls, settings: DirectorySettings) -> "Connector":
        """Make one from settings. Raises DirectorySettingsError."""
        return cls(settings.tls, tls_context(settings), settings.timeout_seconds)


async def open_connection(server: ServerAddress, connector: Connector) -> LdapConnection:
    """Connect to one server within ``timeout_seconds``, handshake included. Raises ConnectFailedError."""
    opened: list[LdapConnection] = []

    def make() -> LdapConnection:
        protected = connector.tls is TlsMode.LDAPS
        opened.append(LdapConnection(server, connector.timeout_seconds, tls=protected))
        return opened[-1]

    try:
        async with asyncio.timeout(connector.timeout_seconds):
            if connector.tls is TlsMode.LDAPS:
                return await _open_ldaps(server, connector, make)
            return await _open_start_tls(server, connector, make)
    except BaseException as error:
        for connection in opened:
            connection.close()
        if isinstance(error, (OSError, ssl.CertificateError, ConnectionLostError)):  # TimeoutError is an OSError
            raise _failed(server, connector, error) from None
        raise


async def _open_ldaps(
    server: ServerAddress, connector: Connector, make: Callable[[], LdapConnection]
) -> LdapConnection:
    transport, connection = await asyncio.get_running_loop().create_connection(
        make,
        server.host,
        server.port,
        ssl=connector.context,
        server_hostname=server.host,
        ssl_handshake_timeout=connector.timeout_seconds,
    )
    _keep_alive(transport)
    return connection


async def _open_start_tls(
    server: ServerAddress, connector: Connector, make: Callable[[], LdapConnection]
) -> LdapConnection:
    loop = asyncio.get_running_loop()
    transport, connection = await loop.create_connection(make, server.host, server.port)
    _keep_alive(transport)
    result = await connection.start_tls()
    if result.result_code != ResultCode.SUCCESS:
        raise ConnectionLostError(
            f"it refuses StartTLS with result {result.result_code}: {result.diagnostic_message[:200]}",
            possibly_processed=False,
        )
    protected = await loop.start_tls(
        connection.upgrade(),
        connection,
        connector.context,
        server_hostname=server.host,
        ssl_handshake_timeout=connector.timeout_seconds,
    )
    if protected is None:
        raise ConnectionLostError("the connection ended during the handshake", possibly_processed=False)
    connection.upgraded(protected)
    return connection


def _keep_alive(transport: asyncio.BaseTransport) -> None:
    plain = transport.get_extra_info("socket")
    if plain is None:
        return
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _failed(server: ServerAddress, connector: Connector, error: BaseException) -> ConnectFailedError:
    hint = ""
    if isinstance(error, ssl.SSLCertVerificationError):
        what = f"its certificate is not to be trusted: {error.verify_message}"
        hint = "directory.tls.caRef must hold the authority that signed it, and the host must be a name in it"
    elif isinstance(error, TimeoutError):
        what = f"no connection within {connector.timeout_seconds:g} s"
    else:
        what = str(error) or type(error).__name__
    return ConnectFailedError(f"directory server {server}: {what}", hint=hint)
