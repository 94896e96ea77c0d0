"""RADIUS clients: defaults, secrets, first factor."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1 import RadiusClient
from tests.mfa_resources.samples import radius_client


def client(**spec: Any) -> RadiusClient:
    return RadiusClient.model_validate(radius_client(**spec))


def test_the_defaults_are_those_of_the_documentation() -> None:
    spec = client().spec
    assert (spec.message_authenticator, spec.proxy_state, spec.calling_station_id) == ("Auto", "Limit", "Ignore")
    assert (spec.first_factor.type, spec.protocols, spec.challenge) == ("Directory", ("PAP",), "Allowed")
    assert (spec.oath_fallback, spec.accounting, spec.timeout.total_seconds()) == ("Disabled", "Acknowledge", 60)


@pytest.mark.parametrize(
    "spec",
    [
        {"secrets": []},
        {"secrets": [{"id": "a", "secretRef": {"name": "s"}}]},
        {"secrets": [{"id": "a", "secretRef": {"name": "s", "key": "k"}}] * 2},
        {"protocols": []},
        {"protocols": ["CHAP"]},
        {"firstFactor": {"type": "Radius"}},
        {
            "firstFactor": {
                "type": "External",
                "radius": {"servers": [{"host": "a"}], "secretRef": {"name": "s", "key": "k"}},
            }
        },
        {"groupAttributes": [{"group": "cn=a", "attribute": "Filter-Id", "value": "x" * 254}]},
    ],
)
def test_what_cannot_work_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        client(**spec)


def test_the_name_in_messages_is_the_objects_own_unless_given() -> None:
    assert client().application == "vpn"
    assert client(applicationName="VPN").application == "VPN"
