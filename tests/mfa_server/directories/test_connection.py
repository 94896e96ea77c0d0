"""One connection: many requests at once, and what becomes of them when it ends."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mfa_server.demo import DemoDirectory
from mfa_server.directories.connect import Connector, open_connection
from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.errors import ConnectionLostError
from mfa_server.directories.search import SearchCollector, request_frame
from mfa_server.ldap import (
    BindResponse,
    ExtendedResponse,
    LDAPMessage,
    LDAPResult,
    LocalMisuse,
    SearchRequest,
    SearchResultDone,
)
from mfa_server.ldap.filters import EqualityMatch, Present
from tests.mfa_server.directories.scripted import Exchange, Script, scripted_server, silent
from tests.support.certificates import Authority
from tests.support.directories import DEMO_BASE, demo_settings, server_context

EVERYTHING = SearchRequest(DEMO_BASE, 2, Present("objectClass"), ("cn",))


@asynccontextmanager
async def connected(demo: DemoDirectory, authority: Authority, *, bind: bool = True) -> AsyncIterator[LdapConnection]:
    settings = demo_settings(authority, demo)
    connection = await open_connection(settings.servers[0], Connector.of(settings))
    try:
        if bind:
            result = await connection.bind(settings.bind_name, settings.bind_password)
            assert result.result_code == 0
        yield connection
    finally:
        connection.close()
        await connection.gone.wait()


@asynccontextmanager
async def scripted(authority: Authority, script: Script, timeout_seconds: float = 5.0) -> AsyncIterator[LdapConnection]:
    async with scripted_server(script, server_context(authority.issue("scripted"))) as server:
        settings = demo_settings(authority, servers=(server,), timeout_seconds=timeout_seconds)
        connection = await open_connection(server, Connector.of(settings))
        try:
            yield connection
        finally:
            connection.abort()
            await connection.gone.wait()


async def test_many_searches_share_it(demo: DemoDirectory, authority: Authority) -> None:
    async with connected(demo, authority) as connection:
        collectors = []
        for name in ("anna", "bert", "nobody"):
            condition = EqualityMatch("sAMAccountName", name.encode())
            collectors.append(SearchCollector(10))
            connection.forward(request_frame(SearchRequest(DEMO_BASE, 2, condition)), collectors[-1], 5)
        assert connection.in_flight == 3
        outcomes = [await collector.outcome for collector in collectors]
        assert [[entry.object_name.split(",")[0] for entry in each.entries] for each in outcomes] == [
            ["CN=Anna Archer"],
            ["CN=Bert Baker"],
            [],
        ]
        assert connection.in_flight == 0


async def test_a_wrong_password_leaves_the_connection_usable_for_the_next_bind(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with connected(demo, authority, bind=False) as connection:
        refused = await connection.bind("anna@example.com", b"wrong")
        assert (refused.result_code, "data 52e" in refused.diagnostic_message) == (49, True)
        assert (await connection.bind("anna@example.com", b"Welcome-to-Anna-1")).result_code == 0


async def test_a_bind_needs_the_connection_for_itself(demo: DemoDirectory, authority: Authority) -> None:
    async with connected(demo, authority) as connection:
        collector = SearchCollector(100)
        connection.forward(request_frame(EVERYTHING), collector, 5)
        with pytest.raises(LocalMisuse, match="nothing is in flight"):
            await connection.bind("anna@example.com", b"x")
        await collector.outcome


async def test_an_abandoned_search_is_silent_and_the_others_go_on(demo: DemoDirectory, authority: Authority) -> None:
    async with connected(demo, authority) as connection:
        given_up, kept = SearchCollector(100), SearchCollector(100)
        connection.abandon(connection.forward(request_frame(EVERYTHING), given_up, 5))
        connection.forward(request_frame(EVERYTHING), kept, 5)
        assert len((await kept.outcome).entries) > 5
        assert not given_up.outcome.done()


async def test_what_was_sent_before_the_end_may_have_been_processed(authority: Authority) -> None:
    async def leave_after_a_request(exchange: Exchange) -> None:
        await exchange.request()

    async with scripted(authority, leave_after_a_request) as connection:
        with pytest.raises(ConnectionLostError, match="ended") as caught:
            await connection.bind("anna@example.com", b"x")
        assert caught.value.possibly_processed
        with pytest.raises(ConnectionLostError, match="is closed") as caught:
            await connection.bind("anna@example.com", b"x")
        assert not caught.value.possibly_processed


async def test_the_end_tells_everybody_who_waits_and_its_owner_once(authority: Authority) -> None:
    async def leave_after_two(exchange: Exchange) -> None:
        await exchange.accept_bind()
        await exchange.request()

    ends: list[LdapConnection] = []
    async with scripted(authority, leave_after_two) as connection:
        connection.on_end.append(ends.append)
        await connection.bind("x", b"x")
        collectors = [SearchCollector(1), SearchCollector(1)]
        for collector in collectors:
            connection.forward(request_frame(EVERYTHING), collector, 5)
        for collector in collectors:
            with pytest.raises(ConnectionLostError):
                await collector.outcome
        connection.close()
        assert ends == [connection]


async def test_a_notice_of_disconnection_ends_it_at_once(authority: Authority) -> None:
    async def give_notice(exchange: Exchange) -> None:
        await exchange.request()
        exchange.give_notice()
        await exchange.until_closed()

    async with scripted(authority, give_notice) as connection:
        with pytest.raises(ConnectionLostError, match="gave notice that it disconnects"):
            await connection.bind("x", b"x")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="another protocol"),
        pytest.param(b"\x30\x84\x7f\xff\xff\xff", id="a message of two gigabytes"),
        pytest.param(b"\x30\x0c\x02\x01\x05\x65\x07\x0a\x01\x00\x04\x00\x04\x00", id="an answer to no request"),
    ],
)
async def test_a_server_that_breaks_the_protocol_is_left(authority: Authority, answer: bytes) -> None:
    async def garble(exchange: Exchange) -> None:
        await exchange.request()
        exchange.writer.write(answer)
        await exchange.until_closed()

    async with scripted(authority, garble) as connection:
        with pytest.raises(ConnectionLostError, match="broke the protocol"):
            await connection.bind("x", b"x")


async def test_silence_about_a_bind_ends_the_connection(authority: Authority) -> None:
    async with scripted(authority, silent, timeout_seconds=0.2) as connection:
        with pytest.raises(ConnectionLostError, match=r"did not answer within 0\.2 s") as caught:
            await connection.bind("x", b"x")
        assert caught.value.possibly_processed
        assert connection.silent


async def test_silence_about_one_search_of_a_living_server_gives_that_up_alone(authority: Authority) -> None:
    async def answer_the_second(exchange: Exchange) -> None:
        await exchange.accept_bind()
        first = await exchange.request()
        await exchange.request()  # the Abandon
        del first
        exchange.send(LDAPMessage(await exchange.request(), SearchResultDone(LDAPResult(0))))
        await exchange.until_closed()

    async with scripted(authority, answer_the_second) as connection:
        await connection.bind("x", b"x")
        slow, quick = SearchCollector(1), SearchCollector(1)
        connection._received_at = math.inf  # bytes of other requests keep coming
        connection.forward(request_frame(EVERYTHING), slow, 0.05)
        with pytest.raises(ConnectionLostError, match="did not answer"):
            await slow.outcome
        connection.forward(request_frame(EVERYTHING), quick, math.inf)
        assert (await quick.outcome).result.result_code == 0
        assert not connection.silent


async def test_a_bind_that_is_given_up_closes_the_connection(authority: Authority) -> None:
    asked = asyncio.Event()

    async def never(exchange: Exchange) -> None:
        await exchange.request()
        asked.set()
        await exchange.until_closed()

    async with scripted(authority, never) as connection:
        bind = asyncio.ensure_future(connection.bind("x", b"x"))
        await asked.wait()
        bind.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bind
        assert connection.closed


async def test_reading_can_be_paused_and_resumed(demo: DemoDirectory, authority: Authority) -> None:
    async with connected(demo, authority) as connection:
        connection.pause_reading()
        collector = SearchCollector(100)
        connection.forward(request_frame(EVERYTHING), collector, 5)
        connection.resume_reading()
        assert (await collector.outcome).entries


async def test_an_unsolicited_message_of_another_kind_changes_nothing(authority: Authority) -> None:
    async def chat(exchange: Exchange) -> None:
        request = await exchange.request()
        exchange.send(LDAPMessage(0, ExtendedResponse(LDAPResult(0), "1.2.3")))
        exchange.send(LDAPMessage(request, BindResponse(LDAPResult(0))))
        await exchange.until_closed()

    async with scripted(authority, chat) as connection:
        assert (await connection.bind("x", b"x")).result_code == 0
