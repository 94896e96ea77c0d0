"""The directory: presets by type, ports by mode."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.directory import Directory

BASE: dict[str, Any] = {"servers": [{"host": "dc1"}], "baseDN": "dc=a", "bindSecretRef": {"name": "bind"}}


def directory(**parts: Any) -> Directory:
    return Directory.model_validate(BASE | parts)


@pytest.mark.parametrize(
    ("kind", "usernames", "identity"),
    [
        ("ActiveDirectory", ("sAMAccountName", "userPrincipalName"), "objectGUID"),
        ("OpenLDAP", ("uid",), "entryUUID"),
        ("Other", ("uid",), "entryUUID"),
    ],
)
def test_the_type_presets_the_attributes(kind: str, usernames: tuple[str, ...], identity: str) -> None:
    found = directory(type=kind)
    assert (found.username_attributes, found.id_attribute) == (usernames, identity)


def test_written_attributes_go_before_the_preset() -> None:
    found = directory(attributes={"username": ["mail"], "id": "employeeNumber"})
    assert (found.username_attributes, found.id_attribute) == (("mail",), "employeeNumber")


@pytest.mark.parametrize(
    ("mode", "server", "port"),
    [("LDAPS", {"host": "a"}, 636), ("StartTLS", {"host": "a"}, 389), ("LDAPS", {"host": "a", "port": 3269}, 3269)],
)
def test_the_mode_decides_the_port(mode: str, server: dict[str, Any], port: int) -> None:
    found = directory(tls={"mode": mode}, servers=[server])
    assert found.servers is not None
    assert found.port_of(found.servers[0]) == port


@pytest.mark.parametrize(
    "parts",
    [
        {"tls": {"mode": "None"}},
        {"discovery": {"domain": "a"}},
        {"servers": []},
        {"timeout": "61s"},
        {"timeout": "99ms"},
    ],
)
def test_a_plain_doubtful_or_endless_connection_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        directory(**parts)


def test_servers_may_be_found_instead_of_named() -> None:
    parts = {key: value for key, value in BASE.items() if key != "servers"} | {"discovery": {"domain": "a.b"}}
    assert Directory.model_validate(parts).servers is None


def test_the_defaults_are_those_of_the_documentation() -> None:
    found = directory()
    assert (found.type, found.tls.mode, found.timeout.total_seconds()) == ("ActiveDirectory", "LDAPS", 5)
