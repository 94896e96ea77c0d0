"""Sync sources: defaults and bounds."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1 import UserSyncSource
from tests.mfa_resources.samples import sync_source


def source(**spec: Any) -> UserSyncSource:
    return UserSyncSource.model_validate(sync_source(**spec))


def test_the_defaults_are_those_of_the_documentation() -> None:
    spec = source().spec
    assert (spec.interval.total_seconds(), spec.state, spec.import_at_logon) == (3600, "Active", "Disabled")
    assert (spec.removal.action, spec.removal.guard.percent, spec.removal.guard.count) == ("Disable", 10, 25)
    assert (spec.phone.precedence, spec.phone.change_hold.total_seconds()) == ("User", 86_400)
    assert (spec.attributes.phone, spec.attributes.email, spec.defaults.enabled) == (("mobile",), ("mail",), True)
    assert spec.select.searches[0].scope == "Subtree"


@pytest.mark.parametrize(
    "spec",
    [
        {"select": {}},
        {"select": {"groups": []}},
        {"interval": "59s"},
        {"interval": "25h"},
        {"removal": {"guard": {"percent": 0}}},
        {"attributes": {"phone": ["a"] * 9}},
        {"serverGroupRef": {"name": "main", "namespace": "other"}},
    ],
)
def test_what_cannot_work_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        source(**spec)


@pytest.mark.parametrize("select", [{"groups": ["cn=a"]}, {"users": ["a@b.c"]}, {"searches": [{"baseDN": "dc=a"}]}])
def test_one_way_to_select_is_enough(select: dict[str, Any]) -> None:
    assert source(select=select)
