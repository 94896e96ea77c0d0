"""One-time bypasses."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1 import OneTimeBypass
from tests.mfa_resources.samples import bypass


def test_a_bypass_says_who_how_long_and_why() -> None:
    spec = OneTimeBypass.model_validate(bypass(seconds=300, notBefore="2026-11-24T10:00:00Z", reason="phone lost")).spec
    assert (spec.user, spec.requested_by, spec.seconds) == ("anna@example.com", "helpdesk1", 300)
    assert spec.not_before == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert (spec.clients, spec.ttl_after_finished) == ((), None)


@pytest.mark.parametrize(
    "spec", [{"seconds": 9}, {"seconds": 86_401}, {"requestedBy": ""}, {"user": "anna"}, {"clients": ["A"]}]
)
def test_a_bypass_is_bounded(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OneTimeBypass.model_validate(bypass(**spec))


def test_nothing_of_a_bypass_can_be_changed() -> None:
    (rule,) = OneTimeBypass.transitions
    one = OneTimeBypass.model_validate(bypass())
    assert rule.holds(one, OneTimeBypass.model_validate(bypass()))
    assert not rule.holds(one, OneTimeBypass.model_validate(bypass(seconds=60)))
