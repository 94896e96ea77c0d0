"""The test directories themselves: that they answer, refuse and remember as the tests that use them believe."""

import socket
import ssl

import ldap3
import pytest

from tests.support.directory import DirectoryServer, comparable_dn
from tests.support.people import PEOPLE, State
from tests.support.samba import STATES, SambaAd
from tests.support.slapd import Slapd

__all__: list[str] = []

WRONG = "not the password"


def connect(server: DirectoryServer, dn: str, password: str, url: str = "") -> ldap3.Connection:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(server.ca_file))
    return ldap3.Connection(ldap3.Server(url or server.ldaps_url, tls=tls, connect_timeout=10), dn, password)


def bind(server: DirectoryServer, dn: str, password: str, url: str = "") -> tuple[int, str]:
    """Bind once; return the result code and the directory's message."""
    connection = connect(server, dn, password, url)
    connection.bind()
    result = int(connection.result["result"]), str(connection.result["message"])
    connection.unbind()
    return result


@pytest.fixture(params=["slapd_server", "samba_ad"])
def directory(request: pytest.FixtureRequest) -> DirectoryServer:
    server: DirectoryServer = request.getfixturevalue(request.param)
    return server


def test_people_can_sign_in_over_ldaps_with_a_checked_certificate(directory):
    anna = directory.account("anna")
    assert bind(directory, anna.dn, anna.password) == (0, "")


def test_a_bind_is_counted_once_whether_the_password_is_right_or_wrong(directory):
    bert = directory.account("bert")
    before = directory.binds_of(bert.dn)
    bind(directory, bert.dn, bert.password)
    bind(directory, bert.dn.upper(), WRONG)
    assert directory.binds_of(bert.dn) == before + 2
    directory.reset_user("bert")


def test_binds_of_the_service_account_are_counted_apart(directory):
    service, anna = directory.account("svc-netscaler"), directory.account("anna")
    before = directory.binds_of(service.dn), directory.binds_of(anna.dn)
    bind(directory, service.dn, service.password)
    assert (directory.binds_of(service.dn), directory.binds_of(anna.dn)) == (before[0] + 1, before[1])


def test_a_service_account_finds_people_and_their_numbers(directory):
    service = directory.account("svc-netscaler")
    connection = connect(directory, service.dn, service.password)
    assert connection.bind()
    connection.search(directory.suffix, "(mail=anna@example.test)", attributes=["mobile", "memberOf"])
    (entry,) = connection.entries
    assert entry.mobile.value == "01511 2345600"
    assert entry.memberOf.value.casefold().startswith("cn=mfa-users,")
    connection.unbind()


def test_a_locked_account_opens_again_by_reset(directory):
    carla = directory.account("carla")
    for _ in range(3):
        bind(directory, carla.dn, WRONG)
    assert bind(directory, carla.dn, carla.password)[0] == 49
    directory.reset_user("carla")
    assert bind(directory, carla.dn, carla.password)[0] == 0


def test_a_stopped_directory_refuses_and_comes_back_at_the_same_ports(directory):
    anna = directory.account("anna")
    before = directory.binds_of(anna.dn)
    directory.stop()
    for port in (directory.ldap_port, directory.ldaps_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((directory.host, port))
    directory.start()
    assert bind(directory, anna.dn, anna.password)[0] == 0
    assert directory.binds_of(anna.dn) == before + 1


def test_a_frozen_directory_takes_connections_and_answers_none(directory):
    anna = directory.account("anna")
    directory.freeze()
    frozen = ldap3.Connection(
        ldap3.Server(directory.host, port=directory.ldap_port, connect_timeout=5),
        anna.dn,
        anna.password,
        receive_timeout=1,
    )
    with pytest.raises(ldap3.core.exceptions.LDAPSocketReceiveError):
        frozen.bind()
    directory.thaw()
    assert bind(directory, anna.dn, anna.password)[0] == 0


def test_an_unknown_account_is_named_with_those_there_are(directory):
    with pytest.raises(KeyError, match=r"no account 'nobody' here; there are .*anna"):
        directory.account("nobody")


def test_both_directories_hold_the_same_people(slapd_server: Slapd, samba_ad: SambaAd):
    assert set(PEOPLE) <= set(slapd_server.accounts)
    assert set(PEOPLE) <= set(samba_ad.accounts)


# Active Directory's own ways


@pytest.mark.parametrize(("name", "state"), STATES.items(), ids=str)
def test_active_directory_says_what_is_wrong_with_an_account(samba_ad: SambaAd, name: str, state: State):
    account = samba_ad.account(name)
    code, message = bind(samba_ad, account.dn, account.password)
    assert (code, f"data {state.value}," in message) == (49, True)


def test_active_directory_says_52e_to_a_wrong_password_and_to_an_unknown_user(samba_ad: SambaAd):
    for dn in (samba_ad.account("dirk").dn, f"cn=nobody,{samba_ad.suffix}"):
        assert "data 52e," in bind(samba_ad, dn, WRONG)[1]
    samba_ad.reset_user("dirk")


def test_active_directory_takes_three_names_for_one_account_and_counts_them_as_one(samba_ad: SambaAd):
    emma = samba_ad.account("emma")
    before = samba_ad.binds_of(emma.dn)
    for name in (emma.dn, emma.upn, f"EXAMPLE\\{emma.logon_name}"):
        assert bind(samba_ad, name, emma.password)[0] == 0
    assert samba_ad.binds_of(emma.dn) == before + 3


def test_active_directory_refuses_a_plain_simple_bind(samba_ad: SambaAd):
    anna = samba_ad.account("anna")
    assert bind(samba_ad, anna.dn, anna.password, samba_ad.ldap_url)[0] == 8


@pytest.mark.parametrize("name", ["must-change", "disabled", "locked", "password-expired"])
def test_a_reset_keeps_the_state_that_an_account_is_there_for(samba_ad: SambaAd, name: str):
    samba_ad.reset_user(name)
    account = samba_ad.account(name)
    assert f"data {account.state.value}," in bind(samba_ad, account.dn, account.password)[1]


def test_a_user_can_be_added(samba_ad: SambaAd):
    zoe = samba_ad.add_user("zoe", mobile="01511 7777777")
    assert bind(samba_ad, zoe.dn, zoe.password)[0] == 0
    samba_ad.delete(zoe.dn)


def test_without_a_lockout_policy_nobody_is_locked(samba_ad_without_lockout: SambaAd):
    frank = samba_ad_without_lockout.account("frank")
    for _ in range(5):
        bind(samba_ad_without_lockout, frank.dn, WRONG)
    assert bind(samba_ad_without_lockout, frank.dn, frank.password)[0] == 0


# pure parts


@pytest.mark.parametrize(
    ("one", "other"),
    [("CN=Anna,OU=People", "cn=anna,ou=people"), ("cn = Anna , ou = People", "cn=anna,ou=people")],
)
def test_two_spellings_of_a_dn_compare_equal(one, other):
    assert comparable_dn(one) == comparable_dn(other)
