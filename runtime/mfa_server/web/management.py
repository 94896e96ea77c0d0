"""Port 8080, plain HTTP: what probes and monitors read. Nothing secret, nothing that changes anything.

``/healthz`` answers while the event loop runs; ``/readyz`` only while gateways are served, and says what is missing; ``/metrics`` is
Prometheus' text format, of all processes of this machine.
"""

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mfa_server.web.exposition import CONTENT_TYPE, exposition, merged
from mfa_server.web.problems import problem_handlers
from mfa_server.web.readiness import Readiness

__all__ = ["management_app", "metrics_route"]

METRICS_PATH = "/internal/metrics"


def management_app(
    server: str,
    readiness: Readiness,
    registry: CollectorRegistry,
    siblings: Callable[[], Awaitable[Mapping[str, bytes]]] | None = None,
) -> Starlette:
    """Return the application of the health port.

    ``server`` is this server's name; ``siblings`` returns the pages of the other processes of this machine by server name, and
    leaves out those that do not answer.
    """

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        missing = await readiness.missing()
        return JSONResponse({"ready": not missing, "missing": list(missing)}, 503 if missing else 200)

    async def metrics(_: Request) -> Response:
        pages = dict(await siblings()) if siblings is not None else {}
        pages[server] = exposition(registry)
        return Response(merged(pages), media_type=CONTENT_TYPE)

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)],
        exception_handlers=problem_handlers(),
        max_body_size=0,
    )


def metrics_route(registry: CollectorRegistry) -> Route:
    """Return the route by which the process that answers the monitor reads this one's page (on the control socket)."""

    async def metrics(_: Request) -> Response:
        return Response(exposition(registry), media_type=CONTENT_TYPE)

    return Route(METRICS_PATH, metrics)
