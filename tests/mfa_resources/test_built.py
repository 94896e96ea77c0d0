"""What is not built yet is said: refused where passing it over would let somebody in, warned about otherwise."""

from typing import Any

import pytest

from mfa_resources.built import BUILT_METHODS, ROWS, not_yet_built
from mfa_resources.crd import documented_schema
from mfa_resources.v1alpha1 import KINDS, Resource
from tests.mfa_resources.samples import (
    Manifest,
    bypass,
    group,
    ldap_client,
    loaded,
    radius_client,
    setting,
    sync_source,
    trusted_range,
)


def said(manifest: Manifest) -> list[tuple[str, str]]:
    item = loaded(manifest).documents[0].item
    assert isinstance(item, Resource), loaded(manifest).findings
    return [(finding.severity, finding.field) for finding in not_yet_built(item)]


@pytest.mark.parametrize("manifest", [group(), ldap_client(), sync_source()], ids=lambda one: one["kind"])
def test_what_is_built_is_not_mentioned(manifest: Manifest) -> None:
    assert said(manifest) == []


@pytest.mark.parametrize("manifest", [radius_client(), trusted_range(), bypass()], ids=lambda one: one["kind"])
def test_a_kind_without_its_part_is_a_warning(manifest: Manifest) -> None:
    assert said(manifest) == [("Warning", "")]


REFUSED: list[tuple[Manifest, str, Any]] = [
    (group(), "state", "Hibernated"),
    (group(), "fencedServers", ["main-1"]),
    (group(), "store.type", "CloudNativePG"),
    (group(), "listeners", {"ldap": {}, "proxyProtocol": {"from": ["192.0.2.1"]}}),
    (group(), "policy.userGroups", [{"name": "a", "pin": {"mode": "Required"}}]),
    (group(), "policy.pin.mode", "Required"),
    (group(), "policy.methods", {"default": "MobileApp", "allowed": ["MobileApp"]}),
    (group(), "textMessage.budgets", {"perDay": 5}),
    (group(), "textMessage.allowedRegions", ["GB"]),
    (ldap_client(), "passwordChange", "AfterFactor"),
    (sync_source(), "directory", "emea"),
    (sync_source(), "defaults.pinMode", "Pin"),
]
WARNED: list[tuple[Manifest, str, Any]] = [
    (group(), "state", "Paused"),
    (group(), "store.degraded.mode", "Limited"),
    (group(), "portal.url", "https://mfa.example.com"),
    (group(), "policy.bypass.byUser", "Enabled"),
    (ldap_client(), "rememberFor", "1h"),
    (ldap_client(), "mode", "Report"),
    (sync_source(), "removal.action", "Delete"),
    (sync_source(), "importAtLogon", "Enabled"),
]
SILENT: list[tuple[Manifest, str, Any]] = [
    (group(), "replicas", 1),
    (group(), "state", "Running"),
    (group(), "fencedServers", []),
    (group(), "store.type", "SQLite"),
    (group(), "store.degraded.mode", "Deny"),
    (group(), "service.type", "LoadBalancer"),
    (group(), "policy.pin.mode", "Optional"),
    (ldap_client(), "passwordChange", "Disabled"),
    (ldap_client(), "references", "Refuse"),
    (sync_source(), "state", "Suspended"),
    (ldap_client(), "answersPerApproval", 3),
    (sync_source(), "removal.action", "Keep"),
]


@pytest.mark.parametrize(("manifest", "path", "value"), REFUSED, ids=[path for _, path, _ in REFUSED])
def test_a_value_that_would_keep_somebody_out_is_refused(manifest: Manifest, path: str, value: Any) -> None:
    assert "Error" in [severity for severity, _ in said(setting(manifest, path, value))]


@pytest.mark.parametrize(("manifest", "path", "value"), WARNED, ids=[path for _, path, _ in WARNED])
def test_any_other_value_is_a_warning(manifest: Manifest, path: str, value: Any) -> None:
    assert {severity for severity, _ in said(setting(manifest, path, value))} == {"Warning"}


@pytest.mark.parametrize(("manifest", "path", "value"), SILENT, ids=[path for _, path, _ in SILENT])
def test_a_value_that_means_what_happens_anyway_is_not_mentioned(manifest: Manifest, path: str, value: Any) -> None:
    assert said(setting(manifest, path, value)) == []


def test_methods_are_warned_about_one_by_one() -> None:
    manifest = setting(group(), "policy.methods.allowed", ["TextMessage", "PhoneCall", "OathToken", "Passkey"])
    assert said(manifest) == [
        ("Warning", "spec.policy.methods.allowed[1]"),
        ("Warning", "spec.policy.methods.allowed[3]"),
    ]


def test_the_message_names_the_value() -> None:
    item = loaded(setting(ldap_client(), "methods", ["PhoneCall"])).documents[0].item
    assert isinstance(item, Resource)
    assert [finding.message for finding in not_yet_built(item)] == [
        "not built yet: the method PhoneCall; the field has no effect"
    ]


def test_every_row_names_a_field_that_exists() -> None:
    for row in ROWS:
        here = documented_schema(KINDS[row.kind])["properties"]["spec"]
        for step in row.field.split(".") if row.field else []:
            here = here["properties"][step.removesuffix("[]")]
            assert step.endswith("[]") == (here["type"] == "array" and "[]" in step), row
            here = here["items"] if step.endswith("[]") else here


def test_the_built_methods_are_among_the_known_ones() -> None:
    schema = documented_schema(KINDS["LdapClient"])["properties"]["spec"]["properties"]["methods"]
    assert set(schema["items"]["enum"]) >= BUILT_METHODS
