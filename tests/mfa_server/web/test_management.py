"""The health port, asked over real HTTP: what a probe and a monitor see."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from mfa_server.errors import MfaError
from mfa_server.metrics import Metrics
from mfa_server.web.exposition import exposition
from mfa_server.web.management import management_app, metrics_route
from mfa_server.web.readiness import Readiness
from tests.support.http import ask


class Store:
    """A store whose answer a test decides."""

    available = True

    async def ping(self) -> None:
        if not self.available:
            raise MfaError("the store does not answer")


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def app(store: Store) -> Starlette:
    async def siblings() -> Mapping[str, bytes]:
        other = Metrics(CollectorRegistry())
        other.alerts.labels("fraudReported").inc()
        return {"mfa-1": exposition(other.registry)}

    metrics = Metrics(CollectorRegistry())
    metrics.ready.set(1)
    readiness = Readiness(lambda: True, lambda: True, store.ping)
    return management_app("mfa-0", readiness, metrics.registry, siblings)


async def test_healthz_answers_whatever_is_missing(app: Starlette, store: Store, tmp_path: Path) -> None:
    store.available = False
    assert await ask(app, tmp_path, "/healthz") == (200, b"ok\n")


async def test_readyz_says_what_is_missing(app: Starlette, store: Store, tmp_path: Path) -> None:
    assert await ask(app, tmp_path, "/readyz") == (200, b'{"ready":true,"missing":[]}')
    store.available = False
    assert await ask(app, tmp_path, "/readyz") == (503, b'{"ready":false,"missing":["store"]}')


async def test_metrics_are_those_of_all_processes_of_the_machine(app: Starlette, tmp_path: Path) -> None:
    status, body = await ask(app, tmp_path, "/metrics")
    assert status == 200
    assert b'mfa_ready{server="mfa-0"} 1.0\n' in body
    assert b'mfa_alerts_total{reason="fraudReported",server="mfa-1"} 1.0\n' in body


async def test_metrics_of_one_process_are_on_its_control_socket(tmp_path: Path) -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.logons_waiting.set(3)
    app = Starlette(routes=[metrics_route(metrics.registry)])
    status, body = await ask(app, tmp_path, "/internal/metrics")
    assert status == 200
    assert b"mfa_logons_waiting 3.0\n" in body


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/readyz", 405), ("GET", "/status", 404), ("GET", "/", 404)]
)
async def test_nothing_else_is_there(app: Starlette, tmp_path: Path, method: str, path: str, status: int) -> None:
    found, body = await ask(app, tmp_path, path, method)
    assert found == status
    assert set(json.loads(body)) == {"code", "message", "hint"}
