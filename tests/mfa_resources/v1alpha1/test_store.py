"""The store: one of three, with what goes on while it is away."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.store import Store


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({}, "SQLite"),
        ({"sqlite": {"backup": {"schedule": "0 3 * * *"}}}, "SQLite"),
        ({"type": "PostgreSQL", "postgreSQL": {"secretRef": {"name": "db"}}}, "PostgreSQL"),
        ({"type": "CloudNativePG"}, "CloudNativePG"),
        ({"type": "CloudNativePG", "cloudNativePG": {"instances": 1}}, "CloudNativePG"),
    ],
)
def test_a_store_is_of_one_type(parts: dict[str, Any], kind: str) -> None:
    assert Store.model_validate(parts).type == kind


@pytest.mark.parametrize(
    "parts",
    [
        {"type": "PostgreSQL"},
        {"type": "SQLite", "cloudNativePG": {}},
        {"sqlite": {"backup": {"schedule": "daily"}}},
        {"sqlite": {"storage": "2 GB"}},
        {"degraded": {"mode": "Open"}},
        {"type": "PostgreSQL", "postgreSQL": {"uri": "postgresql://u:p@h/d"}},
    ],
)
def test_a_doubtful_store_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Store.model_validate(parts)


def test_the_defaults_are_those_of_the_documentation() -> None:
    found = Store().degraded
    assert (found.mode, found.max_snapshot_age.total_seconds(), found.max_duration.total_seconds()) == (
        "Limited",
        3600,
        28_800,
    )
