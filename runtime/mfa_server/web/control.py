r"""The control API: what the ``mfa`` commands on this machine talk to, over a UNIX socket.

There is no log-in: the socket's file permissions (0600) decide who may connect, and who may connect may do everything here. The
header ``mfa-actor`` says who it was, for the audit. Answers are JSON; refusals are problem documents (``problems``). Everything
lives under ``/control/v1``. Names travel in the query (``?name=``), since DNs and ``DOMAIN\user`` do not fit into a path.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from mfa_server.store.records import AuditFilter
from mfa_server.web.control_services import ControlServices, actor_of, find_user
from mfa_server.web.control_tokens import TokenRoutes
from mfa_server.web.control_users import Body, UserRoutes, number_argument
from mfa_server.web.control_views import audit_view, server_view, sync_view
from mfa_server.web.problems import RequestError, problem_handlers

__all__ = ["PREFIX", "REPLY_OUTCOMES", "control_app"]

PREFIX = "/control/v1"
LARGEST_BODY = 16_384
"""Bytes of a request's body."""
LARGEST_PAGE = 1000
REPLY_OUTCOMES = {
    "granted": 200,
    "grantedUndelivered": 200,
    "refused": 409,
    "wrongCode": 409,
    "noOpenChallenge": 409,
    "unknownUser": 404,
    "ambiguousUser": 409,
}
"""What may become of a reply, and the HTTP status of each."""
SHORTEST_EVENT_ID = 8
"""Characters of the beginning of an audit row's id that are enough to look for it."""


class ReplyBody(Body):
    """A code as the person typed it."""

    code: Annotated[str, Field(min_length=1, max_length=64, repr=False)]


def control_app(services: ControlServices) -> Starlette:
    """Return the application of one process' control socket."""
    general = GeneralRoutes(services)
    routes = [*general.routes(), *UserRoutes(services).routes(), *TokenRoutes(services).routes()]
    return Starlette(
        routes=[Mount(PREFIX, routes=routes)],
        exception_handlers=problem_handlers(),
        max_body_size=LARGEST_BODY,
    )


class GeneralRoutes:
    """Handlers about replies, the audit, servers and sync."""

    def __init__(self, services: ControlServices) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted under the API's prefix."""
        return [
            Route("/reply", self.reply, methods=["POST"]),
            Route("/audit", self.audit),
            Route("/audit/{event_id}", self.audit_row),
            Route("/servers", self.servers),
            Route("/status", self.status),
            Route("/sync", self.sync),
        ]

    async def reply(self, request: Request) -> Response:
        """Bring the answer to a text message to the logon that waits for it."""
        name, actor = request.query_params.get("name", ""), actor_of(request)
        body = ReplyBody.model_validate_json(await request.body())
        result = await self._services.reply(name, body.code, actor)
        outcome = str(result.outcome)
        return JSONResponse({"outcome": outcome, "why": result.why}, REPLY_OUTCOMES.get(outcome, 409))

    async def audit(self, request: Request) -> Response:
        """Return audit rows, newest first."""
        query = request.query_params
        user_id = (await find_user(self._services.store, query["user"])).user_id if query.get("user") else ""
        rows = await self._services.store.list_audit(
            AuditFilter(
                user_id=user_id,
                client=query.get("client", ""),
                event=query.get("event", ""),
                result=query.get("result", ""),
                since=_since(query.get("since", ""), self._services.clock.now()),
                limit=number_argument(request, "limit", 50, LARGEST_PAGE),
            )
        )
        return JSONResponse({"events": [audit_view(row) for row in rows]})

    async def audit_row(self, request: Request) -> Response:
        """Return one of the newest rows by its id or the beginning of it."""
        wanted = request.path_params["event_id"].lower()
        if len(wanted) < SHORTEST_EVENT_ID:
            raise RequestError(f"give at least {SHORTEST_EVENT_ID} characters of the row's id")
        rows = await self._services.store.list_audit(AuditFilter(limit=LARGEST_PAGE))
        fitting = [row for row in rows if str(row.event_id).startswith(wanted)]
        if not fitting:
            raise RequestError(
                f"none of the newest {LARGEST_PAGE} rows of the audit has the id {wanted}",
                hint="`mfa log list` shows the ids",
                code="unknownEvent",
            )
        return JSONResponse({"events": [audit_view(row) for row in fitting]})

    async def servers(self, _: Request) -> Response:
        """Return every server that shares the store."""
        return JSONResponse({"servers": [server_view(server) for server in await self._services.store.servers()]})

    async def status(self, _: Request) -> Response:
        """Return what this process says of itself, and whether the store can be written."""
        await self._services.store.ping()
        return JSONResponse({"server": self._services.server, **self._services.status()})

    async def sync(self, _: Request) -> Response:
        """Return the newest pass of every source."""
        return JSONResponse({"sources": [sync_view(run) for run in await self._services.store.sync_runs()]})


def _since(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return now - timedelta(seconds=int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RequestError("since is neither seconds nor a time with its zone", hint="write it as 2026-11-24T10:00:00Z")
    return moment
