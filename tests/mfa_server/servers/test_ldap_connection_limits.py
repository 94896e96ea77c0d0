"""What one connection may cost: too much, too slow, or no LDAP at all."""

from collections.abc import Callable
from typing import Any

import pytest

from mfa_server.ldap import ResultCode, encode_message, oids
from mfa_server.servers.ldap_front import ListenerKind
from tests.mfa_server.servers.conftest import Front
from tests.mfa_server.servers.rig import RawClient, arrived, bind, code_of, drained, rig, search, turns

USER = "uid=anna,dc=example,dc=test"
HUGE_HEADER = b"\x30\x84\x7f\xff\xff\xff"


async def test_a_two_gigabyte_header_is_refused_before_anything_is_waited_for(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as stranger:
        await stranger.send(HUGE_HEADER)
        (notice,) = await stranger.wait_closed()
        operation: Any = notice.operation
        assert (notice.message_id, operation.response_name) == (0, oids.NOTICE_OF_DISCONNECTION)
        assert code_of(notice) == ResultCode.PROTOCOL_ERROR
        assert it.server.stats.protocol_errors == 1


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x30\x80\x02\x01\x01", b"\x30\x03\x02\x01\x00"],
)
async def test_what_is_no_ldap_is_closed(front: Front, garbage: bytes) -> None:
    async with rig(front.server) as it, await it.client() as stranger:
        await stranger.send(garbage)
        assert all(message.message_id == 0 for message in await stranger.wait_closed())
        assert it.server.connections == 0


async def test_a_violation_behind_a_waiting_bind_gives_the_bind_up(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        await gateway.send(bind(1, USER))  # the id is in use
        await gateway.wait_closed()
        assert asked.abandoned.is_set()


SLOW: list[tuple[str, Callable[[RawClient], Any], float]] = [
    ("says nothing", lambda client: client.send(b""), 10),
    ("sends one octet at a time", lambda client: client.send(encode_message(bind(1))[:1]), 10),
    ("has said something", lambda client: client.ask(search(1)), 30),
    ("has bound", lambda client: client.ask(bind(1)), 900),
]


@pytest.mark.parametrize(("begin", "seconds"), [case[1:] for case in SLOW], ids=[case[0] for case in SLOW])
async def test_a_connection_is_closed_after_its_time_and_not_before(
    front: Front, begin: Callable[[RawClient], Any], seconds: float
) -> None:
    async with rig(front.server) as it, await it.client() as slow:
        await begin(slow)
        await arrived(it, 1)
        it.pass_time(seconds - 0.1)
        assert it.server.stats.timeouts == 0
        it.pass_time(1.2)
        assert it.server.stats.timeouts == 1
        await slow.wait_closed()
        await drained(it)


async def test_dripping_octets_do_not_lengthen_the_time_of_a_message(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as slow:
        data = encode_message(bind(1))
        for octet in data[:9]:
            await slow.send(bytes((octet,)))
            await turns()
            it.pass_time(1)
        assert it.server.stats.timeouts == 0
        it.pass_time(2)
        assert it.server.stats.timeouts == 1
        assert it.logons.requests == []


async def test_a_message_begun_on_a_bound_connection_must_end_in_ten_seconds(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as slow:
        await slow.ask(bind(1))
        await slow.send(encode_message(search(2))[:-1])
        await turns()
        it.pass_time(12)
        assert it.server.stats.timeouts == 1


async def test_a_handshake_that_is_never_begun_ends_after_ten_seconds(front: Front) -> None:
    async with rig(front.server) as it, await RawClient.connect(it.port(ListenerKind.LDAPS)) as slow:
        await arrived(it, 1)
        it.pass_time(9)
        assert it.server.connections == 1
        it.pass_time(3)
        assert await slow.wait_closed() == []
        await drained(it)


async def test_a_bound_connection_that_idles_is_told_why_it_is_closed(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.ask(bind(1))
        it.pass_time(902)
        (notice,) = await gateway.wait_closed()
        assert code_of(notice) == ResultCode.UNAVAILABLE


async def test_a_probe_that_connects_and_closes_leaves_no_trace_but_a_count(front: Front) -> None:
    async with rig(front.server) as it:
        for kind in ListenerKind:
            probe = await RawClient.connect(it.port(kind))
            probe.writer.close()
        await arrived(it, 2)
        await drained(it)
        stats = it.server.stats
        assert (stats.handshakes_failed, stats.protocol_errors, stats.timeouts) == (0, 0, 0)
