"""Password checks: one bind each, one at a time per connection, never twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mfa_server.clock import SystemClock
from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings, TlsMode
from mfa_server.directories.connect import Connector
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.errors import ConnectFailedError, ConnectionLostError
from mfa_server.directories.pool import BindPool
from mfa_server.directories.servers import Servers
from tests.mfa_server.directories.scripted import Exchange, scripted_server, silent
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import demo_settings, running_demo, server_context, settings_for
from tests.support.slapd import Slapd

ANNA, PASSWORD = "CN=Anna Archer,OU=people,DC=example,DC=com", b"Welcome-to-Anna-1"


@asynccontextmanager
async def pool_of(
    settings: DirectorySettings, clock: Any = None, **limits: Any
) -> AsyncIterator[tuple[BindPool, Servers]]:
    servers = Servers(settings.servers, Connector.of(settings), clock or SystemClock(), DirectoryCounters())
    pool = BindPool(servers, **limits)
    try:
        yield pool, servers
    finally:
        pool.close()
        await servers.close()


async def test_one_check_is_one_bind_right_or_wrong(demo: DemoDirectory, authority: Authority) -> None:
    async with pool_of(demo_settings(authority, demo)) as (pool, servers):
        assert (await pool.check(ANNA, PASSWORD)).result_code == 0
        assert (await pool.check(ANNA, b"wrong")).result_code == 49
        assert (demo.binds_of(ANNA), servers.counters.password_checks, servers.counters.connects) == (2, 2, 1)


async def test_many_checks_at_once_take_no_more_connections_than_allowed(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with pool_of(demo_settings(authority, demo), size=3) as (pool, servers):
        results = await asyncio.gather(*(pool.check(ANNA, PASSWORD) for _ in range(40)))
        assert {result.result_code for result in results} == {0}
        assert (demo.binds_of(ANNA), pool.idle) == (40, 3)
        assert servers.counters.connects == 3


async def test_openldap_answers_every_one_of_many_checks_at_once(slapd_server: Slapd) -> None:
    anna = slapd_server.account("anna")
    before = slapd_server.binds_of(anna.dn)
    async with pool_of(settings_for(slapd_server), size=8) as (pool, _):
        results = await asyncio.gather(*(pool.check(anna.dn, anna.password.encode()) for _ in range(100)))
    assert {result.result_code for result in results} == {0}
    assert slapd_server.binds_of(anna.dn) - before == 100


async def test_a_check_waits_for_a_free_connection_only_so_long(authority: Authority) -> None:
    async with scripted_server(silent, server_context(authority.issue("silent"))) as server:
        settings = demo_settings(authority, servers=(server,), timeout_seconds=0.2)
        async with pool_of(settings, size=1) as (pool, _):
            first = asyncio.ensure_future(pool.check(ANNA, PASSWORD))
            second = asyncio.ensure_future(pool.check(ANNA, PASSWORD))
            with pytest.raises(ConnectFailedError, match="became free"):
                await second
            with pytest.raises(ConnectionLostError):
                await first


async def test_too_many_waiting_checks_are_refused_at_once(authority: Authority, demo: DemoDirectory) -> None:
    async with pool_of(demo_settings(authority, demo), waiting=0) as (pool, _):
        with pytest.raises(ConnectFailedError, match="too many password checks"):
            await pool.check(ANNA, PASSWORD)


async def test_a_bind_that_was_sent_is_not_sent_to_the_second_server(demo: DemoDirectory, authority: Authority) -> None:
    async def take_and_leave(exchange: Exchange) -> None:
        await exchange.request()

    async with scripted_server(take_and_leave, server_context(authority.issue("leaver"))) as server:
        both = (server, *demo_settings(authority, demo).servers)
        async with pool_of(demo_settings(authority, servers=both)) as (pool, _):
            with pytest.raises(ConnectionLostError) as caught:
                await pool.check(ANNA, PASSWORD)
            assert caught.value.possibly_processed
            assert demo.binds_of(ANNA) == 0


async def test_a_silent_server_is_remembered_and_the_next_check_goes_elsewhere(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with scripted_server(silent, server_context(authority.issue("silent"))) as server:
        both = (server, *demo_settings(authority, demo).servers)
        async with pool_of(demo_settings(authority, servers=both, timeout_seconds=0.2)) as (pool, servers):
            with pytest.raises(ConnectionLostError, match="did not answer"):
                await pool.check(ANNA, PASSWORD)
            assert (await pool.check(ANNA, PASSWORD)).result_code == 0
            assert [alive for _, alive in servers.health()] == [False, True]


async def test_a_server_down_before_anything_was_sent_is_passed_over(demo: DemoDirectory, authority: Authority) -> None:
    async with running_demo(authority) as first:
        settings = demo_settings(authority, first, demo)
        await first.close()
        async with pool_of(settings) as (pool, _):
            assert (await pool.check(ANNA, PASSWORD)).result_code == 0
            assert demo.binds_of(ANNA) == 1


async def test_idle_connections_are_closed_before_the_directory_does_it(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with pool_of(demo_settings(authority, demo), clock) as (pool, servers):
        await pool.check(ANNA, PASSWORD)
        pool.close_idle(clock.monotonic() + 99)
        assert pool.idle == 1
        pool.close_idle(clock.monotonic() + 100)
        assert (pool.idle, servers.counters.open_connections) == (0, 0)


async def test_connections_to_the_second_choice_go_when_the_first_is_back(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with (
        running_demo(authority) as first,
        pool_of(demo_settings(authority, first, demo), clock) as (pool, servers),
    ):
        best = servers.health()[0][0]
        servers.note_failure(best, "as if")
        await pool.check(ANNA, PASSWORD)
        assert (demo.binds_of(ANNA), pool.idle) == (1, 1)
        (await servers._open(0)).close()  # what a probe does
        await pool.check(ANNA, PASSWORD)
        assert (demo.binds_of(ANNA), first.binds_of(ANNA)) == (1, 1)


async def test_a_check_that_is_given_up_costs_its_connection_and_nothing_else(authority: Authority) -> None:
    asked = asyncio.Event()

    async def never(exchange: Exchange) -> None:
        await exchange.request()
        asked.set()
        await exchange.until_closed()

    async with (
        scripted_server(never, server_context(authority.issue("never"))) as server,
        pool_of(demo_settings(authority, servers=(server,)), size=1) as (pool, servers),
    ):
        check = asyncio.ensure_future(pool.check(ANNA, PASSWORD))
        await asked.wait()
        check.cancel()
        with pytest.raises(asyncio.CancelledError):
            await check
        assert (pool.idle, servers.counters.open_connections) == (0, 0)


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_a_restart_of_the_directory_is_survived(slapd_server: Slapd, tls: TlsMode, clock: ManualClock) -> None:
    anna = slapd_server.account("anna")
    async with pool_of(settings_for(slapd_server, tls=tls), clock) as (pool, _):
        assert (await pool.check(anna.dn, anna.password.encode())).result_code == 0
        slapd_server.stop()
        try:
            with pytest.raises((ConnectFailedError, ConnectionLostError)):
                await pool.check(anna.dn, anna.password.encode())
        finally:
            slapd_server.start()
        clock.advance(1)
        assert (await pool.check(anna.dn, anna.password.encode())).result_code == 0


async def test_a_frozen_directory_is_given_up_in_time(slapd_server: Slapd) -> None:
    anna = slapd_server.account("anna")
    async with pool_of(settings_for(slapd_server, timeout_seconds=0.3)) as (pool, _):
        await pool.check(anna.dn, anna.password.encode())
        slapd_server.freeze()
        try:
            with pytest.raises(ConnectionLostError, match="did not answer"):
                await pool.check(anna.dn, anna.password.encode())
        finally:
            slapd_server.thaw()
