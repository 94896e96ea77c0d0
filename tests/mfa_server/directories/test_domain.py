"""What is known of a domain: its short name and its lock-out thresholds, fine-grained ones too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mfa_server.directories import DirectorySettings
from mfa_server.directories.connect import Connector
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.domain import POLICY_ATTRIBUTES, DomainFacts
from mfa_server.directories.search import OwnSearches
from mfa_server.directories.servers import Servers
from mfa_server.ldap import SearchRequest, SearchResultEntry
from mfa_server.ldap.filters import Present
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import demo_settings, running_demo, settings_for
from tests.support.directory import DirectoryServer
from tests.support.samba import SambaAd
from tests.support.slapd import Slapd


@asynccontextmanager
async def facts_of(settings: DirectorySettings, clock: ManualClock) -> AsyncIterator[tuple[DomainFacts, OwnSearches]]:
    servers = Servers(settings.servers, Connector.of(settings), clock, DirectoryCounters())
    searches = OwnSearches(servers, settings)
    try:
        yield DomainFacts(searches, settings, clock), searches
    finally:
        searches.close()
        await servers.close()


async def entry_of(searches: OwnSearches, settings: DirectorySettings, dn: str) -> SearchResultEntry:
    request = SearchRequest(dn, 0, Present("objectClass"), (POLICY_ATTRIBUTES[settings.type],))
    return (await searches.search(request)).entries[0]


async def threshold(
    server: DirectoryServer, dn: str, clock: ManualClock, settings: DirectorySettings | None = None
) -> int | None:
    settings = settings or settings_for(server)
    async with facts_of(settings, clock) as (facts, searches):
        return await facts.lockout_threshold(await entry_of(searches, settings, dn))


async def test_the_short_name_of_the_domain(samba_ad: SambaAd, slapd_server: Slapd, clock: ManualClock) -> None:
    async with facts_of(settings_for(samba_ad), clock) as (facts, _):
        assert await facts.short_name() == "EXAMPLE"
    async with facts_of(settings_for(slapd_server), clock) as (facts, _):
        assert await facts.short_name() is None


async def test_the_domains_threshold(samba_ad: SambaAd, samba_ad_without_lockout: SambaAd, clock: ManualClock) -> None:
    assert await threshold(samba_ad, samba_ad.account("anna").dn, clock) == 3
    assert await threshold(samba_ad_without_lockout, samba_ad_without_lockout.account("anna").dn, clock) == 0


async def test_a_fine_grained_policy_counts_and_is_unknown_where_it_cannot_be_read(
    samba_ad: SambaAd, clock: ManualClock
) -> None:
    strict = samba_ad.add_user("strict")
    container = f"CN=Password Settings Container,CN=System,{samba_ad.suffix}"
    policy = f"CN=strict,{container}"
    samba_ad.add(
        f"dn: {policy}\nobjectClass: msDS-PasswordSettings\nmsDS-PasswordSettingsPrecedence: 1\n"
        "msDS-PasswordReversibleEncryptionEnabled: FALSE\nmsDS-PasswordHistoryLength: 0\n"
        "msDS-PasswordComplexityEnabled: FALSE\nmsDS-MinimumPasswordLength: 1\nmsDS-MinimumPasswordAge: 0\n"
        "msDS-MaximumPasswordAge: -9223372036854775808\nmsDS-LockoutThreshold: 7\n"
        "msDS-LockoutObservationWindow: -18000000000\nmsDS-LockoutDuration: -18000000000\n"
        f"msDS-PSOAppliesTo: {strict.dn}\n"
    )
    try:
        admin = settings_for(samba_ad, bind_name=samba_ad.admin_dn, bind_password=samba_ad.admin_password.encode())
        assert await threshold(samba_ad, strict.dn, clock, admin) == 7
        assert await threshold(samba_ad, strict.dn, clock) in (None, 7)
        assert await threshold(samba_ad, samba_ad.account("anna").dn, clock, admin) == 3
    finally:
        samba_ad.delete(policy)
        samba_ad.delete(strict.dn)


async def test_openldaps_policy_of_an_entry(slapd_server: Slapd, clock: ManualClock) -> None:
    anna = slapd_server.account("anna").dn
    assert await threshold(slapd_server, anna, clock) is None, "a default policy stands in no entry"
    policy = f"cn=default,ou=policies,{slapd_server.suffix}"
    slapd_server.apply(f"dn: {anna}\nchangetype: modify\nadd: pwdPolicySubentry\npwdPolicySubentry: {policy}\n")
    try:
        assert await threshold(slapd_server, anna, clock) == 3
    finally:
        slapd_server.apply(f"dn: {anna}\nchangetype: modify\ndelete: pwdPolicySubentry\n")


async def test_facts_are_read_again_after_their_time(authority: Authority, clock: ManualClock) -> None:
    async with running_demo(authority) as demo, facts_of(demo_settings(authority, demo), clock) as (facts, searches):
        anna = SearchResultEntry("CN=Anna Archer,OU=people,DC=example,DC=com")
        counters = searches._servers.counters

        async def searches_for(*, seconds: float) -> int:
            clock.advance(seconds)
            before = counters.own_searches
            assert (await facts.lockout_threshold(anna), await facts.short_name()) == (5, "EXAMPLE")
            return counters.own_searches - before

        assert await searches_for(seconds=0) == 3
        assert await searches_for(seconds=299) == 0
        assert await searches_for(seconds=1) == 3


@pytest.mark.parametrize("kind", POLICY_ATTRIBUTES)
def test_every_type_names_its_policies(kind: str) -> None:
    assert POLICY_ATTRIBUTES[kind]  # type: ignore[index]
