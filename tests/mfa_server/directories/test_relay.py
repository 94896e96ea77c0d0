"""Passing on: byte for byte, under the very credential, never under another one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from typing_extensions import override

from mfa_server.clock import SystemClock
from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings, RelaySession, SearchRelay
from mfa_server.directories.connect import Connector
from mfa_server.directories.controls import paged_results, paged_results_cookie
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.search import request_frame
from mfa_server.directories.servers import Servers
from mfa_server.directories.shared import SharedLimits
from mfa_server.ldap import (
    Control,
    Frame,
    LDAPMessage,
    SearchRequest,
    decode_controls,
    decode_message,
    decode_operation,
    encode_message,
    entry_dn,
)
from mfa_server.ldap.filters import EqualityMatch, Present
from mfa_server.ldap.framing import parse_frame
from mfa_server.ldap.messages import CompareRequest, CompareResponse, SearchResultDone
from tests.support.certificates import Authority
from tests.support.clock import ManualRandomness
from tests.support.directories import DEMO_BASE, demo_settings, eventually, settings_for
from tests.support.samba import SambaAd
from tests.support.slapd import Slapd

SVC = ("CN=svc-netscaler,OU=service,DC=example,DC=com", b"Service-account-1")
ANNA = SearchRequest(DEMO_BASE, 2, EqualityMatch("sAMAccountName", b"anna"))


class Sink:
    """Keeps what came, in order."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.references = 0
        self.intermediates = 0
        self.final: Frame | None = None
        self.failure: tuple[int, str] | None = None

    def entry(self, frame: Frame) -> None:
        self.entries.append(entry_dn(frame.operation))

    def reference(self, frame: Frame) -> None:
        self.references += 1

    def intermediate(self, frame: Frame) -> None:
        self.intermediates += 1

    def done(self, frame: Frame) -> None:
        assert self.final is None
        self.final = frame

    def failed(self, result_code: int, text: str) -> None:
        assert self.failure is None
        self.failure = (result_code, text)

    @property
    def over(self) -> bool:
        return self.final is not None or self.failure is not None

    @property
    def code(self) -> int:
        assert self.final is not None, self.failure
        done = decode_operation(self.final.tag, self.final.content)
        assert isinstance(done, SearchResultDone | CompareResponse)
        return done.result.result_code


class Relaying:
    """A relay with its counters."""

    def __init__(self, settings: DirectorySettings, limits: SharedLimits) -> None:
        self.servers = Servers(settings.servers, Connector.of(settings), SystemClock(), DirectoryCounters())
        self.relay = SearchRelay(self.servers, ManualRandomness(), limits)

    @property
    def counters(self) -> DirectoryCounters:
        return self.servers.counters


@asynccontextmanager
async def relaying(settings: DirectorySettings, **limits: Any) -> AsyncIterator[Relaying]:
    it = Relaying(settings, SharedLimits(**limits))
    try:
        yield it
    finally:
        it.relay.close()
        await it.servers.close()


async def ask(session: RelaySession, request: SearchRequest = ANNA, *controls: Control) -> Sink:
    sink = Sink()
    session.forward(request_frame(request, controls), controls, sink)
    return await ended(sink)


async def ended(sink: Sink) -> Sink:
    await eventually(lambda: sink.over, "the request ends")
    return sink


