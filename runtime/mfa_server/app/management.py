"""The listeners beside the gateways': health (plain), internal (mutual TLS), and the control socket of this process."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from mfa_server.app.assembly import control_defaults
from mfa_server.app.serving import Ground, Serving
from mfa_server.auth.ports import PeerUnreachableError
from mfa_server.certificates.contexts import internal_server_context
from mfa_server.login import Replies
from mfa_server.servers.http_server import HttpServer, bind_tcp, bind_unix
from mfa_server.servers.peers import HttpPeers
from mfa_server.web.control import control_app
from mfa_server.web.control_services import ControlServices
from mfa_server.web.internal import StatusSource, internal_app, peer_routes, status_route
from mfa_server.web.management import management_app, metrics_route
from mfa_server.web.problems import problem
from mfa_server.web.readiness import Readiness

__all__ = ["Management", "Switch"]

PEER_SILENT = timedelta(seconds=10)
"""A server that was not seen for longer is not asked for its metrics."""


class Switch:
    """An ASGI application that can be exchanged while it serves; before the first one it answers 503."""

    def __init__(self) -> None:
        self.app: ASGIApp = problem(503, "starting", "this server has no bundle yet", hint="try again in a moment")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to the present application."""
        await self.app(scope, receive, send)


class Management:
    """Opens and closes the three. The control socket answers as soon as a bundle is loaded."""

    def __init__(self, ground: Ground, readiness: Readiness, status: StatusSource, peers: HttpPeers) -> None:
        self.ground = ground
        self.readiness = readiness
        self.status = status
        self.peers = peers
        self.servers: list[HttpServer] = []
        self.internal_server: HttpServer | None = None
        self._control, self._internal = Switch(), Switch()

    async def open(self) -> None:
        """Listen. Raises ListenError, CertificateError."""
        settings = self.ground.settings
        control = HttpServer(self._control)
        await control.listen(bind_unix(settings.control_socket))
        self.servers.append(control)
        if settings.health is not None:
            registry = self.ground.observation.registry
            health = HttpServer(management_app(settings.name, self.readiness, registry, self._siblings))
            await health.listen(bind_tcp(settings.health))
            self.servers.append(health)
        if settings.internal is not None:
            self.internal_server = HttpServer(self._internal)
            context = internal_server_context(settings.certificates_directory)
            await self.internal_server.listen(bind_tcp(settings.internal), context)
            self.servers.append(self.internal_server)

    def serve(self, serving: Serving, replies: Replies, status: Callable[[], dict[str, Any]]) -> None:
        """Answer for this bundle from now on."""
        ground = self.ground
        bundle = serving.loaded.bundle
        services = ControlServices(
            server=ground.settings.name,
            store=ground.store,
            key_ring=lambda: serving.ring,
            clock=ground.clock,
            randomness=ground.randomness,
            reply=replies.reply,
            defaults=lambda: control_defaults(bundle),
            status=status,
        )
        self._internal.app = internal_app(self.status, replies)
        own = [*peer_routes(replies), metrics_route(ground.observation.registry), status_route(self.status)]
        self._control.app = Starlette(routes=[*own, Mount("/", app=control_app(services))])

    async def renew_certificates(self) -> None:
        """Serve the internal certificate that lies there now. Raises CertificateError."""
        if self.internal_server is not None:
            await self.internal_server.replace_tls(internal_server_context(self.ground.settings.certificates_directory))

    async def close(self) -> None:
        """Stop listening; requests in progress finish."""
        for server in self.servers:
            await server.close()

    async def _siblings(self) -> Mapping[str, bytes]:
        """Return the metrics pages of the other processes."""
        pages: dict[str, bytes] = {}
        now = self.ground.clock.now()
        for server in await self.ground.store.servers():
            own = server.server_id == self.ground.settings.server_id
            if own or now - server.seen_at > PEER_SILENT:
                continue
            try:
                pages[server.name] = await self.peers.metrics(server.server_id)
            except PeerUnreachableError:
                continue
        return pages
