"""The directory as logons see it, against real ones: names, verdicts, fail-over, one bind per check."""

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.demo import DemoDirectory, DemoTree
from mfa_server.directories import DirectorySettings, DirectorySettingsError, LdapDirectory, ServerAddress, TlsMode
from mfa_server.directories.errors import OwnBindRefusedError
from mfa_server.ldap import oids
from tests.support.certificates import Authority
from tests.support.directories import demo_settings, running_demo, settings_for
from tests.support.people import State
from tests.support.samba import SambaAd
from tests.support.slapd import Slapd

Opener = Callable[[DirectorySettings], LdapDirectory]


# Passwords ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_a_right_password_is_one_bind_at_active_directory(
    samba_ad: SambaAd, open_directory: Opener, tls: TlsMode
) -> None:
    directory = open_directory(settings_for(samba_ad, tls=tls))
    anna = samba_ad.account("anna")
    before = samba_ad.binds_of(anna.dn)
    identity = await directory.resolve(anna.upn)
    assert identity is not None
    assert (await directory.check_password(identity.dn, anna.password.encode())).accepted
    assert samba_ad.binds_of(anna.dn) - before == 1
    assert directory.counters.password_checks == 1


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("must-change", State.MUST_CHANGE),
        ("disabled", State.DISABLED),
        ("locked", State.LOCKED),
        ("expired", State.EXPIRED),
        ("password-expired", State.PASSWORD_EXPIRED),
    ],
)
async def test_the_state_of_an_account_comes_through_unchanged(
    samba_ad: SambaAd, open_directory: Opener, name: str, state: State
) -> None:
    account = samba_ad.account(name)
    verdict = await open_directory(settings_for(samba_ad)).check_password(account.dn, account.password.encode())
    assert (verdict.accepted, verdict.code, verdict.sub_code) == (False, 49, state.value)
    assert verdict.diagnostic.startswith("80090308: LdapErr: DSID-")


async def test_a_wrong_password_is_52e_counted_once_and_asked_of_one_server_only(
    samba_ad_without_lockout: SambaAd, open_directory: Opener
) -> None:
    samba = samba_ad_without_lockout
    settings = settings_for(samba)
    twice = replace(settings, servers=(*settings.servers, ServerAddress("localhost", samba.ldaps_port)))
    bert = samba.account("bert")
    before = samba.binds_of(bert.dn)
    verdict = await open_directory(twice).check_password(bert.dn, b"wrong")
    assert (verdict.code, verdict.sub_code) == (49, "52e")
    assert samba.binds_of(bert.dn) - before == 1


async def test_openldap_says_49_without_a_text(slapd_server: Slapd, open_directory: Opener) -> None:
    anna = slapd_server.account("anna")
    directory = open_directory(settings_for(slapd_server))
    verdict = await directory.check_password(anna.dn, b"wrong")
    assert (verdict.accepted, verdict.code, verdict.matched_dn, verdict.diagnostic) == (False, 49, "", "")
    assert (await directory.check_password(anna.dn, anna.password.encode())).accepted


async def test_openldaps_success_for_a_password_that_must_be_changed_is_a_refusal(
    slapd_server: Slapd, open_directory: Opener
) -> None:
    policy, carla = f"cn=default,ou=policies,{slapd_server.suffix}", slapd_server.account("carla")
    slapd_server.apply(f"dn: {policy}\nchangetype: modify\nadd: pwdMustChange\npwdMustChange: TRUE\n")
    slapd_server.apply(f"dn: {carla.dn}\nchangetype: modify\nadd: pwdReset\npwdReset: TRUE\n")
    try:
        directory = open_directory(settings_for(slapd_server))
        verdict = await directory.check_password(carla.dn, carla.password.encode())
        assert (verdict.accepted, verdict.code) == (False, 49)
        assert "must be changed" in verdict.diagnostic
    finally:
        slapd_server.apply(f"dn: {carla.dn}\nchangetype: modify\ndelete: pwdReset\n")
        slapd_server.apply(f"dn: {policy}\nchangetype: modify\ndelete: pwdMustChange\n")
    assert (await directory.check_password(carla.dn, carla.password.encode())).accepted


