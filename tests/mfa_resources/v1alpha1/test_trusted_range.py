"""Trusted ranges."""

from ipaddress import ip_address
from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1 import TrustedIPRange
from tests.mfa_resources.samples import trusted_range


def test_a_range_counts_for_the_portal_unless_said_otherwise() -> None:
    spec = TrustedIPRange.model_validate(trusted_range()).spec
    assert spec.applies_to == ("Portal",)
    assert any(ip_address("198.51.100.9") in one for one in spec.ranges)


@pytest.mark.parametrize(
    "spec", [{"ranges": []}, {"appliesTo": []}, {"appliesTo": ["Everywhere"]}, {"ranges": ["office"]}]
)
def test_no_range_or_no_place_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrustedIPRange.model_validate(trusted_range(**spec))
