"""Everything that is named must exist and must be allowed to be named."""

from typing import Any

import pytest

from tests.mfa_resources.samples import (
    Manifest,
    admitted,
    config_map,
    group,
    ldap_client,
    radius_client,
    reasons,
    secret,
    setting,
    trusted_range,
)

ACROSS: dict[str, Any] = {"serverGroupRef": {"name": "main", "namespace": "mfa"}}
SELECTOR: dict[str, Any] = {
    "matchLabels": {"stage": "live"},
    "matchExpressions": [{"key": "team", "operator": "Exists"}],
}


def namespace(name: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def allowed(namespaces: Any, kind: str = "LdapClient") -> Manifest:
    return group(allowedAttachments=[{"kinds": [kind], "namespaces": namespaces}])


def test_a_group_of_the_same_namespace_may_always_be_named() -> None:
    assert reasons(admitted(group(), secret(), ldap_client())) == []


@pytest.mark.parametrize(
    ("manifest", "ok"),
    [
        (group(), False),
        (allowed({}), False),
        (allowed({"from": "Same"}), False),
        (allowed({"from": "All"}), True),
        (allowed({"from": "All"}, "RadiusClient"), False),
        (allowed({"from": "Selector", "selector": SELECTOR}), True),
        (allowed({"from": "Selector", "selector": {"matchLabels": {"stage": "test"}}}), False),
        (allowed({"from": "Selector"}), False),
        (
            allowed(
                {
                    "from": "Selector",
                    "selector": {"matchExpressions": [{"key": "stage", "operator": "In", "values": ["live"]}]},
                }
            ),
            True,
        ),
        (
            allowed(
                {
                    "from": "Selector",
                    "selector": {"matchExpressions": [{"key": "stage", "operator": "NotIn", "values": ["live"]}]},
                }
            ),
            False,
        ),
        (
            allowed(
                {"from": "Selector", "selector": {"matchExpressions": [{"key": "stage", "operator": "DoesNotExist"}]}}
            ),
            False,
        ),
    ],
)
def test_a_group_of_another_namespace_must_allow_it(manifest: Manifest, ok: object) -> None:
    found = admitted(
        manifest, secret(), ldap_client(namespace="team", **ACROSS), namespace("team", stage="live", team="net")
    )
    assert (reasons(found) == []) is ok


def test_a_namespace_whose_labels_nobody_knows_matches_no_selector() -> None:
    manifest = allowed(
        {"from": "Selector", "selector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}
    )
    assert reasons(admitted(manifest, secret(), ldap_client(namespace="team", **ACROSS))) == [
        "GroupNotFound gateway spec.serverGroupRef.name"
    ]


def test_what_may_not_be_named_reads_like_what_does_not_exist() -> None:
    closed = admitted(group(), secret(), ldap_client(namespace="team", **ACROSS))
    missing = admitted(ldap_client(namespace="team", **ACROSS))
    assert [finding.message for finding in closed.findings] == [finding.message for finding in missing.findings]


def test_kinds_that_stay_in_their_namespace_cannot_name_another() -> None:
    assert reasons(admitted(group(), secret(), trusted_range(**ACROSS)))[0].startswith(
        "Invalid office spec.serverGroupRef.namespace"
    )


CA = {"type": "ConfigMap", "configMap": {"name": "ca", "key": "ca.crt"}}


@pytest.mark.parametrize(
    ("manifests", "message"),
    [
        ((group(),), "Secret mfa/directory-bind does not exist; create it, or name another"),
        ((group(), secret(namespace="team")), "Secret mfa/directory-bind does not exist; create it, or name another"),
        ((group(), secret(username="x")), "Secret mfa/directory-bind has no key password; add it, or name another"),
        ((group(), secret(x="y")), "Secret mfa/directory-bind has no key password, username; add it, or name another"),
        (
            (setting(group(), "directory.tls", {"caRef": CA}), secret(), config_map("ca", other="x")),
            "ConfigMap mfa/ca has no key ca.crt; add it, or name another",
        ),
    ],
)
def test_a_missing_secret_config_map_or_key_is_named(manifests: tuple[Manifest, ...], message: str) -> None:
    assert [finding.message for finding in admitted(*manifests).findings] == [message]


def test_a_secret_that_is_refused_is_the_reason() -> None:
    broken = secret()
    broken["data"] = {"password": "%"}
    assert "Secret mfa/directory-bind is refused; put that right first" in str(admitted(group(), broken).findings)


def test_a_client_names_secrets_of_its_own_namespace() -> None:
    manifest = allowed({"from": "All"}, "RadiusClient")
    client = radius_client(namespace="team", **ACROSS)
    there = secret("vpn", "team", secret="0123456789abcdef")
    here = secret("vpn", "mfa", secret="0123456789abcdef")
    assert reasons(admitted(manifest, secret(), client, there)) == []
    assert reasons(admitted(manifest, secret(), client, here)) == ["DanglingReference vpn spec.secrets[0].secretRef"]
