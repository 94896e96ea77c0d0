"""The passes: people of real directories end up in a real store, and nobody ever leaves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from mfa_server.clock import Clock
from mfa_server.demo import DemoDirectory, DemoTree
from mfa_server.directories import DirectorySettings
from mfa_server.store.sqlite import SqliteStore
from mfa_server.sync import Synchronizer, SyncSource
from tests.mfa_server.sync.sources import source
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import demo_settings, eventually, opened, running_demo, server_context, settings_for
from tests.support.directory import DirectoryServer
from tests.support.people import GROUP, PEOPLE
from tests.support.samba import STATES
from tests.support.slapd import Slapd

BASE = "dc=example,dc=test"
GROUP_DN = f"cn={GROUP},ou=groups,{BASE}"


@asynccontextmanager
async def syncing(
    settings: DirectorySettings, store: SqliteStore, clock: Clock, *sources: SyncSource
) -> AsyncIterator[Synchronizer]:
    async with opened(settings) as directory:
        yield Synchronizer(store, directory.reader, sources, clock)


async def names_in(store: SqliteStore) -> list[str]:
    return [user.username for user, _ in await store.list_users(limit=1000)]


@pytest.mark.parametrize("fixture", ["slapd_server", "samba_ad"])
async def test_a_pass_brings_the_group_with_phones_and_a_second_changes_nothing(
    request: pytest.FixtureRequest, store: SqliteStore, clock: ManualClock, fixture: str
) -> None:
    server: DirectoryServer = request.getfixturevalue(fixture)
    extra = len(STATES) if fixture == "samba_ad" else 0
    staff = source(select={"groups": [GROUP_DN]}, phone={"defaultRegion": "DE"}, defaults={"method": "TextMessage"})
    async with syncing(settings_for(server), store, clock, staff) as it:
        run = await it.run_pass(staff)
        assert (run.error, run.added, run.changed, run.unchanged) == ("", len(PEOPLE) + extra, 0, 0)
        anna, _ = next(found for found in await store.list_users(search="anna") if found[0].username == "anna")
        assert (anna.phone, anna.email, anna.source, anna.method) == (
            "+4915112345600",
            "anna@example.test",
            "mfa/staff",
            "TextMessage",
        )
        assert (anna.display_name, anna.dn.lower()) == (
            "Anna Example",
            server.account("anna").dn.lower(),
        ) or fixture == "slapd_server"
        again = await it.run_pass(staff)
        assert (again.error, again.added, again.changed, again.unchanged) == ("", 0, 0, len(PEOPLE) + extra)
        assert [kept.unchanged for kept in await store.sync_runs()] == [len(PEOPLE) + extra]


async def test_a_changed_number_comes_with_the_next_pass_and_nobody_is_removed(
    slapd_server: Slapd, store: SqliteStore, clock: ManualClock
) -> None:
    late = f"uid=zoe,ou=people,{BASE}"
    slapd_server.add(f"dn: {late}\nobjectClass: inetOrgPerson\nuid: zoe\ncn: Zoe\nsn: Z\nmobile: 01511 2345699\n")
    everybody = source(select={"searches": [{"baseDN": f"ou=people,{BASE}"}]}, phone={"defaultRegion": "DE"})
    async with syncing(settings_for(slapd_server), store, clock, everybody) as it:
        try:
            await it.run_pass(everybody)
            slapd_server.apply(f"dn: {late}\nchangetype: modify\nreplace: mobile\nmobile: 01511 2345698\n")
            assert (await it.run_pass(everybody)).changed == 1
        finally:
            slapd_server.delete(late)
        assert (await it.run_pass(everybody)).error == ""
        ((zoe, _),) = await store.list_users(search="zoe")
        assert (zoe.phone, zoe.enabled) == ("+4915112345698", True)


async def test_numbers_that_cannot_be_used_are_counted_and_listed_without_being_shown(
    slapd_server: Slapd, store: SqliteStore, clock: ManualClock
) -> None:
    staff = source(select={"searches": [{"baseDN": BASE, "filter": "(|(uid=anna)(uid=tina))"}]})
    async with syncing(settings_for(slapd_server), store, clock, staff) as it:
        with capture_logs() as logs:
            run = await it.run_pass(staff)
    assert (run.added, run.phones_invalid, run.error) == (2, 1, ""), "tina has none; national ones need a region"
    (report,) = [log for log in logs if log["event"] == "phone numbers that cannot be used"]
    assert report["first"] == ["anna: mobile"]
    assert "01511" not in str(logs)


async def test_somebody_two_selections_name_comes_once(
    slapd_server: Slapd, store: SqliteStore, clock: ManualClock
) -> None:
    select = {
        "groups": [GROUP_DN],
        "searches": [{"baseDN": BASE, "filter": "(uid=anna)"}],
        "users": ["anna@example.test"],
    }
    staff = source(select=select)
    async with syncing(settings_for(slapd_server), store, clock, staff) as it:
        assert (await it.run_pass(staff)).added == len(PEOPLE)


async def test_of_two_sources_the_first_keeps_a_person(
    slapd_server: Slapd, store: SqliteStore, clock: ManualClock
) -> None:
    select = {"users": ["anna@example.test"]}
    first, second = source("mfa/first", select=select, order=1), source("mfa/second", select=select, order=2)
    async with syncing(settings_for(slapd_server), store, clock, second, first) as it:
        for each in it.sources:
            await it.run_pass(each)
        ((anna, _),) = await store.list_users(search="anna")
        assert anna.source == "mfa/first"


async def test_a_failed_pass_says_why_and_leaves_everybody(
    slapd_server: Slapd, store: SqliteStore, clock: ManualClock
) -> None:
    staff = source(select={"groups": [GROUP_DN]})
    async with syncing(settings_for(slapd_server), store, clock, staff) as it:
        await it.run_pass(staff)
        slapd_server.stop()
        try:
            run = await it.run_pass(staff)
        finally:
            slapd_server.start()
        assert run.error
        assert len(await names_in(store)) == len(PEOPLE)
        assert [kept.error for kept in await store.sync_runs()] == [run.error]


async def test_a_group_that_went_away_is_an_error_of_the_pass(
    slapd_server: Slapd, store: SqliteStore, clock: ManualClock
) -> None:
    staff = source(select={"groups": [f"cn=gone,{BASE}"]})
    async with syncing(settings_for(slapd_server), store, clock, staff) as it:
        assert "no entry 'cn=gone" in (await it.run_pass(staff)).error


async def test_three_thousand_people_by_pages(authority: Authority, store: SqliteStore, clock: ManualClock) -> None:
    people = "".join(
        f"dn: CN=p{number:04d},DC=example,DC=com\nobjectClass: user\nsAMAccountName: p{number:04d}\n"
        f"sAMAccountType: 805306368\nmobile: 07700 900{number % 1000:03d}\n\n"
        for number in range(3000)
    )
    own = "dn: CN=svc-mfa,DC=example,DC=com\nsAMAccountName: svc-mfa\nuserPassword: Service-account-1\n\n"
    tree = DemoTree.from_ldif("dn: DC=example,DC=com\nobjectClass: domainDNS\n\n" + own + people)
    everybody = source(select={"searches": [{"baseDN": "dc=example,dc=com"}]}, phone={"defaultRegion": "GB"})
    async with (
        running_demo(authority, tree) as demo,
        syncing(demo_settings(authority, demo), store, clock, everybody) as it,
    ):
        run = await it.run_pass(everybody)
        assert (run.added, run.phones_invalid, run.error) == (3000, 0, "")


# The loop -------------------------------------------------------------------------------------------------------------


class Loop:
    """A synchronizer that runs, and the passes its directory saw."""

    def __init__(self, it: Synchronizer, demo: DemoDirectory) -> None:
        self.it = it
        self.demo = demo
        self.stop = asyncio.Event()
        self.task = asyncio.ensure_future(it.run(self.stop))

    @property
    def passes(self) -> int:
        return self.demo.binds_of("svc-mfa@example.com")

    async def wake(self) -> None:
        """Let the loop look at the clock again."""
        self.it.replace(self.it._reader, self.it.sources)


@asynccontextmanager
async def looping(
    authority: Authority, store: SqliteStore, clock: ManualClock, *sources: SyncSource
) -> AsyncIterator[Loop]:
    async with running_demo(authority) as demo, syncing(demo_settings(authority, demo), store, clock, *sources) as it:
        loop = Loop(it, demo)
        try:
            yield loop
        finally:
            loop.stop.set()
            await asyncio.wait_for(loop.task, 5)


def staff_of_demo(name: str = "mfa/staff", **fields: Any) -> SyncSource:
    return source(name, **{"select": {"groups": ["cn=mfa-users,ou=groups,dc=example,dc=com"]}, **fields})


async def runs_of(store: SqliteStore) -> dict[str, str]:
    return {run.source: run.error for run in await store.sync_runs()}


async def test_every_source_runs_at_the_start_and_then_each_interval(
    authority: Authority, store: SqliteStore, clock: ManualClock
) -> None:
    often, seldom = staff_of_demo("mfa/often", interval="10m"), staff_of_demo("mfa/seldom", interval="1h")
    async with looping(authority, store, clock, often, seldom) as loop:
        await eventually(lambda: loop.passes == 2, "both run at the start")
        clock.advance(601)
        await loop.wake()
        await eventually(lambda: loop.passes == 3, "the one that is due runs again")
        clock.advance(3000)
        await loop.wake()
        await eventually(lambda: loop.passes == 5, "both are due, each once")
    assert await runs_of(store) == {"mfa/often": "", "mfa/seldom": ""}


async def test_a_failed_first_pass_is_repeated_after_a_minute(
    authority: Authority, store: SqliteStore, clock: ManualClock
) -> None:
    async with looping(
        authority, store, clock, staff_of_demo(select={"groups": ["cn=gone,dc=example,dc=com"]})
    ) as loop:
        await eventually(lambda: loop.passes == 1, "the first pass")
        await eventually(lambda: bool(loop.it._states), "it ends")
        clock.advance(61)
        await loop.wake()
        await eventually(lambda: loop.passes == 2, "the second pass")


async def test_a_changed_source_is_due_at_once_and_a_removed_one_runs_no_more(
    authority: Authority, store: SqliteStore, clock: ManualClock
) -> None:
    one, other = staff_of_demo("mfa/one"), staff_of_demo("mfa/other")
    async with looping(authority, store, clock, one, other) as loop:
        await eventually(lambda: loop.passes == 2, "both run at the start")
        await eventually(lambda: len(loop.it._states) == 2, "both end")
        loop.it.replace(loop.it._reader, [staff_of_demo("mfa/one", defaults={"method": "OathToken"})])
        await eventually(lambda: loop.passes == 3, "the changed one runs")
        anna = (await store.list_users(search="anna"))[0][0]
        await eventually(lambda: loop.it._states, "it ends")
        assert [each.name for each in loop.it.sources] == ["mfa/one"]
        assert anna.source == "mfa/one"


async def test_stop_ends_a_pass_that_hangs(authority: Authority, store: SqliteStore, clock: ManualClock) -> None:
    async with running_demo(authority) as demo:
        hanging = await asyncio.start_server(
            lambda reader, writer: None, "127.0.0.1", 0, ssl=server_context(authority.issue("x"))
        )
        address = demo_settings(authority, demo).servers[0]
        address = type(address)("127.0.0.1", hanging.sockets[0].getsockname()[1])
        async with syncing(demo_settings(authority, servers=(address,)), store, clock, staff_of_demo()) as it:
            stop = asyncio.Event()
            task = asyncio.ensure_future(it.run(stop))
            await eventually(it._one_at_a_time.locked, "the pass begins")
            stop.set()
            await asyncio.wait_for(task, 2)
        hanging.close()


async def test_without_sources_the_loop_waits_for_some(
    authority: Authority, store: SqliteStore, clock: ManualClock
) -> None:
    async with looping(authority, store, clock) as loop:
        loop.it.replace(loop.it._reader, [staff_of_demo()])
        await eventually(lambda: loop.passes == 1, "the new source runs")
