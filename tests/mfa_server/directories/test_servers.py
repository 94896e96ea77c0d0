"""Several servers: fail-over, memory of dead ones, and the way back."""

from collections.abc import Callable

import pytest

from mfa_server.demo import DemoDirectory
from mfa_server.directories import ServerAddress
from mfa_server.directories.connect import Connector
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.errors import ConnectFailedError
from mfa_server.directories.servers import Servers
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import demo_settings, eventually, running_demo, server_context

Maker = Callable[[DemoDirectory], Servers]


def servers_of(authority: Authority, clock: ManualClock, *demos: DemoDirectory) -> Servers:
    settings = demo_settings(authority, *demos)
    return Servers(settings.servers, Connector.of(settings), clock, DirectoryCounters())


async def reached(servers: Servers) -> ServerAddress:
    connection = await servers.connect()
    connection.close()
    return connection.server


async def test_the_next_server_is_asked_and_the_dead_one_remembered(authority: Authority, clock: ManualClock) -> None:
    async with running_demo(authority) as first, running_demo(authority) as second:
        servers = servers_of(authority, clock, first, second)
        assert (await reached(servers)).port == first.ldaps_port
        await first.close()
        assert (await reached(servers)).port == second.ldaps_port
        assert servers.counters.connect_failures == 1
        assert (await reached(servers)).port == second.ldaps_port
        assert servers.counters.connect_failures == 1, "the dead one was asked again"
        assert [alive for _, alive in servers.health()] == [False, True]
        assert not servers.is_preferred(servers.health()[0][0])
        assert servers.is_preferred(servers.health()[1][0])
        await servers.close()


async def test_a_dead_server_is_probed_beside_the_work_and_preferred_again(
    authority: Authority, clock: ManualClock
) -> None:
    async with running_demo(authority) as first, running_demo(authority) as second:
        servers = servers_of(authority, clock, first, second)
        servers.note_failure(servers.health()[0][0], "as if")
        servers.tend()
        assert not servers.health()[0][1]
        clock.advance(1)
        servers.tend()
        await eventually(lambda: servers.health()[0][1], "the probe brings it back")
        assert servers.is_preferred(servers.health()[0][0])
        assert not servers.is_preferred(servers.health()[1][0])
        await servers.close()


async def test_with_nobody_alive_it_is_tried_once_a_second_not_more(authority: Authority, clock: ManualClock) -> None:
    async with running_demo(authority) as only:
        context = server_context(authority.issue("dc1"))
        servers = servers_of(authority, clock, only)
        await only.close()
        with pytest.raises(ConnectFailedError, match="127"):
            await servers.connect()
        with pytest.raises(ConnectFailedError, match="not tried again yet"):
            await servers.connect()
        assert servers.counters.connect_failures == 1
        await only.start(context)
        clock.advance(1)
        assert (await reached(servers)).port == only.ldaps_port
        await servers.close()
    assert servers.counters.open_connections == 0


async def test_closing_stops_a_probe(authority: Authority, clock: ManualClock) -> None:
    async with running_demo(authority) as first, running_demo(authority) as second:
        servers = servers_of(authority, clock, first, second)
        servers.note_failure(servers.health()[0][0], "as if")
        clock.advance(1)
        servers.tend()
        await servers.close()
        assert not servers.health()[0][1]
