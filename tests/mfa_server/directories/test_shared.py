"""Connections of one identity: shared, limited, and nobody else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings
from mfa_server.directories.connect import Connector
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.search import request_frame
from mfa_server.directories.servers import Servers
from mfa_server.directories.shared import BindKind, Credential, SharedConnections, SharedLimits, SharedRequest
from mfa_server.ldap import (
    BindResponse,
    Frame,
    LDAPMessage,
    LDAPResult,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
)
from mfa_server.ldap.filters import EqualityMatch
from tests.mfa_server.directories.scripted import Exchange, scripted_server
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import DEMO_BASE, demo_settings, eventually, server_context

ANNA = SearchRequest(DEMO_BASE, 2, EqualityMatch("sAMAccountName", b"anna"), ("cn",))
SVC = Credential("svc-netscaler@example.com", b"Service-account-1", BindKind.SEARCH)


class Outcome:
    """Keeps what came."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.done = False
        self.failure: tuple[int, str] | None = None

    def response(self, frame: Frame, *, final: bool) -> None:
        self.frames.append(frame)
        self.done = final

    def failed(self, result_code: int, text: str) -> None:
        assert self.failure is None
        self.failure = (result_code, text)

    @property
    def over(self) -> bool:
        return self.done or self.failure is not None


class Asking:
    """Shared connections and a clock, for one test."""

    def __init__(
        self, settings: DirectorySettings, credential: Credential, clock: ManualClock, limits: SharedLimits
    ) -> None:
        self.servers = Servers(settings.servers, Connector.of(settings), clock, DirectoryCounters())
        self.connections = SharedConnections(self.servers, credential, limits)
        self.requests: list[SharedRequest] = []

    def ask(self) -> Outcome:
        outcome = Outcome()
        self.requests.append(SharedRequest(request_frame(ANNA), outcome, 5.0))
        self.connections.submit(self.requests[-1])
        return outcome

    async def answered(self) -> Outcome:
        outcome = self.ask()
        await eventually(lambda: outcome.over, "the request ends")
        return outcome


@asynccontextmanager
async def asking(
    settings: DirectorySettings, clock: ManualClock, credential: Credential = SVC, **limits: Any
) -> AsyncIterator[Asking]:
    asking = Asking(settings, credential, clock, SharedLimits(**limits))
    try:
        yield asking
    finally:
        asking.connections.close()
        await asking.servers.close()


