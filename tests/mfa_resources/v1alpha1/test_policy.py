"""The policy's defaults and rules."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.policy import Policy


def test_the_defaults_are_those_of_the_documentation() -> None:
    policy = Policy()
    assert policy.methods.default == "TextMessage"
    assert policy.methods.allowed == ("TextMessage", "PhoneCall", "MobileApp", "OathToken")
    assert {policy.users.unknown, policy.users.disabled, policy.users.without_method} == {"Deny"}
    assert policy.redelivery_window.total_seconds() == 10
    assert (policy.prompts.unanswered, policy.prompts.within.total_seconds(), policy.prompts.pause.total_seconds()) == (
        3,
        600,
        900,
    )
    password = policy.lockout.password
    assert (password.failures, password.directory_margin, password.duration.total_seconds()) == (5, 2, 900)
    assert (policy.pin.minimum_length, policy.pin.history, policy.pin.expire_after.days) == (6, 5, 365)
    assert (policy.fraud.code, policy.fraud.block_for.days) == ("0", 90)
    assert (policy.bypass.default_seconds, policy.bypass.maximum_seconds) == (300, 3600)
    assert policy.locale == "en"


def test_a_client_is_no_looser_unless_the_group_says_so() -> None:
    assert not Policy().client_limits.allows_password_only
    assert Policy.model_validate({"clientLimits": {"passwordOnly": "Allowed"}}).client_limits.allows_password_only
    assert Policy().client_limits.remember_for is None


@pytest.mark.parametrize(
    "parts",
    [
        {"methods": {"allowed": []}},
        {"methods": {"default": "PhoneCall", "allowed": ["TextMessage"]}},
        {"userGroups": [{"name": "a", "methods": {"default": "OathToken", "allowed": ["TextMessage"]}}]},
        {"redeliveryWindow": "61s"},
        {"lockout": {"password": {"failures": 0}}},
        {"pin": {"minimumLength": 3}},
        {"fraud": {"code": "x"}},
        {"bypass": {"defaultSeconds": 400, "maximumSeconds": 300}},
        {"locale": "English"},
    ],
)
def test_what_cannot_be_meant_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(parts)
