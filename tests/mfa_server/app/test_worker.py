"""One server process's life, in a process of the test's own."""

import asyncio
import json
import os
import signal
import socket
from dataclasses import replace

import pytest

from mfa_server.app.serving import Serving
from mfa_server.app.worker import Worker
from mfa_server.certificates.contexts import internal_client_context
from mfa_server.certificates.names import Role
from mfa_server.servers.http_server import ListenError
from mfa_server.servers.ldap_front import ListenerKind
from mfa_server.store.sqlite import SqliteStore
from tests.mfa_server.app.conftest import Prepared
from tests.support.http import ask_port
from tests.support.manifests import CLIENT
from tests.support.ports import free_ports
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


async def test_a_port_that_is_taken_is_refused_with_everything_as_it_was_and_the_old_one_may_come_back(
    worker: Worker, prepared: Prepared
):
    first = (prepared.standalone.manifests / "group.yaml").read_text()
    before = serving(worker)
    assert worker.ldap is not None
    port = worker.ldap.addresses[ListenerKind.LDAPS][1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        prepared.edit(group=first.replace(str(port), str(taken.getsockname()[1])))
        worker.reloader.poke()
        await until("it is refused", lambda: worker.reloader.refused)
        assert "cannot listen on" in str(worker.reloader.refused)
        assert serving(worker) is before
        assert listening(worker)
        assert worker.ldap.addresses[ListenerKind.LDAPS][1] == port
        prepared.edit(group=first)
        worker.reloader.poke()
        await until("the refusal is history", lambda: not worker.reloader.refused)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


async def test_another_port_is_listened_on_in_place_of_the_old_one(worker: Worker, prepared: Prepared):
    assert worker.ldap is not None
    old, (new,) = worker.ldap.addresses[ListenerKind.LDAPS][1], free_ports(1)
    group = (prepared.standalone.manifests / "group.yaml").read_text()
    prepared.edit(group=group.replace(str(old), str(new)))
    worker.reloader.poke()
    await until("it moves", lambda: worker.ldap is not None and worker.ldap.addresses[ListenerKind.LDAPS][1] == new)
    _, writer = await asyncio.open_connection("127.0.0.1", new)
    writer.close()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", old)


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


async def test_a_second_server_of_the_same_name_is_refused_and_the_first_goes_on(worker: Worker, prepared: Prepared):
    second = Worker(replace(prepared.worker, server_id="mfa-0/second"))
    with pytest.raises(ListenError):
        await second.main()
    await second.store.close()
    await worker._heartbeat()
    assert not worker.stop.is_set()
    assert [server.server_id for server in await worker.store.servers()] == [prepared.worker.server_id]
