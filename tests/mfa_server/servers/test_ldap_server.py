"""The server as a whole: listeners that open and close, limits, reload, certificates, an orderly end."""

import asyncio
import os
import resource
import socket
import ssl
import time
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509

from mfa_server.ldap import LDAPMessage, ResultCode, oids
from mfa_server.ldap.messages import UnbindRequest
from mfa_server.servers.ldap_front import LdapParts, LdapSettings, ListenerKind, ListenerSettings
from mfa_server.servers.ldap_server import LdapServer, ListenerError
from mfa_server.servers.limits import ConnectionLimits
from mfa_server.servers.tls import CertificateFiles, TlsSettings, server_context
from tests.mfa_server.servers.conftest import Front
from tests.mfa_server.servers.rig import (
    OneClient,
    RawClient,
    ScriptedLogons,
    bind,
    code_of,
    extended,
    granted,
    no_directory,
    renamed,
    rig,
    search,
    turns,
    until,
)
from tests.support.clock import ManualClock
from tests.support.logons import POLICY

SECONDS = 5.0
USER = "uid=anna,dc=example,dc=test"


async def test_listeners_close_and_open_while_connections_stay(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        it.server.close_listeners()
        with pytest.raises(ConnectionError):
            await it.client()
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        await it.server.open()
        await it.server.open()
        assert it.server.listening
        async with await it.client() as other:
            assert await other.code(bind(1)) == 0


async def test_a_port_that_is_taken_is_named_and_nothing_stays_open(front: Front, clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = LdapServer(
            LdapSettings(
                (
                    ListenerSettings(ListenerKind.LDAP, 0, "127.0.0.1"),
                    ListenerSettings(ListenerKind.LDAPS, port, "127.0.0.1"),
                )
            ),
            OneClient(POLICY),
            LdapParts(ScriptedLogons(), no_directory, no_directory, no_directory.root_dse),
            dict.fromkeys(ListenerKind, front.server),
            clock,
        )
        with pytest.raises(ListenerError, match=f"cannot listen on 127.0.0.1 port {port}: Address already in use"):
            await server.open()
        assert not server.listening


async def test_two_servers_share_a_port(front: Front) -> None:
    async with rig(front.server) as one:
        port = one.port()

        def same_port(settings: LdapSettings) -> LdapSettings:
            return replace(settings, listeners=(ListenerSettings(ListenerKind.LDAP, port, "127.0.0.1"),))

        async with rig(front.server, settings=same_port) as two:
            for number in range(40):
                async with await one.client() as gateway:
                    assert await gateway.code(bind(number + 1)) == 0
            assert one.server.stats.binds + two.server.stats.binds == 40
            assert one.server.stats.binds > 0
            assert two.server.stats.binds > 0


async def test_ipv4_and_ipv6_clients_are_told_apart_by_their_own_addresses(front: Front) -> None:
    def everywhere(settings: LdapSettings) -> LdapSettings:
        return replace(settings, listeners=(ListenerSettings(ListenerKind.LDAP, 0),))

    clients = OneClient(POLICY, addresses=("127.0.0.1",))
    async with rig(front.server, clients=clients, settings=everywhere) as it:
        async with await it.client() as gateway:
            assert await gateway.code(bind(1)) == 0
            assert it.logons.requests[0].source == "127.0.0.1"
        reader, writer = await asyncio.open_connection("::1", it.port())
        assert await asyncio.wait_for(reader.read(), SECONDS) == b""
        writer.close()
        assert it.refused == ["::1"]


async def test_accepted_sockets_are_kept_alive_and_not_delayed(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        assert await gateway.code(bind(1)) == 0
        (connection,) = it.server._front.connections
        sock = connection.stream._transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


@pytest.mark.parametrize("limits", [ConnectionLimits(2, 2), ConnectionLimits(100, 2)], ids=["total", "per source"])
async def test_connections_over_a_limit_are_closed_and_places_come_back(front: Front, limits: ConnectionLimits) -> None:
    async with rig(front.server, settings=lambda given: replace(given, limits=limits)) as it:
        one, two = await it.client(), await it.client()
        assert await one.code(bind(1)) == 0
        assert await two.code(bind(1)) == 0
        async with await it.client() as three:
            assert await three.wait_closed() == []
        assert it.server.stats.connections_over_limit == 1
        one.writer.close()
        await until(lambda: it.server.connections < 2)
        async with await it.client() as four:
            assert await four.code(bind(1)) == 0
        two.writer.close()


async def test_a_new_certificate_serves_new_connections_and_disturbs_no_waiting_one(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        pair = front.authority.issue("renewed.example.test", names=("127.0.0.1",))
        context = server_context(TlsSettings((CertificateFiles(pair.certificate, pair.key),)))
        it.server.replace_contexts(dict.fromkeys(ListenerKind, context))
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        async with await it.tls_client(front.client) as renewed:
            assert name_of(renewed) == "renewed.example.test"
        async with await it.client() as upgraded:
            await upgraded.start_tls(front.client)
            assert name_of(upgraded) == "renewed.example.test"


def name_of(client: RawClient) -> str:
    tls: ssl.SSLObject = client.writer.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True)
    assert der
    (name,) = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


async def test_a_reload_gives_new_rules_to_the_next_bind_and_leaves_the_waiting_one(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        changed = replace(POLICY, application="Changed")
        it.server.replace(OneClient(changed))
        assert not asked.abandoned.is_set()
        assert asked.answer(granted())
        await gateway.receive()
        assert await gateway.code(bind(2)) == 0
        assert it.logons.requests[-1].policy is changed


async def test_a_client_that_a_reload_removed_is_served_no_more(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1)) == 0
        it.server.replace(OneClient(renamed(POLICY, "mfa/other"), addresses=("192.0.2.1",)))
        assert await gateway.code(search_people(2)) == ResultCode.INSUFFICIENT_ACCESS_RIGHTS
        assert await gateway.code(bind(3)) == ResultCode.INVALID_CREDENTIALS
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await it.tls_client(front.client)


def search_people(message_id: int) -> LDAPMessage:
    return search(message_id, "dc=example,dc=test", scope=2)


async def test_draining_waits_for_a_person_and_says_goodbye_to_the_others(front: Front) -> None:
    async with (
        rig(front.server) as it,
        await it.tls_client(front.client) as idle,
        await it.tls_client(front.client) as gateway,
    ):
        assert await idle.code(bind(1)) == 0
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        drain = asyncio.ensure_future(it.server.drain(30))
        (notice,) = await idle.wait_closed()
        operation: Any = notice.operation
        assert (notice.message_id, operation.response_name) == (0, oids.NOTICE_OF_DISCONNECTION)
        assert not drain.done()
        with pytest.raises(ConnectionError):
            await it.client()
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        it.pass_time(it.server._front.settings.timeouts.closing + 1)
        (notice,) = await gateway.wait_closed()
        assert (notice.message_id, "stopping" in str(notice.operation)) == (0, True)
        await asyncio.wait_for(drain, SECONDS)
        assert it.server.connections == 0


async def test_draining_leaves_a_gateway_the_time_to_read_its_answer_and_say_goodbye(front: Front) -> None:
    # some clients drop a result that a notice of disconnection comes along with
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        drain = asyncio.ensure_future(it.server.drain(30))
        await turns()
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        await turns()
        await gateway.send(LDAPMessage(2, UnbindRequest()))
        assert await gateway.wait_closed() == []
        await asyncio.wait_for(drain, SECONDS)


async def test_draining_closes_connections_in_the_middle_of_a_handshake(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        assert code_of(await gateway.ask(extended(1, oids.START_TLS))) == 0
        async with await RawClient.connect(it.port(ListenerKind.LDAPS)) as probe:
            await until(lambda: it.server.connections == 2)
            await asyncio.wait_for(it.server.drain(30), SECONDS)
            assert await gateway.wait_closed() == []
            assert await probe.wait_closed() == []
            assert it.server.stats.handshakes_failed == 0


async def test_what_still_waits_after_the_grace_is_answered_busy(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        await asyncio.wait_for(it.server.drain(0), SECONDS)
        answer, notice = await gateway.wait_closed()
        assert (answer.message_id, code_of(answer), notice.message_id) == (1, ResultCode.BUSY, 0)
        assert asked.abandoned.is_set()
        assert not asked.answer(granted())


async def test_a_server_that_has_drained_can_open_again(front: Front) -> None:
    async with rig(front.server) as it:
        await it.server.drain(0)
        await it.server.open()
        async with await it.client() as gateway:
            assert await gateway.code(extended(1, oids.WHO_AM_I)) == 0


async def test_a_thousand_waiting_binds_cost_no_task_and_are_all_answered(front: Front) -> None:
    async with rig(front.server, lambda _: None) as it:
        tasks = len(asyncio.all_tasks())
        gateways = [await it.client() for _ in range(1000)]
        for gateway in gateways:
            await gateway.send(bind(1, USER))
        asked = [await it.logons.next() for _ in gateways]
        assert it.server.pending == 1000
        assert len(asyncio.all_tasks()) == tasks
        assert len(it.server._front.wheel) == 0
        assert all(each.answer(granted()) for each in asked)
        assert [code_of(await gateway.receive()) for gateway in gateways] == [0] * 1000
        for gateway in gateways:
            gateway.writer.transport.abort()


async def test_a_flood_of_octets_in_one_message_is_not_read_twice(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as stranger:
        assert await stranger.code(extended(1, oids.WHO_AM_I)) == 0
        begun = time.process_time()
        await stranger.send(b"\x30\x82\xff\xf0\x02\x01\x02\x77\x82\xff\xe9\x80\x01")  # 64 KB announced
        for _ in range(2000):
            await stranger.send(b"x" * 16)
            await asyncio.sleep(0)  # each piece is read on its own
        assert time.process_time() - begun < 2
        it.pass_time(12)
        assert it.server.stats.timeouts == 1


async def test_without_descriptors_connections_are_closed_and_later_ones_served(front: Front) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with rig(front.server) as it:
        clients = [socket.socket() for _ in range(20)]
        taken = [os.dup(0)]
        while taken[-1] < max(sock.fileno() for sock in clients):  # the lowest free number is given out first
            taken.append(os.dup(0))
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (taken[-1] + 5, before[1]))
            for sock in clients:
                sock.connect(("127.0.0.1", it.port()))
                sock.setblocking(False)
            await until(lambda: any(gone(sock) for sock in clients))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            for sock in clients:
                sock.close()
            for number in taken:
                os.close(number)
        async with await it.client() as gateway:
            assert await gateway.code(bind(1)) == 0


def gone(sock: socket.socket) -> bool:
    """Whether the server has closed this connection."""
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_the_server_ticks_by_itself(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as slow:
        await until(lambda: it.server.stats.connections)
        it.clock.advance(60)
        await slow.wait_closed()  # within the second of the wheel's resolution
        assert it.server.stats.timeouts == 1
