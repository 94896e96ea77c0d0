"""The group: its defaults, and the rules over its parts."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1 import MfaServerGroup
from tests.mfa_resources.samples import group, setting


def spec(path: str = "replicas", value: Any = 1) -> Any:
    return MfaServerGroup.model_validate(setting(group(), path, value)).spec


def test_the_defaults_are_those_of_the_documentation() -> None:
    found = spec()
    assert (found.replicas, found.state, found.store.type, found.service.type) == (1, "Running", "SQLite", "ClusterIP")
    assert found.listeners.ldap.port == 389
    assert found.listeners.ldap.start_tls == "Required"
    assert found.listeners.ldaps.port == 636
    assert found.listeners.radius is None
    assert found.front_certificate.type == "OperatorCA"
    assert found.portal is None
    assert found.network_policy.mode == "Enabled"


def test_only_the_listeners_that_are_written_are_on() -> None:
    found = spec("listeners", {"ldaps": {}})
    assert found.listeners.ldap is None
    assert found.listeners.ldaps is not None


@pytest.mark.parametrize("store", ["PostgreSQL", "CloudNativePG"])
def test_several_servers_need_a_shared_store(store: str) -> None:
    shared = {"type": store} | ({"postgreSQL": {"secretRef": {"name": "db"}}} if store == "PostgreSQL" else {})
    manifest = setting(group(replicas=3), "store", shared)
    assert MfaServerGroup.model_validate(manifest).spec.replicas == 3
    with pytest.raises(ValidationError, match="need a store that servers can share"):
        MfaServerGroup.model_validate(group(replicas=2))


WEB = {"name": "a", "type": "HTTP", "http": {"url": "https://sms.example.com"}}


@pytest.mark.parametrize(
    ("mode", "webhooks", "ok"),
    [("TwoWay", None, False), ("OneWay", None, True), ("TwoWay", {"url": "https://hooks.example.com"}, True)],
)
def test_replies_by_a_web_provider_need_call_backs(mode: str, webhooks: Any, *, ok: bool) -> None:
    manifest = setting(group(), "textMessage", {"mode": mode, "providers": [WEB]})
    if webhooks:
        manifest = setting(manifest, "webhooks", webhooks)
    if ok:
        assert MfaServerGroup.model_validate(manifest)
    else:
        with pytest.raises(ValidationError, match="need webhooks"):
            MfaServerGroup.model_validate(manifest)


@pytest.mark.parametrize(("name", "ok"), [("m" * 40, True), ("m" * 41, False), ("a.b", False)])
def test_the_name_becomes_part_of_pod_names(name: str, *, ok: bool) -> None:
    if ok:
        assert MfaServerGroup.model_validate(group(name)).id.name == name
    else:
        with pytest.raises(ValidationError, match="becomes part of pod names"):
            MfaServerGroup.model_validate(group(name))


def test_a_group_is_shown_by_its_identity() -> None:
    assert repr(MfaServerGroup.model_validate(group())) == "<MfaServerGroup mfa/main>"
