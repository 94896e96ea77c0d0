"""Searches under the own account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.clock import Clock, SystemClock
from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings
from mfa_server.directories.connect import Connector
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.errors import ConnectFailedError, OwnBindRefusedError, SearchFailedError
from mfa_server.directories.search import OwnSearches, SearchCollector, request_frame
from mfa_server.directories.servers import Servers
from mfa_server.ldap import SearchRequest, Tag
from mfa_server.ldap.filters import EqualityMatch, Present
from mfa_server.ldap.framing import parse_frame
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import DEMO_BASE, demo_settings

EVERYTHING = SearchRequest(DEMO_BASE, 2, Present("objectClass"), ("cn",))
ANNA = SearchRequest(DEMO_BASE, 2, EqualityMatch("sAMAccountName", b"anna"), ("cn",))


@asynccontextmanager
async def searches_of(
    settings: DirectorySettings, clock: Clock | None = None
) -> AsyncIterator[tuple[OwnSearches, Servers]]:
    servers = Servers(settings.servers, Connector.of(settings), clock or SystemClock(), DirectoryCounters())
    searches = OwnSearches(servers, settings)
    try:
        yield searches, servers
    finally:
        searches.close()
        await servers.close()


async def test_two_hundred_at_once_share_few_connections(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, servers):
        outcomes = await asyncio.gather(*(searches.search(ANNA) for _ in range(200)))
        assert {outcome.entries[0].object_name for outcome in outcomes} == {
            "CN=Anna Archer,OU=people,DC=example,DC=com"
        }
        assert servers.counters.connects <= 4
        assert servers.counters.own_binds == servers.counters.connects
        assert servers.counters.own_searches == 200


async def test_references_to_other_servers_are_left_out(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, _):
        outcome = await searches.search(EVERYTHING)
        assert (outcome.result.result_code, len(outcome.entries)) == (0, 13)


async def test_more_entries_than_asked_for_are_an_error_not_a_heap(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, _):
        with pytest.raises(SearchFailedError, match="more than 3 entries"):
            await searches.search(EVERYTHING, limit=3)
        assert (await searches.search(ANNA)).entries


async def test_the_directorys_own_limit_comes_through_as_a_result(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, _):
        outcome = await searches.search(SearchRequest(DEMO_BASE, 2, Present("cn"), size_limit=2))
        assert (outcome.result.result_code, len(outcome.entries)) == (4, 2)


async def test_a_wrong_password_of_the_own_account_is_not_tried_again_for_a_minute(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    settings = demo_settings(authority, demo, bind_password=b"out of date")
    async with searches_of(settings, clock) as (searches, servers):
        for _ in range(5):
            with pytest.raises(OwnBindRefusedError, match=r"refuses 'svc-mfa@example\.com' with result 49") as caught:
                await searches.search(ANNA)
            assert "bindSecretRef" in caught.value.hint
            assert "out of date" not in str(caught.value)
        assert servers.counters.own_binds == 1
        clock.advance(60)
        with pytest.raises(OwnBindRefusedError):
            await searches.search(ANNA)
        assert demo.binds_of("svc-mfa@example.com") == 2


async def test_a_lost_connection_is_made_anew(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, servers):
        await searches.search(ANNA)
        for connection in list(searches._connections.connections):
            connection.abort()
        assert (await searches.search(ANNA)).entries
        assert servers.counters.own_binds == 2


async def test_nobody_to_ask_is_said(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, _):
        await demo.close()
        with pytest.raises(DirectoryUnavailableError):
            await searches.search(ANNA)


async def test_after_close_nothing_is_asked(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, _):
        searches.close()
        with pytest.raises(DirectoryUnavailableError, match="was closed"):
            await searches.search(ANNA)


async def test_a_search_that_is_given_up_is_abandoned(demo: DemoDirectory, authority: Authority) -> None:
    async with searches_of(demo_settings(authority, demo)) as (searches, _):
        task = asyncio.ensure_future(searches.search(ANNA))
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(turn.set_result, None)
        await turn
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await searches.search(ANNA)).entries


async def test_an_answer_that_is_no_ldap_is_an_error() -> None:
    collector = SearchCollector(5)
    collector.response(parse_frame(b"\x30\x07\x02\x01\x01\x65\x02\x04\x00"), final=True)
    with pytest.raises(SearchFailedError, match="no LDAP"):
        await collector.outcome
    collector.lost(ConnectFailedError("too late"))


def test_a_request_becomes_a_frame() -> None:
    assert request_frame(ANNA).tag == Tag.SEARCH_REQUEST
