"""What every kind has around its spec."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.findings import ObjectId
from mfa_resources.v1alpha1 import KINDS, LdapClient
from mfa_resources.v1alpha1.resource import API_VERSION, GROUP, VERSION, Metadata, ServerGroupRef, ServerGroupRefAcross
from tests.mfa_resources.samples import ldap_client


def test_a_version_is_group_and_version() -> None:
    assert f"{GROUP}/{VERSION}" == API_VERSION


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=KINDS)
def test_every_kind_is_named_like_its_class(name: str, kind: Any) -> None:
    assert kind.__name__ == name
    assert kind.plural == kind.plural.lower()
    assert kind.plural.startswith(name.lower()[:-1])


def test_an_object_knows_its_identity() -> None:
    assert LdapClient.model_validate(ldap_client()).id == ObjectId("LdapClient", "mfa", "gateway")


@pytest.mark.parametrize("head", [{"apiVersion": "mfa-operator.io/v1"}, {"kind": "RadiusClient"}, {"extra": 1}])
def test_another_version_kind_or_part_is_refused(head: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LdapClient.model_validate(ldap_client() | head)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"name": "A"},
        {"name": "a", "namespace": "a.b"},
        {"name": "a", "labels": {"x": 1}},
        {"name": "a", "nmae": "b"},
    ],
)
def test_metadata_is_checked_too(metadata: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Metadata.model_validate(metadata)


def test_a_group_is_in_the_objects_namespace_unless_it_says_otherwise() -> None:
    main = ObjectId("MfaServerGroup", "mfa", "main")
    assert ServerGroupRef(name="main").resolve("mfa") == main
    assert ServerGroupRefAcross(name="main").resolve("mfa") == main
    assert ServerGroupRefAcross(name="main", namespace="mfa").resolve("team") == main
