"""Which client is this: the most specific range wins, then the first bind."""

import pytest

from mfa_server.auth.clients import ClientTable
from tests.support.resources import client, group

TABLE = ClientTable(
    group(),
    [
        client("wide", addresses=["192.0.2.0/24", "2001:db8::/32"]),
        client("narrow", addresses=["192.0.2.32/28"]),
        client("one", addresses=["192.0.2.40"]),
        client("span", addresses=["192.0.2.70-192.0.2.79"]),
        client("secure", addresses=["198.51.100.1"], match={"listener": "LDAPS"}),
        client("plain", addresses=["198.51.100.1"], match={"listener": "LDAP"}),
        client("secure-one", addresses=["192.0.2.50"], match={"listener": "LDAPS"}),
        client("mail", addresses=["203.0.113.5"], match={"bindIdentities": ["cn=mail,dc=example,dc=test"]}),
        client("files", addresses=["203.0.113.5"], match={"bindIdentities": ["EXAMPLE\\files", "files@example.test"]}),
        client("rest", addresses=["203.0.113.5"]),
    ],
)


@pytest.mark.parametrize(
    ("address", "listener", "names"),
    [
        ("192.0.2.1", "LDAPS", ["mfa/wide"]),
        ("192.0.2.33", "LDAPS", ["mfa/narrow"]),
        ("192.0.2.40", "LDAP", ["mfa/one"]),
        ("::ffff:192.0.2.40", "LDAP", ["mfa/one"]),
        ("192.0.2.75", "LDAPS", ["mfa/span"]),
        ("192.0.2.80", "LDAPS", ["mfa/wide"]),
        ("2001:db8::1", "LDAPS", ["mfa/wide"]),
        ("192.0.2.50", "LDAPS", ["mfa/secure-one"]),
        ("192.0.2.50", "LDAP", []),
        ("198.51.100.1", "LDAPS", ["mfa/secure"]),
        ("198.51.100.1", "LDAP", ["mfa/plain"]),
        ("198.51.100.2", "LDAP", []),
        ("203.0.113.5", "LDAP", ["mfa/files", "mfa/mail", "mfa/rest"]),
    ],
)
def test_the_most_specific_range_wins_and_its_listeners_alone_serve_it(address, listener, names):
    assert sorted(policy.client for policy in TABLE.candidates(address, listener)) == names


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("cn=mail,dc=example,dc=test", "mfa/mail"),
        ("CN=Mail, DC=example ,DC=test", "mfa/mail"),
        ("example\\FILES", "mfa/files"),
        ("files@example.test", "mfa/files"),
        ("cn=somebody,dc=example,dc=test", "mfa/rest"),
    ],
)
def test_clients_behind_one_address_are_told_apart_by_their_first_bind(name, chosen):
    found = TABLE.choose(TABLE.candidates("203.0.113.5", "LDAP"), name)
    assert found is not None
    assert found.client == chosen


def test_nobody_is_chosen_where_none_or_several_fit():
    named = [
        client("a", match={"bindIdentities": ["a@example.test"]}),
        client("b", match={"bindIdentities": ["b@example.test"]}),
    ]
    table = ClientTable(group(), named)
    assert table.choose(table.candidates("192.0.2.10", "LDAP"), "c@example.test") is None
    twins = ClientTable(group(), [client("a"), client("b")])
    assert twins.choose(twins.candidates("192.0.2.10", "LDAP"), "c@example.test") is None


def test_a_policy_is_found_by_the_clients_name():
    assert TABLE.policy_of("mfa/one") is not None
    assert TABLE.policy_of("mfa/gone") is None
    assert len(TABLE.policies) == 10