async def test_a_search_goes_out_under_the_credential_that_was_verified(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        sink = await ask(it.relay.open(*SVC))
        assert (sink.entries, sink.code) == ([b"CN=Anna Archer,OU=people,DC=example,DC=com"], 0)
        assert demo.binds_of(SVC[0]) == 1
        assert demo.binds_of("svc-mfa@example.com") == 0
        assert (it.counters.search_binds, it.counters.password_checks, it.counters.own_binds) == (1, 0, 0)


async def test_sessions_of_one_identity_share_and_bind_once(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        for _ in range(20):
            session = it.relay.open(*SVC)
            assert (await ask(session)).code == 0
            session.close()
        assert (demo.binds_of(SVC[0]), it.relay.identities, it.counters.searches) == (1, 1, 20)


async def test_two_identities_never_meet_even_with_one_name(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        right = it.relay.open(*SVC)
        wrong = it.relay.open(SVC[0], b"another password")
        assert (await ask(right)).code == 0
        failed = await ask(wrong)
        assert failed.failure is not None
        assert (failed.failure[0], failed.entries) == (49, [])
        assert (await ask(right)).code == 0
        assert it.relay.identities == 2
        assert demo.binds_of(SVC[0]) == 2


async def test_a_refused_identity_is_not_tried_again_until_it_is_verified_again(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        session = it.relay.open(SVC[0], b"changed")
        for _ in range(5):
            assert (await ask(session)).failure is not None
        assert demo.binds_of(SVC[0]) == 1
        await ask(it.relay.open(SVC[0], b"changed"))
        assert demo.binds_of(SVC[0]) == 2


async def test_requests_and_responses_pass_byte_for_byte(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        seen: list[bytes] = []

        class Raw(Sink):
            @override
            def entry(self, frame: Frame) -> None:
                seen.append(frame.operation)

        sink = Raw()
        it.relay.open(*SVC).forward(request_frame(ANNA), (), sink)
        await eventually(lambda: sink.over, "the search ends")
        expected, _ = demo.tree.search(ANNA)
        assert [decode_message(encode_message(LDAPMessage(1, entry))).operation for entry in expected] == [
            decode_operation(parsed.tag, parsed.content)
            for parsed in (
                parse_frame(b"\x30\x84" + (len(raw) + 3).to_bytes(4, "big") + b"\x02\x01\x01" + raw) for raw in seen
            )
        ]


async def test_references_come_apart_from_entries(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        sink = await ask(it.relay.open(*SVC), SearchRequest(DEMO_BASE, 2, Present("sAMAccountName")))
        assert (len(sink.entries), sink.references, sink.intermediates) == (9, 1, 0)


async def test_paging_keeps_one_connection_of_its_own(slapd_server: Slapd) -> None:
    account = slapd_server.account("svc-netscaler")
    people = SearchRequest(f"ou=people,{slapd_server.suffix}", 1, Present("uid"), ("uid",))
    async with relaying(settings_for(slapd_server)) as it:
        session, other = (it.relay.open(account.dn, account.password.encode()) for _ in range(2))
        found, cookie, pages = list[bytes](), b"", 0
        while pages == 0 or cookie:
            sink = await ask(session, people, paged_results(7, cookie))
            assert sink.final is not None
            cookie = paged_results_cookie(decode_controls(sink.final.controls))
            found += sink.entries
            pages += 1
            assert (await ask(other, people)).code == 0
            assert (await ask(session, people)).code == 0
        assert (pages, len(found), len(set(found))) == (3, 20, 20)
        assert it.counters.search_binds == 2, "one shared, one held by the session that pages"


async def test_a_cookie_is_worth_nothing_on_another_session(slapd_server: Slapd) -> None:
    account = slapd_server.account("svc-netscaler")
    people = SearchRequest(f"ou=people,{slapd_server.suffix}", 1, Present("uid"), ("uid",))
    async with relaying(settings_for(slapd_server)) as it:
        session, other = (it.relay.open(account.dn, account.password.encode()) for _ in range(2))
        first = await ask(session, people, paged_results(7, b""))
        assert first.final is not None
        cookie = paged_results_cookie(decode_controls(first.final.controls))
        assert (await ask(other, people, paged_results(7, cookie))).code != 0


async def test_an_unknown_control_gets_a_connection_of_its_own(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        session = it.relay.open(*SVC)
        assert (await ask(session, ANNA, Control("1.2.3.4"))).code == 0
        assert (await ask(session)).code == 0
        assert it.counters.search_binds == 2
        session.pause()
        session.resume()
        session.close()
        await eventually(lambda: demo.connections == 1, "the held connection is closed with its session")


async def test_active_directory_is_searched_too(samba_ad: SambaAd) -> None:
    account = samba_ad.account("svc-netscaler")
    request = SearchRequest(samba_ad.suffix, 2, EqualityMatch("sAMAccountName", b"anna"), ("memberOf",))
    async with relaying(settings_for(samba_ad)) as it:
        sink = await ask(it.relay.open(account.dn, account.password.encode()), request)
        assert (len(sink.entries), sink.code) == (1, 0)
        assert sink.references >= 1


async def test_a_compare_passes_the_same_way(slapd_server: Slapd) -> None:
    account, anna = slapd_server.account("svc-netscaler"), slapd_server.account("anna")
    async with relaying(settings_for(slapd_server)) as it:
        session, codes = it.relay.open(account.dn, account.password.encode()), []
        for value in (b"anna", b"bert"):
            sink = Sink()
            compare = encode_message(LDAPMessage(1, CompareRequest(anna.dn, "uid", value)))
            session.forward(parse_frame(compare), (), sink)
            await ended(sink)
            codes.append(sink.code)
        assert codes == [6, 5]


async def test_an_abandoned_request_is_silent(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        session, sink = it.relay.open(*SVC), Sink()
        session.abandon(session.forward(request_frame(ANNA), (), sink))
        await ask(session)
        assert not sink.over


async def test_closing_a_session_silences_its_requests_and_refuses_further_ones(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        session, sink = it.relay.open(*SVC), Sink()
        session.forward(request_frame(ANNA), (), sink)
        session.close()
        session.close()
        late = await ask(session)
        assert (sink.over, late.failure) == (False, (52, "the session was closed"))


async def test_the_directory_being_down_is_52(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        session = it.relay.open(*SVC)
        await ask(session)
        await demo.close()
        failure = (await ask(session)).failure
        assert failure is not None
        assert failure[0] == 52


async def test_a_credential_nobody_uses_any_more_is_forgotten(demo: DemoDirectory, authority: Authority) -> None:
    async with relaying(demo_settings(authority, demo), idle_seconds=0.01) as it:
        session = it.relay.open(*SVC)
        await ask(session)
        session.close()
        await eventually(lambda: it.relay.identities == 0, "the credential is forgotten")
        await eventually(lambda: demo.connections == 0, "and its connection closed")


async def test_the_number_of_credentials_is_limited_and_unused_ones_give_way(
    demo: DemoDirectory, authority: Authority
) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        sessions = [it.relay.open(f"CN=x{number},{DEMO_BASE}", b"x") for number in range(64)]
        assert (await ask(it.relay.open(*SVC))).failure == (51, "too many different accounts search at once")
        sessions[7].close()
        assert (await ask(it.relay.open(*SVC))).code == 0
        assert it.relay.identities == 64


@pytest.mark.parametrize("leased", [0, 256])
async def test_the_number_of_held_connections_is_limited(
    demo: DemoDirectory, authority: Authority, leased: int
) -> None:
    async with relaying(demo_settings(authority, demo)) as it:
        it.relay._leases = leased
        sink = await ask(it.relay.open(*SVC), ANNA, paged_results(5, b""))
        assert (sink.failure is None) == (leased == 0)