async def test_requests_before_the_first_connection_wait_for_it(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with asking(demo_settings(authority, demo), clock) as it:
        outcomes = [it.ask() for _ in range(5)]
        assert it.connections.busy
        await eventually(lambda: all(outcome.done for outcome in outcomes), "all are answered")
        assert (it.servers.counters.search_binds, it.servers.counters.own_binds) == (1, 0)
        assert not it.connections.busy


async def test_no_connection_carries_more_than_allowed(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with asking(demo_settings(authority, demo), clock, connections=2, in_flight=3) as it:
        outcomes = [it.ask() for _ in range(50)]
        await eventually(lambda: len(it.connections.connections) == 2, "the second connection is made")
        assert all(connection.in_flight <= 3 for connection in it.connections.connections)
        await eventually(lambda: all(outcome.done for outcome in outcomes), "all are answered")
        assert it.servers.counters.search_binds == 2


async def test_more_than_the_queue_holds_is_busy(demo: DemoDirectory, authority: Authority, clock: ManualClock) -> None:
    async with asking(demo_settings(authority, demo), clock, queued=2) as it:
        outcomes = [it.ask() for _ in range(3)]
        assert [outcome.failure for outcome in outcomes] == [
            None,
            None,
            (51, "too many requests wait for the directory"),
        ]


async def test_a_refused_bind_fails_everything_and_is_not_repeated(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    wrong = Credential("svc-netscaler@example.com", b"changed meanwhile", BindKind.SEARCH)
    async with asking(demo_settings(authority, demo), clock, wrong) as it:
        for _ in range(4):
            failure = (await it.answered()).failure
            assert failure is not None
            assert failure[0] == 49
            assert "changed meanwhile" not in failure[1]
            clock.advance(3600)
        assert demo.binds_of("svc-netscaler@example.com") == 1
        it.connections.accept_again()
        await it.answered()
        assert demo.binds_of("svc-netscaler@example.com") == 2


async def test_a_refusal_other_than_a_wrong_password_is_unavailability(
    authority: Authority, clock: ManualClock
) -> None:
    async def busy(exchange: Exchange) -> None:
        exchange.send(LDAPMessage(await exchange.request(), BindResponse(LDAPResult(51))))
        await exchange.until_closed()

    async with (
        scripted_server(busy, server_context(authority.issue("busy"))) as server,
        asking(demo_settings(authority, servers=(server,)), clock) as it,
    ):
        failure = (await it.answered()).failure
        assert failure is not None
        assert failure[0] == 52


async def test_a_read_whose_connection_is_lost_is_sent_once_more(authority: Authority, clock: ManualClock) -> None:
    served = 0

    async def second_time_lucky(exchange: Exchange) -> None:
        nonlocal served
        served += 1
        await exchange.accept_bind()
        request = await exchange.request()
        if served > 1:
            exchange.send(LDAPMessage(request, SearchResultDone(LDAPResult(0))))
            await exchange.until_closed()

    async with (
        scripted_server(second_time_lucky, server_context(authority.issue("lucky"))) as server,
        asking(demo_settings(authority, servers=(server,)), clock) as it,
    ):
        assert (await it.answered()).done
        assert served == 2


@pytest.mark.parametrize(("attempts", "entries", "binds"), [(1, 0, 1), (2, 1, 1), (2, 0, 2)])
async def test_it_is_not_sent_again_where_that_could_repeat_entries_or_break_state(
    authority: Authority, clock: ManualClock, attempts: int, entries: int, binds: int
) -> None:
    async def leave(exchange: Exchange) -> None:
        await exchange.accept_bind()
        request = await exchange.request()
        for _ in range(entries):
            exchange.send(LDAPMessage(request, SearchResultEntry("cn=x")))
        await exchange.writer.drain()
        exchange.writer.close()

    async with (
        scripted_server(leave, server_context(authority.issue("leaver"))) as server,
        asking(demo_settings(authority, servers=(server,)), clock, attempts=attempts) as it,
    ):
        outcome = await it.answered()
        assert outcome.failure is not None
        assert outcome.failure[0] == 52
        assert it.servers.counters.search_binds == binds


async def mute_after_bind(exchange: Exchange) -> None:
    await exchange.accept_bind()
    await exchange.until_closed()


async def test_nothing_more_goes_to_a_server_that_is_known_to_be_dead_while_another_lives(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with scripted_server(mute_after_bind, server_context(authority.issue("mute"))) as mute:
        second = demo_settings(authority, demo).servers[0]
        async with asking(demo_settings(authority, servers=(mute, second)), clock, connections=1) as it:
            stuck = it.ask()
            await eventually(lambda: it.connections.connections, "the first server takes the request")
            it.servers.note_failure(mute, "a password check got no answer")
            assert (await it.answered()).done
            assert not stuck.over


async def test_nothing_more_goes_over_a_connection_that_keeps_silent(authority: Authority, clock: ManualClock) -> None:
    served = 0

    async def mute_at_first(exchange: Exchange) -> None:
        nonlocal served
        served += 1
        await exchange.accept_bind()
        while served > 1 and (request := await exchange.request()):
            exchange.send(LDAPMessage(request, SearchResultDone(LDAPResult(0))))
        await exchange.until_closed()

    async with (
        scripted_server(mute_at_first, server_context(authority.issue("mute"))) as server,
        asking(demo_settings(authority, servers=(server,), timeout_seconds=0.5), clock, connections=1) as it,
    ):
        it.ask()
        await eventually(lambda: it.connections.connections, "the connection is made")
        (connection,) = it.connections.connections
        await eventually(lambda: connection.stalled, "the server has been silent for its time")
        assert (await it.answered()).done
        assert served == 2


async def test_a_connection_that_holds_state_is_used_whatever_became_of_its_server(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with asking(demo_settings(authority, demo), clock, connections=1, idle_seconds=float("inf")) as it:
        await it.answered()
        it.servers.note_failure(it.connections.connections[0].server, "a connection failed")
        assert (await it.answered()).done
        assert it.servers.counters.search_binds == 1


async def test_a_cancelled_request_is_silent_waiting_or_sent(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with asking(demo_settings(authority, demo), clock) as it:
        waiting = it.ask()
        it.connections.cancel(it.requests[-1])
        assert not it.connections.busy
        await it.answered()
        sent = it.ask()
        it.connections.cancel(it.requests[-1])
        it.connections.cancel(it.requests[-1])
        await it.answered()
        assert not waiting.over
        assert not sent.over


async def test_idle_connections_go_and_held_ones_stay(
    demo: DemoDirectory, authority: Authority, clock: ManualClock
) -> None:
    async with asking(demo_settings(authority, demo), clock) as it:
        await it.answered()
        it.connections.close_idle(clock.monotonic() + 99)
        assert it.connections.connections
        it.connections.close_idle(clock.monotonic() + 100)
        assert not it.connections.connections
    async with asking(demo_settings(authority, demo), clock, idle_seconds=float("inf")) as it:
        await it.answered()
        it.connections.close_idle(clock.monotonic() + 1e9)
        assert len(it.connections.connections) == 1


async def test_close_fails_what_waits(demo: DemoDirectory, authority: Authority, clock: ManualClock) -> None:
    async with asking(demo_settings(authority, demo), clock) as it:
        outcome = it.ask()
        it.connections.close()
        assert outcome.failure == (52, "the connection to the directory was closed")


def test_a_credential_shows_no_password() -> None:
    assert "Service-account" not in repr(SVC)
