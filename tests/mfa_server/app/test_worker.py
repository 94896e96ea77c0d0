"""One server process's life, in a process of the test's own."""

import asyncio
import json
import os
import signal

import pytest

from mfa_server.app.serving import Serving
from mfa_server.app.worker import Worker
from mfa_server.certificates.contexts import internal_client_context
from mfa_server.certificates.names import Role
from mfa_server.store.sqlite import SqliteStore
from tests.mfa_server.app.conftest import Prepared
from tests.support.http import ask_port
from tests.support.manifests import CLIENT
from tests.support.processes import wait_until


def serving(worker: Worker) -> Serving:
    assert worker.serving is not None
    return worker.serving


def listening(worker: Worker) -> bool:
    assert worker.ldap is not None
    return worker.ldap.listening


async def until(what: str, condition) -> None:
    await asyncio.to_thread(wait_until, what, condition)


@pytest.fixture
async def worker(prepared: Prepared):
    made = Worker(prepared.worker)
    running = asyncio.create_task(made.main())
    await until("it is ready", lambda: made._ready or running.done())
    yield made
    made.stop.set()
    await running


async def test_a_ready_server_listens_and_says_so(worker: Worker, prepared: Prepared):
    health = prepared.standalone.health.port
    assert await ask_port(health, "/readyz") == (200, b'{"ready":true,"missing":[]}')
    assert (await ask_port(health, "/healthz"))[0] == 200
    assert b"mfa_ready" in (await ask_port(health, "/metrics"))[1]
    assert listening(worker)


async def test_the_internal_port_tells_the_operator_and_servers_and_nobody_else(worker: Worker, prepared: Prepared):
    port, folder = prepared.standalone.internal.port, prepared.worker.certificates_directory
    for role in (Role.OPERATOR, Role.SERVER):
        status, body = await ask_port(port, "/status", tls=internal_client_context(folder, role))
        document = json.loads(body)
        assert (status, document["name"], document["role"], document["group"]) == (200, "mfa-0", "Primary", "mfa/main")
        assert document["bundle"]["digest"] == serving(worker).loaded.digest
        assert {each["name"] for each in document["certificates"]} == {"front/ecdsa", "internal/server"}


async def test_a_changed_bundle_is_served_without_a_restart(worker: Worker, prepared: Prepared):
    prepared.edit(client=CLIENT.replace("192.0.2.10", "192.0.2.99"))
    os.kill(os.getpid(), signal.SIGHUP)
    await until("it is taken over", lambda: serving(worker).clients.candidates("192.0.2.99", "LDAP"))
    assert not serving(worker).clients.candidates("192.0.2.10", "LDAP")


async def test_a_server_whose_store_is_gone_closes_its_front_listeners(worker: Worker, prepared: Prepared):
    await worker.store.close()
    await until("it stops listening", lambda: not listening(worker))
    status, body = await ask_port(prepared.standalone.health.port, "/readyz")
    assert (status, json.loads(body)["missing"]) == (503, ["store"])


async def test_a_newer_server_of_the_same_name_ends_this_one(worker: Worker, prepared: Prepared):
    newer = SqliteStore.open(prepared.worker.store_path)
    server = next(iter(await newer.servers()))
    await newer.register(type(server)("mfa-0/newer", "mfa-0", server.address, worker.clock.now(), worker.clock.now()))
    await newer.close()
    await until("it stops", worker.stop.is_set)
