"""The group by itself."""

from typing import Any

import pytest

from tests.mfa_resources.samples import admitted, group, reasons, secret, setting


def warned(path: str, value: Any) -> list[str]:
    found = admitted(setting(group(), path, value), secret())
    return [f"{one.reason} {one.field}" for one in found.findings if one.reason != "NotYetSupported"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("textMessage", {"mode": "TwoWay"}, ["NoUsableMethod spec.policy.methods.default"]),
        ("policy.methods", {"default": "OathToken", "allowed": ["OathToken"]}, []),
        ("oath.drift", 0, []),
    ],
)
def test_a_default_that_nothing_carries_is_a_warning(path: str, value: Any, said: list[str]) -> None:
    assert warned(path, value) == said


@pytest.mark.parametrize(("key", "value"), [("username", " "), ("password", "")])
def test_an_empty_bind_account_is_refused_because_it_would_be_anonymous(key: str, value: str) -> None:
    found = admitted(group(), secret(**{"username": "a", "password": "b"} | {key: value}))
    assert reasons(found) == ["EmptyCredential main spec.directory.bindSecretRef"]
