"""Service accounts: verified identities, remembered for a while, nobody exempt by doubt."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from mfa_resources.addresses import AddressRange, parse_range
from mfa_server.auth.attempt import ClientPolicy
from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings, LdapDirectory, ServiceAccounts
from tests.support.certificates import Authority
from tests.support.clock import ManualClock
from tests.support.directories import demo_settings, settings_for
from tests.support.slapd import Slapd

Opener = Callable[[DirectorySettings], LdapDirectory]
SVC_DN = "CN=svc-netscaler,OU=service,DC=example,DC=com"


HOME = parse_range("192.0.2.1")


def policy(*accounts: tuple[str, bool, tuple[AddressRange, ...]], client: str = "mfa/netscaler") -> ClientPolicy:
    return ClientPolicy(client=client, application="Gateway", service_accounts=accounts)


@pytest.mark.parametrize("written", [SVC_DN, SVC_DN.lower(), "svc-netscaler@example.com", "EXAMPLE\\svc-netscaler"])
async def test_each_way_to_write_it_is_the_same_account(
    demo: DemoDirectory, authority: Authority, open_directory: Opener, clock: ManualClock, written: str
) -> None:
    accounts = ServiceAccounts(open_directory(demo_settings(authority, demo)), clock)
    (resolved,) = await accounts.resolve(policy((written, True, (HOME,))))
    assert (resolved.identity.dn, resolved.visible, resolved.addresses) == (SVC_DN, True, (HOME,))


async def test_an_account_is_looked_up_once_in_five_minutes(
    demo: DemoDirectory, authority: Authority, open_directory: Opener, clock: ManualClock
) -> None:
    directory = open_directory(demo_settings(authority, demo))
    accounts = ServiceAccounts(directory, clock)
    await accounts.resolve(policy((SVC_DN, False, ())))
    searches = directory.counters.own_searches
    clock.advance(299)
    await accounts.resolve(policy((SVC_DN, False, ()), client="mfa/other"))
    assert directory.counters.own_searches == searches
    clock.advance(1)
    await accounts.resolve(policy((SVC_DN, False, ())))
    assert directory.counters.own_searches > searches


async def test_one_that_does_not_exist_is_left_out_and_reported_once(
    demo: DemoDirectory, authority: Authority, open_directory: Opener, clock: ManualClock
) -> None:
    accounts = ServiceAccounts(open_directory(demo_settings(authority, demo)), clock)
    both = policy(("svc-gone@example.com", False, ()), (SVC_DN, False, ()))
    with capture_logs() as logs:
        for _ in range(3):
            assert [each.identity.dn for each in await accounts.resolve(both)] == [SVC_DN]
            clock.advance(31)
    assert [(log["event"], log["identity"]) for log in logs] == [
        ("a service account is not in the directory: it is not exempt", "svc-gone@example.com")
    ]


async def test_one_that_appears_is_found_within_half_a_minute(
    slapd_server: Slapd, open_directory: Opener, clock: ManualClock
) -> None:
    accounts = ServiceAccounts(open_directory(settings_for(slapd_server)), clock)
    late = f"cn=late,ou=service,{slapd_server.suffix}"
    assert await accounts.resolve(policy((late, False, ()))) == ()
    slapd_server.add(f"dn: {late}\nobjectClass: organizationalRole\ncn: late\n")
    try:
        assert await accounts.resolve(policy((late, False, ()))) == ()
        clock.advance(30)
        assert len(await accounts.resolve(policy((late, False, ())))) == 1
    finally:
        slapd_server.delete(late)


async def test_a_directory_that_cannot_be_asked_leaves_no_answer(
    demo: DemoDirectory, authority: Authority, open_directory: Opener, clock: ManualClock
) -> None:
    accounts = ServiceAccounts(open_directory(demo_settings(authority, demo)), clock)
    await demo.close()
    with pytest.raises(DirectoryUnavailableError):
        await accounts.resolve(policy((SVC_DN, False, ())))


async def test_a_client_without_service_accounts_asks_nothing(
    demo: DemoDirectory, authority: Authority, open_directory: Opener, clock: ManualClock
) -> None:
    directory = open_directory(demo_settings(authority, demo))
    assert await ServiceAccounts(directory, clock).resolve(policy()) == ()
    assert directory.counters.connects == 0
