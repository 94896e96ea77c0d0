"""Which client a connection belongs to, also after a reload."""

from dataclasses import replace

from mfa_server.servers.ldap_clients import ClientChoice, unmapped
from tests.mfa_server.servers.rig import OneClient, renamed
from tests.support.logons import POLICY

A, B = renamed(POLICY, "mfa/a"), renamed(POLICY, "mfa/b")


def both() -> OneClient:
    clients = OneClient(A, B)
    clients.by_name = {"cn=a": A, "cn=b": B}
    return clients


def choice(clients: OneClient, address: str = "127.0.0.1") -> ClientChoice:
    chosen = ClientChoice(address, "LDAPS")
    chosen.refresh(clients)
    return chosen


def test_an_address_that_nobody_covers_has_no_clients() -> None:
    assert not choice(both(), "192.0.2.7")
    assert choice(both())


def test_the_first_bind_with_a_name_decides_for_the_connection() -> None:
    one = choice(both())
    assert one.for_bind("cn=b") is B
    assert one.for_bind("cn=a") is B
    assert one.chosen is B


def test_a_name_that_fits_no_client_decides_nothing() -> None:
    one = choice(both())
    assert one.for_bind("cn=nobody") is None
    assert one.for_bind("cn=a") is A


def test_a_reload_brings_the_same_client_s_new_rules() -> None:
    one = choice(both())
    one.for_bind("cn=a")
    changed = replace(A, application="New")
    one.refresh(OneClient(B, changed))
    assert one.chosen is changed


def test_a_reload_without_the_client_leaves_none_until_the_next_bind() -> None:
    one = choice(both())
    one.for_bind("cn=a")
    one.refresh(OneClient(B))
    assert one.chosen is None
    assert one.for_bind("uid=anna") is B


def test_a_service_bind_counts_under_its_own_client_only() -> None:
    one = choice(both())
    one.note_service_bind(A)
    assert one.service_bound(A)
    assert not one.service_bound(B)
    one.forget()
    assert not one.service_bound(A)
    assert not one.service_bound(renamed(POLICY, ""))


def test_an_ipv4_address_seen_through_an_ipv6_socket_is_written_as_ipv4() -> None:
    assert unmapped("::ffff:192.0.2.1") == "192.0.2.1"
    assert [unmapped(each) for each in ("192.0.2.1", "2001:db8::1", "::ffff:c000:201")] == [
        "192.0.2.1",
        "2001:db8::1",
        "::ffff:c000:201",
    ]
