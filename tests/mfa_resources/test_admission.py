"""What counts: a new bad object is left out alone, a bad edit keeps its last version, a deletion applies."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_resources import Accepted, ObjectId, admit, load_text
from mfa_resources.canonical import document_of, to_yaml
from mfa_resources.checks import Objects, check
from mfa_resources.manifests import Loaded
from tests.mfa_resources.samples import (
    Manifest,
    admitted,
    bypass,
    config_map,
    group,
    ldap_client,
    loaded,
    radius_client,
    reasons,
    secret,
    setting,
)

GROUP = ObjectId("MfaServerGroup", "mfa", "main")
CLIENT = ObjectId("LdapClient", "mfa", "gateway")
BIND = ObjectId("Secret", "mfa", "directory-bind")
GOOD = (group(), ldap_client(), secret())


def joined(*parts: Loaded) -> Loaded:
    return Loaded(
        tuple(one for part in parts for one in part.documents),
        tuple(one for part in parts for one in part.findings),
        frozenset(one for part in parts for one in part.incomplete),
    )


def states(admission: Any) -> dict[str, str]:
    return {name.name: outcome.state for name, outcome in admission.outcomes.items()}


def test_what_is_right_is_accepted() -> None:
    found = admitted(*GOOD)
    assert set(found.accepted.items) == {GROUP, CLIENT, BIND}
    assert states(found) == {"main": "Accepted", "gateway": "Accepted", "directory-bind": "Accepted"}
    assert not found.findings


def test_a_new_bad_object_is_left_out_alone() -> None:
    found = admitted(*GOOD, setting(ldap_client("new", addresses=["192.0.2.11"]), "timeout", "1s"))
    assert set(found.accepted.items) == {GROUP, CLIENT, BIND}
    assert found.outcomes[ObjectId("LdapClient", "mfa", "new")].state == "Refused"
    assert len(found.bundles[GROUP].ldap_clients) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("timeout", "1s"),
        ("rememberFor", "1h"),
        ("passwordChange", "AfterFactor"),
        ("serverGroupRef", {"name": "other"}),
    ],
    ids=["invalid", "looser than the group", "not built yet", "immutable"],
)
def test_a_bad_edit_keeps_the_last_accepted_version_and_says_so(path: str, value: Any) -> None:
    before = admitted(*GOOD).accepted
    found = admitted(
        group(), secret(), group("other"), setting(ldap_client(applicationName="New"), path, value), previous=before
    )
    assert found.outcomes[CLIENT].state == "Kept"
    assert found.bundles[GROUP].ldap_clients[0].spec.application_name is None
    assert "its last accepted version goes on" in str(found.outcomes[CLIENT].findings[-1])
    assert any(finding.is_error for finding in found.outcomes[CLIENT].findings)
    assert found.accepted.items[CLIENT] == before.items[CLIENT]


def test_an_edit_of_text_that_is_no_manifest_any_more_keeps_it_too() -> None:
    before = admitted(*GOOD).accepted
    broken = ldap_client() | {"spec": "gone"}
    found = admitted(group(), secret(), broken, previous=before)
    assert found.outcomes[CLIENT].state == "Kept"


def test_a_file_that_cannot_be_parsed_keeps_what_last_came_from_it() -> None:
    before = admit(joined(loaded(group(), secret(), file="a.yaml"), loaded(ldap_client(), file="b.yaml"))).accepted
    found = admit(joined(loaded(group(), secret(), file="a.yaml"), load_text("a: [", "b.yaml")), before)
    assert found.outcomes[CLIENT].state == "Kept"
    assert "its file b.yaml cannot be read" in str(found.outcomes[CLIENT].findings[-1])
    assert found.accepted.items[CLIENT].file == "b.yaml"


def test_an_object_that_moved_to_another_file_is_not_kept_twice() -> None:
    before = admit(joined(loaded(group(), secret(), file="a.yaml"), loaded(ldap_client(), file="b.yaml"))).accepted
    moved = joined(loaded(group(), secret(), ldap_client(timeout="30s"), file="a.yaml"), load_text("a: [", "b.yaml"))
    found = admit(moved, before)
    assert found.outcomes[CLIENT].state == "Accepted"
    assert found.accepted.items[CLIENT].file == "a.yaml"


def test_a_deletion_always_applies() -> None:
    before = admitted(*GOOD).accepted
    found = admitted(group(), secret(), previous=before)
    assert CLIENT not in found.accepted.items
    assert CLIENT not in found.outcomes
    assert not found.findings


def test_a_deletion_in_another_file_applies_although_one_file_cannot_be_read() -> None:
    before = admit(joined(loaded(group(), secret(), file="a.yaml"), loaded(ldap_client(), file="b.yaml"))).accepted
    found = admit(joined(load_text("a: [", "a.yaml")), before)
    assert set(found.accepted.items) == {GROUP, BIND}


def test_a_client_goes_on_when_its_group_keeps_its_last_version() -> None:
    before = admitted(*GOOD).accepted
    found = admitted(group(replicas=3), ldap_client(timeout="30s"), secret(), previous=before)
    assert states(found) == {"main": "Kept", "gateway": "Accepted", "directory-bind": "Accepted"}
    assert found.bundles[GROUP].ldap_clients[0].spec.timeout.total_seconds() == 30


def test_a_client_of_a_refused_group_is_refused_with_the_reason() -> None:
    found = admitted(group(replicas=3), ldap_client(), secret())
    assert states(found)["gateway"] == "Refused"
    assert "MfaServerGroup mfa/main is refused; put that right first" in str(found.outcomes[CLIENT].findings)
    assert not found.bundles


def test_a_client_of_a_deleted_group_is_refused() -> None:
    found = admitted(ldap_client(), secret(), previous=admitted(*GOOD).accepted)
    assert states(found)["gateway"] == "Refused"
    assert not found.accepted.items


def test_a_stricter_group_wins_over_its_clients() -> None:
    before = admitted(*GOOD).accepted
    strict = setting(group(), "policy.methods", {"default": "OathToken", "allowed": ["OathToken"]})
    found = admitted(strict, ldap_client(), secret(), previous=before)
    assert states(found)["main"] == "Accepted"
    assert states(found)["gateway"] == "Refused"


def test_a_clients_edit_is_not_blamed_for_an_edit_of_the_group_that_does_not_count() -> None:
    before = admitted(*GOOD).accepted
    bad = setting(
        setting(group(), "policy.methods", {"default": "OathToken", "allowed": ["OathToken"]}),
        "store.type",
        "CloudNativePG",
    )
    found = admitted(bad, ldap_client(timeout="30s"), secret(), previous=before)
    assert states(found) == {"main": "Kept", "gateway": "Accepted", "directory-bind": "Accepted"}


def test_a_deleted_secret_goes_on_with_the_group_that_still_names_it() -> None:
    before = admitted(*GOOD).accepted
    found = admitted(group(), ldap_client(), previous=before)
    assert states(found) == {"main": "Kept", "gateway": "Accepted", "directory-bind": "Kept"}
    assert found.bundles[GROUP].secret(found.bundles[GROUP].group.spec.directory.bind_secret_ref, "mfa", "username")
    assert BIND in found.accepted.items


@pytest.mark.parametrize("broken", [secret(username="x"), secret(username="x", password="")], ids=["key gone", "empty"])
def test_a_secret_that_was_edited_badly_keeps_its_last_version(broken: Manifest) -> None:
    before = admitted(*GOOD).accepted
    found = admitted(group(), ldap_client(), broken, previous=before)
    assert found.outcomes[BIND].state == "Kept"
    assert found.outcomes[GROUP].state == "Kept"
    bundle = found.bundles[GROUP]
    assert bundle.secret(bundle.group.spec.directory.bind_secret_ref, "mfa", "password") == b"correct horse"


def test_a_secret_that_does_not_validate_keeps_its_last_version() -> None:
    broken = secret()
    broken["data"] = {"password": "%"}
    found = admitted(group(), ldap_client(), broken, previous=admitted(*GOOD).accepted)
    assert states(found) == {"main": "Accepted", "gateway": "Accepted", "directory-bind": "Kept"}


def test_a_deleted_secret_is_not_brought_back_for_a_new_object() -> None:
    first = (*GOOD, radius_client(), secret("vpn", secret="0123456789abcdef"))
    before = admitted(*first).accepted
    ref = {"id": "current", "secretRef": {"name": "vpn", "key": "secret"}}
    other = radius_client("other", addresses=["192.0.2.21"], secrets=[ref])
    found = admitted(*GOOD, other, previous=before)
    assert states(found)["other"] == "Refused"
    assert ObjectId("Secret", "mfa", "vpn") not in found.accepted.items


def test_a_rotated_secret_is_taken_at_once() -> None:
    found = admitted(
        group(), ldap_client(), secret(username="x@y", password="rotated"), previous=admitted(*GOOD).accepted
    )
    bundle = found.bundles[GROUP]
    assert bundle.secret(bundle.group.spec.directory.bind_secret_ref, "mfa", "password") == b"rotated"
    assert not found.findings


def test_of_two_that_claim_one_address_the_younger_is_refused() -> None:
    before = admitted(group(), ldap_client("b"), secret()).accepted
    found = admitted(group(), ldap_client("a"), ldap_client("b"), secret(), previous=before)
    assert states(found) == {"main": "Accepted", "a": "Refused", "b": "Accepted", "directory-bind": "Accepted"}


def test_who_is_out_claims_no_addresses() -> None:
    found = admitted(
        group(),
        secret(),
        ldap_client("a", addresses=["192.0.2.1"]),
        ldap_client("b", addresses=["192.0.2.1", "192.0.2.2"]),
        ldap_client("c", addresses=["192.0.2.2"]),
    )
    assert states(found) == {
        "main": "Accepted",
        "directory-bind": "Accepted",
        "a": "Accepted",
        "b": "Refused",
        "c": "Accepted",
    }


def test_an_edited_bypass_stays_as_it_was() -> None:
    before = admitted(*GOOD, bypass()).accepted
    found = admitted(*GOOD, bypass(seconds=600), previous=before)
    assert reasons(found) == ["Immutable anna-4711 spec"]
    assert found.bundles[GROUP].bypasses[0].spec.seconds is None


def test_secrets_that_nobody_names_are_not_remembered() -> None:
    found = admitted(*GOOD, secret("other", x="y"), config_map("ca", x="y"))
    assert set(found.accepted.items) == {GROUP, CLIENT, BIND}
    assert states(found)["other"] == "Accepted"


def test_findings_are_in_reading_order() -> None:
    found = admitted(setting(ldap_client(), "timeout", "1s"), setting(group(), "replicas", 3), secret())
    assert [finding.source.line for finding in found.findings if finding.source] == sorted(
        finding.source.line for finding in found.findings if finding.source
    )


EDITS: list[Manifest] = [
    group(),
    group(replicas=3),
    setting(group(), "policy.methods", {"default": "OathToken", "allowed": ["OathToken"]}),
    setting(group(), "policy.clientLimits", {"passwordOnly": "Allowed"}),
    ldap_client(),
    ldap_client(timeout="30s"),
    ldap_client(timeout="1s"),
    ldap_client(users={"unknown": "PasswordOnly"}),
    ldap_client("other"),
    ldap_client("other", addresses=["192.0.2.11"]),
    secret(),
    secret(username="x"),
    secret(username="x", password=""),
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.sampled_from(EDITS), max_size=6), min_size=1, max_size=5))
def test_whatever_is_edited_what_is_accepted_has_nothing_against_itself(steps: list[list[Manifest]]) -> None:
    accepted = Accepted()
    for step in steps:
        written = {(one["kind"], one["metadata"]["name"]): one for one in step}
        found = admitted(*written.values(), previous=accepted)
        items = {name: entry.item for name, entry in found.accepted.items.items()}
        assert not [finding for finding in check(Objects(items)) if finding.is_error]
        names = {ObjectId(kind, "mfa", name) for kind, name in written}
        for name, outcome in found.outcomes.items():
            if outcome.state == "Refused":
                assert name not in items
                assert any(finding.is_error for finding in outcome.findings)
            if outcome.state == "Kept":
                assert document_of(items[name]) == document_of(accepted.items[name].item)
        assert {name for name in items if name.kind not in {"Secret", "ConfigMap"}} <= names
        again = admitted(*written.values(), previous=found.accepted)
        assert _wish(again.accepted) == _wish(found.accepted)
        accepted = found.accepted


def _wish(accepted: Accepted) -> str:
    return to_yaml(document_of(accepted.items[name].item) for name in sorted(accepted.items))
