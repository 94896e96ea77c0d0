"""The set of objects: who attaches to whom, who is the younger."""

from mfa_resources.checks.objects import Objects, error, warning
from mfa_resources.findings import ObjectId
from mfa_resources.v1alpha1 import LdapClient, MfaServerGroup
from tests.mfa_resources.samples import Manifest, config_map, group, ldap_client, loaded, secret


def objects(*manifests: Manifest, established: frozenset[ObjectId] = frozenset()) -> Objects:
    found = loaded(*manifests)
    return Objects({one.id: one.item for one in found.documents if one.item is not None}, established)


def client(found: Objects, name: str) -> LdapClient:
    return next(one for one in found.all(LdapClient) if one.metadata.name == name)


def test_objects_of_a_kind_come_sorted() -> None:
    found = objects(ldap_client("b"), ldap_client("a"), group())
    assert [one.metadata.name for one in found.all(LdapClient)] == ["a", "b"]


def test_what_attaches_is_known_by_group() -> None:
    found = objects(group(), group("other"), ldap_client(), ldap_client("x", serverGroupRef={"name": "gone"}))
    assert {name.name: [one.metadata.name for one in items] for name, items in found.attached.items()} == {
        "main": ["gateway"],
        "other": [],
    }
    assert found.group_of(client(found, "gateway")) == next(found.all(MfaServerGroup))
    assert found.group_of(client(found, "x")) is None


def test_secrets_and_config_maps_are_found_by_identity() -> None:
    found = objects(secret(), config_map("ca", x="y"), group())
    assert found.document(ObjectId("Secret", "mfa", "directory-bind")) is not None
    assert found.document(ObjectId("ConfigMap", "mfa", "ca")) is not None
    assert found.document(ObjectId("MfaServerGroup", "mfa", "main")) is None
    assert found.document(ObjectId("Secret", "team", "directory-bind")) is None


def test_the_younger_is_the_new_one_then_the_later_one_then_the_later_name() -> None:
    manifests = [ldap_client(name) for name in ("a", "b", "c", "d")]
    manifests[1]["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
    manifests[2]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    found = objects(*manifests, established=frozenset({ObjectId("LdapClient", "mfa", "d")}))
    by_age = sorted(found.all(LdapClient), key=found.seniority)
    assert [one.metadata.name for one in by_age] == ["d", "c", "b", "a"]


def test_findings_are_made_for_an_object_and_a_field() -> None:
    name = ObjectId("LdapClient", "mfa", "gateway")
    assert error(name, "spec.x", "R", "m").is_error
    assert not warning(name, "spec.x", "R", "m").is_error
    assert warning(name, "spec.x", "R", "m").object == name
