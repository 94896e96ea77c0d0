"""Two clients behind one address, and proxies that must not be trusted."""

from typing import Any

import pytest

from tests.mfa_resources.samples import (
    Manifest,
    admitted,
    group,
    ldap_client,
    radius_client,
    reasons,
    secret,
    setting,
    trusted_range,
)


def two(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    return reasons(admitted(group(), secret(), ldap_client("a", **left), ldap_client("b", **right)))


CONFLICT = ["Conflicted b spec.addresses[0]"]


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (["192.0.2.1"], ["192.0.2.1"], CONFLICT),
        (["192.0.2.1"], ["192.0.2.2"], []),
        (["192.0.2.0/24"], ["192.0.2.1"], []),
        (["192.0.2.0/28"], ["192.0.2.0-192.0.2.15"], CONFLICT),
        (["192.0.2.0/28"], ["192.0.2.1-192.0.2.14"], CONFLICT),
        (["192.0.2.70-192.0.2.74"], ["192.0.2.75-192.0.2.79"], []),
        (["192.0.2.70-192.0.2.75"], ["192.0.2.75-192.0.2.79"], []),
        (["192.0.2.64-192.0.2.75"], ["192.0.2.70-192.0.2.79"], CONFLICT),
        (["0.0.0.0/0"], ["::/0"], []),
        (["10.0.0.0/8", "192.0.2.1"], ["10.1.0.0/16", "192.0.2.1"], ["Conflicted b spec.addresses[1]"]),
    ],
)
def test_equally_specific_ranges_must_not_overlap(left: list[str], right: list[str], said: list[str]) -> None:
    assert two({"addresses": left}, {"addresses": right}) == said


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ({"listener": "LDAP"}, {"listener": "LDAPS"}, []),
        ({"listener": "LDAP"}, {"listener": "Any"}, CONFLICT),
        ({"listener": "LDAP"}, {"listener": "LDAP"}, CONFLICT),
        ({"bindIdentities": ["a@b.c"]}, {"bindIdentities": ["d@e.f"]}, []),
        ({"bindIdentities": ["a@b.c"]}, {"bindIdentities": ["A@B.C"]}, CONFLICT),
        ({"bindIdentities": ["a@b.c"]}, {}, CONFLICT),
    ],
)
def test_two_applications_behind_one_address_are_told_apart(left: Any, right: Any, said: list[str]) -> None:
    assert two({"match": left}, {"match": right}) == said


def test_radius_clients_are_told_apart_by_their_nas_identifier() -> None:
    shared = secret("vpn", secret="0123456789abcdef")

    def both(left: Any, right: Any) -> list[str]:
        return reasons(admitted(group(), secret(), shared, radius_client("a", **left), radius_client("b", **right)))

    assert both({"nasIdentifier": "x"}, {"nasIdentifier": "y"}) == []
    assert both({"nasIdentifier": "x"}, {"nasIdentifier": "x"}) == CONFLICT
    assert both({"nasIdentifier": "x"}, {}) == CONFLICT


def test_ldap_and_radius_do_not_get_in_each_others_way() -> None:
    shared = secret("vpn", secret="0123456789abcdef")
    assert reasons(admitted(group(), secret(), shared, radius_client(addresses=["192.0.2.10"]), ldap_client())) == []


def test_groups_do_not_get_in_each_others_way() -> None:
    other = ldap_client("b", serverGroupRef={"name": "other"})
    assert reasons(admitted(group(), group("other"), secret(), ldap_client("a"), other)) == []


def test_across_namespaces_any_overlap_is_a_conflict_of_the_younger() -> None:
    open_group = group(allowedAttachments=[{"kinds": ["LdapClient"], "namespaces": {"from": "All"}}])
    theirs = ldap_client("b", "team", serverGroupRef={"name": "main", "namespace": "mfa"}, addresses=["192.0.2.10"])
    assert reasons(admitted(open_group, secret(), ldap_client("a", addresses=["192.0.2.0/24"]), theirs)) == CONFLICT


def test_a_thousand_clients_are_compared_in_one_sweep() -> None:
    clients = [
        ldap_client(f"c{n}", addresses=[f"10.{n // 250}.{n % 250}.0/24", f"10.{n // 250}.{n % 250}.7"])
        for n in range(1000)
    ]
    assert reasons(admitted(group(), secret(), ldap_client("all", addresses=["10.0.0.0/8"]), *clients)) == []


PROXY = setting(
    setting(group(), "portal", {"url": "https://mfa.example.com", "trustedProxies": ["203.0.113.7"]}),
    "webhooks",
    {"url": "https://hooks.example.com", "trustedProxies": ["203.0.113.9"]},
)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (["203.0.113.0/24"], ["ProxyTrusted office spec.ranges[0]"]),
        (["198.51.100.0/24", "203.0.113.9"], ["ProxyTrusted office spec.ranges[1]"]),
        (["203.0.113.8"], []),
    ],
)
def test_a_trusted_range_must_not_hold_a_listed_proxy(ranges: list[str], said: list[str]) -> None:
    manifest: Manifest = trusted_range(ranges=ranges)
    assert reasons(admitted(PROXY, secret(), manifest)) == said
