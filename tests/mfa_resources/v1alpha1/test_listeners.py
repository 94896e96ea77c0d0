"""Listeners, Services and the front certificate."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.listeners import FrontCertificate, Listeners, Service


def test_a_listener_is_on_when_its_block_is_there() -> None:
    found = Listeners.model_validate({"ldap": {}, "radius": {}})
    assert found.ldap is not None
    assert (found.ldap.port, found.ldap.start_tls) == (389, "Required")
    assert found.ldaps is None
    assert found.radius is not None
    assert (found.radius.port, found.radius.accounting_port) == (1812, 1813)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"proxyProtocol": {"from": ["192.0.2.1"]}},
        {"ldap": {"startTLS": "Never"}},
        {"ldaps": {"minimumTLS": "TLSv1.1"}},
        {"ldaps": {"cipherSuites": ["a b"]}},
        {"radsec": {}},
    ],
)
def test_no_listener_or_a_weak_one_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Listeners.model_validate(parts)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({}, "OperatorCA"),
        ({"operatorCA": {"lifetime": "720h"}}, "OperatorCA"),
        ({"type": "CertManager", "certManager": {"issuerRef": {"name": "corp"}}}, "CertManager"),
        ({"type": "Secret", "secret": {"secretRef": {"name": "tls"}}}, "Secret"),
    ],
)
def test_the_certificate_comes_from_one_place(parts: dict[str, Any], kind: str) -> None:
    assert FrontCertificate.model_validate(parts).type == kind


@pytest.mark.parametrize(
    "parts", [{"type": "Secret"}, {"type": "CertManager"}, {"secret": {"secretRef": {"name": "tls"}}}, {"keyTypes": []}]
)
def test_a_certificate_from_nowhere_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FrontCertificate.model_validate(parts)


def test_a_service_leaves_to_kubernetes_what_is_not_written() -> None:
    found = Service()
    assert (found.type, found.load_balancer_class, found.external_traffic_policy, found.ip_families) == (
        "ClusterIP",
        None,
        None,
        (),
    )
