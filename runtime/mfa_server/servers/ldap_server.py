"""The LDAP server of one process: listeners with StartTLS and with TLS from the first octet, opened, closed and drained.

Several processes may open the same ports; the kernel spreads connections over them (``SO_REUSEPORT``). Make the TLS
contexts before forking, so that every process resumes the others' sessions. ``open`` and ``close_listeners`` follow
readiness and may alternate; connections that are open stay. Out of descriptors, libuv accepts and closes at once with
one it keeps for that, so no accept loop spins; the connection limits keep a process from getting there.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Final

from mfa_server.clock import Clock
from mfa_server.errors import MfaError
from mfa_server.servers.ldap_connection import LdapConnection
from mfa_server.servers.ldap_front import LdapFront, LdapParts, LdapSettings, LdapStats, Listener, ListenerKind
from mfa_server.servers.limits import connection_limits, raise_descriptor_limit
from mfa_server.servers.ports import Clients
from mfa_server.servers.stream import Stream

__all__ = ["LdapServer", "ListenerError"]

_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
"""Seconds of silence before the first probe, between probes, and how many: below the idle timers of balancers."""


class ListenerError(MfaError):
    """A port cannot be listened on."""

    code = "listener"


class LdapServer:
    """Make it inside the running loop; nothing listens before ``open``.

    ``contexts`` holds the TLS context of each kind of listener in ``settings``. Limits that the settings leave open follow
    from the descriptors of the process, whose soft limit is raised to the hard one.
    """

    def __init__(
        self,
        settings: LdapSettings,
        clients: Clients,
        parts: LdapParts,
        contexts: Mapping[ListenerKind, ssl.SSLContext],
        clock: Clock,
    ) -> None:
        self._front = LdapFront(settings, parts, clients, clock)
        if settings.limits is None:
            self._front.counts.limits = connection_limits(raise_descriptor_limit())
        self._listeners = tuple(Listener(each, contexts[each.kind]) for each in settings.listeners)
        self._servers: list[asyncio.Server] = []
        self._ticking: asyncio.TimerHandle | None = None
        self.addresses: dict[ListenerKind, tuple[str, int]] = {}
        """Where each kind of listener was bound last: host and port."""

    # Life

    async def open(self) -> None:
        """Listen on every port; no effect while it does. Raises ListenerError, with nothing left open."""
        if self._servers:
            return
        front = self._front
        front.draining = False
        try:
            for listener in self._listeners:
                sock = _bind(listener.settings.host, listener.settings.port)
                self.addresses[listener.kind] = sock.getsockname()[:2]
                make = partial(_accepted, front, listener)
                self._servers.append(await front.loop.create_server(make, sock=sock, backlog=front.settings.backlog))
        except BaseException:
            self.close_listeners()
            raise
        if self._ticking is None:
            self._tick()

    def close_listeners(self) -> None:
        """Accept nothing more; connections that are open stay. Safe to repeat."""
        for server in self._servers:
            server.close()
        self._servers = []

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""
        return bool(self._servers)

    async def drain(self, grace_seconds: float) -> None:
        """Stop: accept nothing, let what is outstanding finish, answer after ``grace_seconds`` what still waits, close.

        Every client is sent a notice of disconnection (RFC 4511 §4.4.1) before its connection closes.
        """
        self.close_listeners()
        front = self._front
        front.draining = True
        for connection in list(front.connections):
            connection.drain()
        await self._emptied(grace_seconds)
        for connection in list(front.connections):
            connection.cut()
        await self._emptied(front.settings.timeouts.closing)
        self.close()

    async def _emptied(self, seconds: float) -> None:
        front = self._front
        front.empty.clear()
        if front.connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(front.empty.wait(), seconds)

    def close(self) -> None:
        """Close everything at once, without a word. Safe to repeat."""
        self.close_listeners()
        for connection in list(self._front.connections):
            if isinstance(connection, LdapConnection):
                connection.stream.abort()
        self._front.root_dse.close()
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    # Changes while it serves

    def replace(self, clients: Clients) -> None:
        """Use new clients from the next connection, bind or search on; binds that wait are not touched."""
        self._front.clients = clients

    def replace_contexts(self, contexts: Mapping[ListenerKind, ssl.SSLContext]) -> None:
        """Use new certificates for handshakes that begin from now on."""
        for listener in self._listeners:
            listener.context = contexts[listener.kind]

    # What can be asked

    @property
    def stats(self) -> LdapStats:
        """Counters since the start."""
        return self._front.stats

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._front.connections)

    @property
    def pending(self) -> int:
        """How many binds wait for their decision."""
        return sum(isinstance(each, LdapConnection) and each.pending for each in self._front.connections)

    def tick(self) -> None:
        """Time out what is due; the server does so every second by itself."""
        self._front.wheel.tick()

    def _tick(self) -> None:
        self._front.wheel.tick()
        self._ticking = self._front.loop.call_later(self._front.wheel.resolution, self._tick)


def _accepted(front: LdapFront, listener: Listener) -> Stream:
    return LdapConnection(front, listener).stream


def _bind(host: str, port: int) -> socket.socket:
    """A listening address that other processes of ours may share; options that accepted sockets inherit are set here."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for option, value in _KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((host, port))
        sock.setblocking(False)
    except OSError as error:
        with contextlib.suppress(OSError):
            sock.close()
        raise ListenerError(
            f"cannot listen on {host} port {port}: {error.strerror}",
            hint="free the port, or set another one in the server group's listeners",
        ) from error
    return sock
