"""HTTP/1.1 inside a running event loop: uvicorn's protocol on our own listeners, bounded, quiet, without its process machinery.

Three kinds of listeners take the same ASGI application: plain TCP, mutual TLS (the caller's certificate must verify; its URI names
stand in ``scope["extensions"]["tls"]["peer_uris"]``) and a UNIX socket that only its owner may open. uvicorn's ``Server`` is not
used: it takes over signal handlers, ticks ten times a second and ends the process when a port is taken.

Bounds: connections, octets and seconds until a request's head is complete, seconds until it is answered. The size of a body is
bounded where it is read (Starlette's ``max_body_size``).
"""

import asyncio
import errno
import os
import socket
import ssl
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override
from uvicorn import Config
from uvicorn.lifespan import off as _lifespan_off  # noqa: F401 - imported by name later: better before a fork than after
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from mfa_server.certificates.contexts import peer_uris
from mfa_server.errors import MfaError
from mfa_server.settings import Endpoint

__all__ = ["HttpLimits", "HttpServer", "ListenError", "bind_tcp", "bind_unix"]

log = structlog.get_logger(__name__)


class ListenError(MfaError):
    """An address or path on which this process cannot listen."""

    code = "cannotListen"


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What a caller can cost. Seconds unless the name says otherwise."""

    connections: int = 128
    """Open at once; further ones are cut without an answer."""
    head_octets: int = 16_384
    """Request line and headers."""
    head_seconds: float = 10.0
    """From the connection's beginning, or the answer before, until a request's head is complete."""
    request_seconds: float = 30.0
    """From the head until the answer is complete; then 503."""
    handshake_seconds: float = 5.0
    keep_alive_seconds: int = 5


class HttpServer:
    """Serves one application on any number of listeners. Everything runs in the loop in which ``listen`` was awaited."""

    def __init__(self, app: ASGIApp, limits: HttpLimits = HttpLimits()) -> None:
        self._limits = limits
        self._state = ServerState()
        self._config = Config(
            cast("Any", _within(app, limits.request_seconds)),
            http=_Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=limits.keep_alive_seconds,
            h11_max_incomplete_event_size=limits.head_octets,
        )
        self._config.load()
        self._listeners: list[_Listener] = []

    async def listen(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Serve on a bound socket, which is ours from now on; with ``tls`` callers must speak TLS."""
        listener = _Listener(sock, await self._serve(sock, tls), tls is not None)
        self._listeners.append(listener)

    async def replace_tls(self, tls: ssl.SSLContext) -> None:
        """Use another context for connections that begin from now on; the others go on. No connection is refused meanwhile."""
        for listener in self._listeners:
            if listener.tls:
                old, listener.server = listener.server, await self._serve(listener.sock, tls)
                old.close()

    async def close(self, grace_seconds: float = 5.0) -> None:
        """Stop listening, let requests in progress finish, cut what is left after ``grace_seconds``. Safe to repeat."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        for connection in list(self._state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                while self._state.connections or self._state.tasks:  # noqa: ASYNC110 - uvicorn offers sets, no event
                    await asyncio.sleep(0.01)
        for connection in list(self._state.connections):
            connection.transport.abort()
        for task in list(self._state.tasks):
            task.cancel()

    async def _serve(self, sock: socket.socket, tls: ssl.SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        limits = self._limits

        def connection() -> _Connection:
            return _Connection(self._config, self._state, limits, loop)

        over_tls: dict[str, Any] = {}
        if tls is not None:
            over_tls = {"ssl": tls, "ssl_handshake_timeout": limits.handshake_seconds, "ssl_shutdown_timeout": 1.0}
        # a duplicate: closing the asyncio server closes it, while our own socket keeps the port and its queue
        return await loop.create_server(connection, sock=sock.dup(), backlog=limits.connections, **over_tls)


def bind_tcp(endpoint: Endpoint) -> socket.socket:
    """Bind an address; ``::`` takes IPv4 too, and only IPv4 on a machine without IPv6. Raises ListenError."""
    hosts = [endpoint.host, "0.0.0.0"] if endpoint.host == "::" else [endpoint.host]
    failure: OSError | None = None
    for host in hosts:
        try:
            return _bound(host, endpoint.port)
        except OSError as error:
            failure = failure or error
            if error.errno in _TAKEN:
                break
    raise ListenError(
        f"cannot listen on {endpoint.host} port {endpoint.port}: {failure.strerror if failure else 'no address'}",
        hint="stop what listens there, or choose another address or port",
    )


def bind_unix(path: Path) -> socket.socket:
    """Bind a UNIX socket that its owner alone may open (0600, in a directory of 0700); one that a dead process left is replaced.

    Raises ListenError when a living process listens there or the path cannot be used.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        _remove_dead(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)  # from the first moment on, not only after a chmod
        try:
            sock.bind(str(path))
        except OSError:
            sock.close()
            raise
        finally:
            os.umask(before)
    except OSError as error:
        raise ListenError(
            f"cannot listen on {path}: {error.strerror or error}", hint="is another server of this name running?"
        ) from error
    return sock


_TAKEN = frozenset({errno.EACCES, errno.EADDRINUSE})  # the other family would not help


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def _remove_dead(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "there is a file of this name that is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, "a process listens there")


@dataclass(slots=True)
class _Listener:
    sock: socket.socket
    server: asyncio.Server
    tls: bool

    def close(self) -> None:
        name = self.sock.getsockname()
        self.server.close()
        self.sock.close()
        if isinstance(name, str) and name:
            Path(name).unlink(missing_ok=True)


class _Connection(H11Protocol):
    """One connection: uvicorn's protocol, with the bounds it lacks and the caller's certificate in the scope."""

    def __init__(self, config: Config, state: ServerState, limits: HttpLimits, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, state, {}, loop)
        self._limits = limits
        self._refused = False
        self._head_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self._limits.connections:
            self._refused = True
            transport.abort()
            log.warning("connection cut", why="too many", limit=self._limits.connections)
            return
        super().connection_made(transport)
        if self.scheme == "https":
            self.app = cast(
                "Any", _with_peer(cast("ASGIApp", self.app), peer_uris(transport.get_extra_info("peercert")))
            )
        self._watch_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch_head()
        if not self._refused:
            super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)
            self._watch_head()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_head()

    def _watch_head(self) -> None:
        cycle = cast("Any", self.cycle)
        if cycle is not None and not cycle.response_complete:
            self._unwatch_head()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self._limits.head_seconds, self.transport.abort)

    def _unwatch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _with_peer(app: ASGIApp, uris: tuple[str, ...]) -> ASGIApp:
    async def with_peer(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})["tls"] = {"peer_uris": uris}
        await app(scope, receive, send)

    return with_peer


def _within(app: ASGIApp, seconds: float) -> ASGIApp:
    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(seconds):
                await app(scope, receive, noting)
        except TimeoutError:
            log.warning("request ended", why="no answer in time", path=scope.get("path", ""), seconds=seconds)
            if started:
                raise
            headers = [(b"content-length", b"0"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    return within