@pytest.mark.parametrize(("dn", "password"), [("cn=anna", b""), ("", b"x"), ("", b"")])
async def test_an_empty_password_or_name_never_reaches_the_directory(
    demo: DemoDirectory, authority: Authority, open_directory: Opener, dn: str, password: bytes
) -> None:
    directory = open_directory(demo_settings(authority, demo))
    verdict = await directory.check_password(dn, password)
    assert (verdict.accepted, verdict.code) == (False, 53)
    assert (directory.counters.password_checks, directory.counters.connects) == (0, 0)


async def test_a_directory_that_is_down_is_unavailable_never_a_verdict(
    slapd_server: Slapd, open_directory: Opener
) -> None:
    directory = open_directory(settings_for(slapd_server))
    anna = slapd_server.account("anna")
    slapd_server.stop()
    try:
        with pytest.raises(DirectoryUnavailableError):
            await directory.check_password(anna.dn, anna.password.encode())
        with pytest.raises(DirectoryUnavailableError):
            await directory.resolve(anna.dn)
        assert [alive for _, alive in directory.health()] == [False]
    finally:
        slapd_server.start()


async def test_the_second_server_serves_when_the_first_is_down(
    demo: DemoDirectory, authority: Authority, open_directory: Opener
) -> None:
    async with running_demo(authority) as first:
        directory = open_directory(demo_settings(authority, first, demo))
        identity = await directory.resolve("anna@example.com")
        assert identity is not None
        await first.close()
        assert await directory.resolve("anna@example.com") == identity
        assert (await directory.check_password(identity.dn, b"Welcome-to-Anna-1")).accepted
        assert (first.binds_of(identity.dn), demo.binds_of(identity.dn)) == (0, 1)
        await directory.close()


# Names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    [
        "{dn}",
        "CN=ANNA, OU = people , DC=example,DC=test",
        "cn=\\61nna,ou=People,dc=example,dc=test",
        "anna@example.test",
        "ANNA@EXAMPLE.TEST",
        "EXAMPLE\\anna",
        "example\\ANNA",
    ],
)
async def test_every_form_of_a_name_is_the_same_identity(
    samba_ad: SambaAd, open_directory: Opener, spelling: str
) -> None:
    anna = samba_ad.account("anna")
    identity = await open_directory(settings_for(samba_ad)).resolve(spelling.format(dn=anna.dn))
    assert identity is not None
    assert (identity.dn, identity.dn_key) == (
        "CN=anna,OU=People,DC=example,DC=test",
        "cn=anna,ou=people,dc=example,dc=test",
    )
    assert (identity.username, identity.upn, identity.lockout_threshold) == ("anna", "anna@example.test", 3)
    assert str(uuid.UUID(identity.user_id)) == identity.user_id


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("anna", id="a bare name"),
        pytest.param("Anna Example", id="a display name"),
        pytest.param("anna@example", id="the NetBIOS name as a suffix"),
        pytest.param("nobody@example.test", id="nobody"),
        pytest.param("OTHER\\anna", id="another domain"),
        pytest.param("example.test\\anna", id="the DNS name as a domain"),
        pytest.param("CN=nobody,OU=People,DC=example,DC=test", id="no such entry"),
        pytest.param("CN=anna,OU=People,DC=example,DC=org", id="outside the base DN"),
        pytest.param("DC=test", id="above the base DN"),
        pytest.param("CN=Configuration", id="another naming context"),
        pytest.param("*@example.test", id="a wildcard"),
        pytest.param("EXAMPLE\\*", id="a wildcard after the domain"),
        pytest.param("", id="nothing"),
    ],
)
async def test_other_names_are_nobody(samba_ad: SambaAd, open_directory: Opener, name: str) -> None:
    assert await open_directory(settings_for(samba_ad)).resolve(name) is None


async def test_guid_and_sid_names_are_nobody_although_the_directory_knows_them(
    samba_ad: SambaAd, open_directory: Opener
) -> None:
    directory = open_directory(settings_for(samba_ad))
    identity = await directory.resolve("anna@example.test")
    assert identity is not None
    for name in (
        identity.user_id,
        "{" + identity.user_id + "}",
        f"<GUID={identity.user_id}>",
        "<SID=S-1-5-21-1-2-3-500>",
    ):
        assert await directory.resolve(name) is None


