"""Clients within their group: no looser than allowed, and somebody must be able to sign in."""

from typing import Any

import pytest

from mfa_resources import Admission
from tests.mfa_resources.samples import (
    Manifest,
    admitted,
    bypass,
    group,
    ldap_client,
    radius_client,
    reasons,
    secret,
    setting,
)

OPEN = setting(group(), "policy.clientLimits", {"passwordOnly": "Allowed", "rememberFor": "1h"})
LOOSE = setting(group(), "policy.users", {"unknown": "PasswordOnly"})
OPTIONAL = setting(group(), "listeners", {"ldap": {"startTLS": "Optional"}, "ldaps": {}})
ACCOUNT = [{"identity": "svc@example.com"}]


def warned(admission: Admission) -> list[str]:
    return [
        f"{one.reason} {one.field}"
        for one in admission.findings
        if not one.is_error and one.reason != "NotYetSupported"
    ]


def client(manifest: Manifest, **spec: Any) -> Admission:
    return admitted(manifest, secret(), ldap_client(**spec))


@pytest.mark.parametrize(
    ("manifest", "spec", "said"),
    [
        (group(), {"users": {"unknown": "PasswordOnly"}}, ["LooserThanGroup gateway spec.users.unknown"]),
        (group(), {"users": {"disabled": "PasswordOnly"}}, ["LooserThanGroup gateway spec.users.disabled"]),
        (OPEN, {"users": {"unknown": "PasswordOnly"}}, []),
        (LOOSE, {"users": {"unknown": "PasswordOnly"}}, []),
        (LOOSE, {"users": {"unknown": "Deny"}}, []),
        (group(), {"methods": ["OathToken"], "appendedCode": {}}, []),
        (group(), {"methods": ["PhoneCall"]}, ["LooserThanGroup gateway spec.methods[0]"]),
        (group(), {"rememberFor": "1h"}, ["LooserThanGroup gateway spec.rememberFor"]),
        (OPEN, {"rememberFor": "1h"}, []),
        (OPEN, {"rememberFor": "61m"}, ["LooserThanGroup gateway spec.rememberFor"]),
        (group(), {"mode": "Report"}, ["LooserThanGroup gateway spec.mode"]),
        (OPEN, {"mode": "Report"}, []),
        (group(), {"plaintext": "Allow"}, ["PlaintextForbidden gateway spec.plaintext"]),
        (OPTIONAL, {"plaintext": "Allow"}, []),
        (group(), {"gateway": {"type": "NetScaler"}}, ["NoServiceAccount gateway spec.serviceAccounts"]),
        (group(), {"gateway": {"type": "NetScaler"}, "serviceAccounts": ACCOUNT}, []),
        (group(), {"gateway": {"type": "NetScaler"}, "userBinds": "Any"}, []),
    ],
)
def test_a_client_is_no_looser_than_its_group_allows(manifest: Manifest, spec: dict[str, Any], said: list[str]) -> None:
    assert reasons(client(manifest, **spec)) == said


ONE_WAY = setting(group(), "textMessage.mode", "OneWay")


@pytest.mark.parametrize(
    ("manifest", "spec", "said"),
    [
        (group(), {}, []),
        (group(), {"methods": []}, ["MethodNotUsable spec.appendedCode"]),
        (group(), {"methods": [], "appendedCode": {}}, []),
        (group(), {"methods": ["OathToken"]}, ["NoUsableMethod spec.appendedCode"]),
        (ONE_WAY, {}, ["NoUsableMethod spec.appendedCode"]),
        (ONE_WAY, {"appendedCode": {}}, []),
        (OPTIONAL, {"plaintext": "Allow"}, ["Insecure spec.plaintext"]),
        (group(), {"gateway": {"type": "NetScaler"}, "userBinds": "Any"}, ["Insecure spec.userBinds"]),
        (
            setting(group(), "listeners", {"ldaps": {}}),
            {"match": {"listener": "LDAP"}},
            ["NoListener spec.match.listener"],
        ),
        (setting(group(), "listeners", {"radius": {}}), {}, ["NoListener spec.match.listener"]),
        (
            group(),
            {"serviceAccounts": [{"identity": "a@b.c", "addresses": ["192.0.2.10", "203.0.113.1"]}]},
            ["NeverMatches spec.serviceAccounts[0].addresses[1]"],
        ),
    ],
)
def test_what_cannot_work_or_is_risky_is_a_warning(manifest: Manifest, spec: dict[str, Any], said: list[str]) -> None:
    found = client(manifest, **spec)
    assert reasons(found) == []
    assert warned(found) == said


@pytest.mark.parametrize(("value", "said"), [("x" * 15, ["WeakSecret vpn spec.secrets[0].secretRef"]), ("x" * 16, [])])
def test_a_radius_secret_has_sixteen_bytes(value: str, said: list[str]) -> None:
    found = admitted(group(), secret(), radius_client(), secret("vpn", secret=value))
    assert reasons(found) == said
    assert value not in str(found.findings)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"seconds": 3600}, []),
        ({"seconds": 3601}, ["LooserThanGroup anna-4711 spec.seconds"]),
    ],
)
def test_a_bypass_is_no_longer_than_the_group_allows(spec: dict[str, Any], said: list[str]) -> None:
    assert reasons(admitted(group(), secret(), bypass(**spec))) == said


def test_a_bypass_for_a_client_that_is_not_there_is_a_warning() -> None:
    found = admitted(group(), secret(), ldap_client(), bypass(clients=["gateway", "gatewya"]))
    assert warned(found) == ["UnknownClient spec.clients[1]"]
