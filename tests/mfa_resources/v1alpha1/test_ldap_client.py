"""LDAP clients: defaults and presets."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1 import LdapClient
from tests.mfa_resources.samples import ldap_client

ACCOUNT = [{"identity": "svc@example.com"}]
PRESET = {"type": "NetScaler"}


def client(**spec: Any) -> LdapClient:
    return LdapClient.model_validate(ldap_client(**spec))


def test_the_defaults_are_those_of_the_documentation() -> None:
    spec = client(methods=[]).spec
    assert (spec.plaintext, spec.references, spec.mode, spec.answers_per_approval) == ("Refuse", "Drop", "Enforce", 1)
    assert (spec.timeout.total_seconds(), spec.password_change, spec.match.listener) == (60, "Disabled", "Any")
    assert (spec.appended_code, spec.remember_for, spec.methods, spec.users.unknown) == (None, None, (), None)


@pytest.mark.parametrize(
    ("spec", "binds"),
    [
        ({}, "Any"),
        ({"gateway": PRESET}, "AfterServiceBind"),
        ({"gateway": PRESET, "userBinds": "Any"}, "Any"),
        ({"userBinds": "AfterServiceBind", "serviceAccounts": ACCOUNT}, "AfterServiceBind"),
    ],
)
def test_the_preset_decides_whose_binds_count_unless_it_is_written(spec: dict[str, Any], binds: str) -> None:
    assert client(**spec).spec.effective_user_binds == binds


def test_binds_after_a_service_account_need_one() -> None:
    with pytest.raises(ValidationError, match="needs at least one of serviceAccounts"):
        client(userBinds="AfterServiceBind")


def test_the_name_in_messages_is_the_objects_own_unless_given() -> None:
    assert client().application == "gateway"
    assert client(applicationName="Gateway").application == "Gateway"


@pytest.mark.parametrize("gateway", [PRESET, PRESET | {"netScaler": {"name": "mfa_ldap"}}])
def test_the_details_of_a_preset_may_be_left_away(gateway: dict[str, Any]) -> None:
    found = client(gateway=gateway, serviceAccounts=ACCOUNT).spec.gateway
    assert found is not None
    assert found.type == "NetScaler"


@pytest.mark.parametrize("name", ['x"; rm', "a\nb", "x'y", "$(x)", "a;b", "-x"])
def test_names_for_the_gateways_commands_cannot_smuggle_others(name: str) -> None:
    with pytest.raises(ValidationError):
        client(gateway=PRESET | {"netScaler": {"virtualServer": name}})


def test_the_group_is_for_ever() -> None:
    (rule,) = type(client().spec).transitions
    assert rule.holds(client().spec, client(timeout="30s").spec)
    assert not rule.holds(client().spec, client(serverGroupRef={"name": "other"}).spec)