async def test_a_name_with_two_matches_is_nobody(authority: Authority, open_directory: Opener) -> None:
    """Samba does not let it come to that; older domains of Active Directory do."""

    def person(name: str, upn: str) -> str:
        return (
            f"dn: CN={name},DC=example,DC=com\nobjectClass: user\nsAMAccountName: {name}\nuserPrincipalName: {upn}\n\n"
        )

    own = "dn: CN=svc-mfa,DC=example,DC=com\nsAMAccountName: svc-mfa\nuserPassword: Service-account-1\n\n"
    domain = "dn: DC=example,DC=com\nobjectClass: domainDNS\n\n"
    people = person("twin", "two@example.com") + person("two", "other@example.com")
    async with running_demo(authority, DemoTree.from_ldif(domain + own + people)) as demo:
        directory = open_directory(demo_settings(authority, demo))
        assert await directory.resolve("two@example.com") is None, "one by UPN, one by account name"
        assert await directory.resolve("other@example.com") is not None
        await directory.close()


async def test_a_base_below_the_domain_keeps_others_out(samba_ad: SambaAd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(samba_ad, base_dn=f"OU=People,{samba_ad.suffix}"))
    assert await directory.resolve("anna@example.test") is not None
    assert await directory.resolve("EXAMPLE\\anna") is not None
    assert await directory.resolve("EXAMPLE\\svc-netscaler") is None
    assert await directory.resolve(samba_ad.account("svc-netscaler").dn) is None


async def test_openldap_knows_people_by_dn(slapd_server: Slapd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(slapd_server))
    anna = slapd_server.account("anna")
    identity = await directory.resolve(f" UID=\\61NNA , {anna.dn.partition(',')[2].upper()}")
    assert identity is not None
    assert (identity.dn, identity.username, identity.upn, identity.lockout_threshold) == (anna.dn, "anna", "", None)
    service = await directory.resolve(slapd_server.account("svc-netscaler").dn)
    assert service is not None
    assert service.username == "svc-netscaler"
    for name in ("anna", anna.mail, "EXAMPLE\\anna", "Anna Example", "uid=anna,ou=people,dc=example,dc=org"):
        assert await directory.resolve(name) is None


async def test_an_entry_whose_id_cannot_be_read_is_nobody(slapd_server: Slapd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(slapd_server, id_attribute="employeeNumber"))
    assert await directory.resolve(slapd_server.account("anna").dn) is None


async def test_names_cost_no_bind_but_the_own_one(samba_ad: SambaAd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(samba_ad))
    before = len(samba_ad.bound_dns())
    for _ in range(5):
        await directory.resolve("anna@example.test")
    assert len(samba_ad.bound_dns()) - before == 1
    assert (directory.counters.own_binds, directory.counters.password_checks) == (1, 0)


# The rest -------------------------------------------------------------------------------------------------------------


async def test_the_root_dse_promises_only_what_passes(samba_ad: SambaAd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(samba_ad))
    shown = {attribute.description: attribute.values for attribute in await directory.root_dse()}
    assert shown["defaultNamingContext"] == (b"DC=example,DC=test",)
    assert shown["supportedExtension"] == (oids.START_TLS.encode(), oids.WHO_AM_I.encode())
    assert "supportedSASLMechanisms" not in shown
    searches = directory.counters.own_searches
    await directory.root_dse()
    assert directory.counters.own_searches == searches, "read at most once a minute"


async def test_an_own_account_with_a_wrong_password_is_named(
    samba_ad_without_lockout: SambaAd, open_directory: Opener
) -> None:
    directory = open_directory(settings_for(samba_ad_without_lockout, bind_password=b"old"))
    with pytest.raises(OwnBindRefusedError, match="svc-mfa"):
        await directory.resolve("anna@example.test")


def test_a_base_that_is_no_name_is_refused(authority: Authority) -> None:
    server = ServerAddress("127.0.0.1", 636)
    with pytest.raises(DirectorySettingsError, match=r"baseDN 'example\.com'"):
        LdapDirectory(demo_settings(authority, servers=(server,), base_dn="example.com"), clock=None)  # type: ignore[arg-type]


async def test_the_settings_are_there_to_compare(
    authority: Authority, demo: DemoDirectory, open_directory: Opener
) -> None:
    settings = demo_settings(authority, demo)
    assert open_directory(settings).settings == demo_settings(authority, demo)
