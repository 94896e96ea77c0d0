"""Port 8443, mutual TLS: what servers, web roles and the operator ask each other. Each route names the roles that may call it.

A caller is who its certificate says (``mfa://NAMESPACE/GROUP/ROLE``); another group's certificate of the same authority is a
stranger. The peers' routes are mounted on the control socket too, where file permissions decide (0600: this very user).
No answer, log line or error repeats a code.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mfa_server.certificates.names import InternalIdentity, Role
from mfa_server.clock import Clock
from mfa_server.errors import MfaError
from mfa_server.store.records import Server
from mfa_server.web.problems import problem, problem_handlers
from mfa_server.web.readiness import Readiness

__all__ = ["PeerHandler", "ServerFacts", "StatusSource", "internal_app", "peer_routes", "status_route"]

LARGEST_BODY = 4096
"""Octets of a request's body."""


class PeerHandler(Protocol):
    """What other servers may ask of this one."""

    def superseded(self, attempt_id: UUID, generation: int, reason: str) -> None:
        """End the waiter of ``generation``: its logon belongs to somebody else now. An unknown one is no error."""
        ...

    async def deliver_code(self, attempt_id: UUID, code: str, actor: str) -> str:
        """Judge a reply to a logon that waits here; returns its ``ReplyOutcome`` value."""
        ...


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server knows of itself without asking anybody."""

    name: str
    server_id: str
    role: str
    """``Primary`` or ``Secondary``."""
    version: str
    namespace: str
    group: str
    bundle_digest: str
    bundle_generation: int
    started_at: datetime
    certificates: tuple[tuple[str, datetime], ...] = ()
    """Name (``front/ecdsa``, ``internal/server``) and end of each certificate in use."""
    degraded: str = "Normal"
    """``Normal``, or the degraded mode it is in."""


@dataclass(frozen=True, slots=True)
class StatusSource:
    """Where ``/status`` comes from; asked anew every time."""

    facts: Callable[[], ServerFacts]
    readiness: Readiness
    servers: Callable[[], Awaitable[Sequence[Server]]]
    clock: Clock

    async def document(self) -> dict[str, Any]:
        """Return the status as JSON values; peers are absent while the store does not answer."""
        facts = self.facts()
        missing = await self.readiness.missing()
        document: dict[str, Any] = {
            "name": facts.name,
            "id": facts.server_id,
            "role": facts.role,
            "version": facts.version,
            "group": f"{facts.namespace}/{facts.group}",
            "bundle": {"digest": facts.bundle_digest, "generation": facts.bundle_generation},
            "uptimeSeconds": max(0, int((self.clock.now() - facts.started_at).total_seconds())),
            "certificates": [{"name": name, "notAfter": end.isoformat()} for name, end in facts.certificates],
            "ready": not missing,
            "missing": list(missing),
            "degraded": facts.degraded,
        }
        try:
            document["peers"] = [
                _peer(server) for server in await self.servers() if server.server_id != facts.server_id
            ]
        except MfaError as error:
            document["peersUnknown"] = error.message
        return document


def internal_app(source: StatusSource, peers: PeerHandler) -> Starlette:
    """Return the application of the internal port; a caller without a fitting role gets 403 and no reason."""
    routes = [_only(source, (Role.SERVER, Role.OPERATOR), status_route(source))]
    routes += [_only(source, (Role.SERVER,), route) for route in peer_routes(peers)]
    return Starlette(routes=routes, exception_handlers=problem_handlers(), max_body_size=LARGEST_BODY)


def status_route(source: StatusSource) -> Route:
    """Return ``GET /status``, without a check of the caller."""

    async def status(_: Request) -> Response:
        return JSONResponse(await source.document())

    return Route("/status", status)


def peer_routes(peers: PeerHandler) -> list[Route]:
    """Return the peers' routes, without a check of the caller: for the control socket, or to be wrapped."""

    async def superseded(request: Request) -> Response:
        body = SupersededBody.model_validate_json(await request.body())
        peers.superseded(body.attempt_id, body.generation, body.reason)
        return Response(status_code=204)

    async def answers(request: Request) -> Response:
        body = AnswerBody.model_validate_json(await request.body())
        return JSONResponse({"outcome": await peers.deliver_code(body.attempt_id, body.code, body.actor)})

    return [
        Route("/internal/superseded", superseded, methods=["POST"], max_body_size=LARGEST_BODY),
        Route("/internal/answers", answers, methods=["POST"], max_body_size=LARGEST_BODY),
    ]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SupersededBody(_Body):
    """A waiter lost its logon."""

    attempt_id: UUID
    generation: Annotated[int, Field(ge=0, le=2**31, strict=True)]
    reason: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z]*$")]


class AnswerBody(_Body):
    """A code as a person sent it."""

    attempt_id: UUID
    code: Annotated[str, Field(min_length=1, max_length=64, repr=False)]
    actor: Annotated[str, Field(max_length=256)]


def _peer(server: Server) -> dict[str, Any]:
    return {
        "name": server.name,
        "id": server.server_id,
        "version": server.version,
        "bundle": server.bundle,
        "seenAt": server.seen_at.isoformat(),
    }


def _only(source: StatusSource, roles: Sequence[Role], route: Route) -> Route:
    """Let a route answer callers of these roles of our own group alone."""
    inner: ASGIApp = route.app

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        facts = source.facts()
        allowed = {InternalIdentity(facts.namespace, facts.group, role) for role in roles}
        uris = scope.get("extensions", {}).get("tls", {}).get("peer_uris", ())
        # exactly one name: a certificate that says two things is not one of ours
        identity = InternalIdentity.parse(uris[0]) if len(uris) == 1 else None
        answer = inner if identity in allowed else problem(403, "forbidden", "this certificate may not call this route")
        await answer(scope, receive, send)

    route.app = checked
    return route
