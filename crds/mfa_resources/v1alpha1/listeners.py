"""What gateways connect to: listeners, the Services in front of them, and the certificate they see."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    AddressList,
    Annotations,
    CARef,
    HostName,
    ObjectName,
    Port,
    SecretRef,
)
from mfa_resources.v1alpha1.markers import Atomic, DurationText, Keys, ListSet
from mfa_resources.v1alpha1.model import Model, Rule, one_of

__all__ = [
    "CertManagerIssuer",
    "FrontCertificate",
    "LdapListener",
    "LdapsListener",
    "Listeners",
    "NodePorts",
    "ProxyProtocol",
    "RadiusListener",
    "RadsecListener",
    "Service",
    "ServiceType",
]

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
"""Kubernetes' Service types."""


class LdapListener(Model):
    """LDAP on its plain port."""

    port: Port = 389
    """Port of the Service; in standalone the bound port. Formerly: LDAP Authentication > TCP port."""
    start_tls: Literal["Required", "Optional"] = Field(default="Required", alias="startTLS")
    """Required: nothing but StartTLS is answered before TLS. Optional: a client with plaintext: Allow may go on without."""


class LdapsListener(Model):
    """LDAP over TLS from the first byte."""

    port: Port = 636
    """Port of the Service; in standalone the bound port. Formerly: LDAP Authentication > SSL port."""
    minimum_tls: Literal["TLSv1.2", "TLSv1.3"] = Field(default="TLSv1.2", alias="minimumTLS")
    """The oldest TLS version that is spoken, on the StartTLS port too."""
    cipher_suites: Annotated[
        tuple[Annotated[str, Field(min_length=3, max_length=64, pattern="^[-A-Za-z0-9_]+$")], ...],
        Field(max_length=32),
        Atomic(),
    ] = ()
    """TLS 1.2 cipher suites by OpenSSL's names, in order; empty: the library's secure defaults."""


class RadiusListener(Model):
    """RADIUS over UDP."""

    port: Port = 1812
    """Port for authentication. Formerly: RADIUS Authentication > Authentication port."""
    accounting_port: Port = 1813
    """Port for accounting. Formerly: RADIUS Authentication > Accounting port."""


class RadsecListener(Model):
    """RADIUS over TLS (RFC 6614)."""

    port: Port = 2083
    """Port of the Service; in standalone the bound port."""
    client_ca_ref: CARef = Field(alias="clientCARef")
    """Authorities of the clients' certificates; they can never call the SDK."""


class ProxyProtocol(Model):
    """Load balancers that tell the client's address in front of the stream."""

    from_: AddressList = Field(default=(), alias="from")
    """Addresses that must send PROXY protocol v1 or v2; never a pod or node range."""


class Listeners(Model):
    """What the servers listen on: a listener is on when its block is there."""

    ldap: LdapListener | None = None
    """LDAP with StartTLS."""
    ldaps: LdapsListener | None = None
    """LDAPS."""
    radius: RadiusListener | None = None
    """RADIUS over UDP."""
    radsec: RadsecListener | None = None
    """RADIUS over TLS."""
    proxy_protocol: ProxyProtocol | None = None
    """Load balancers that speak the PROXY protocol; absent: nobody may."""

    rules = (
        Rule(
            "has(self.ldap) || has(self.ldaps) || has(self.radius) || has(self.radsec)",
            "needs at least one of ldap, ldaps, radius and radsec; leave listeners away for ldap and ldaps",
            lambda listeners: any((listeners.ldap, listeners.ldaps, listeners.radius, listeners.radsec)),
        ),
    )


class NodePorts(Model):
    """Fixed node ports; absent ones are chosen by Kubernetes."""

    ldap: Port | None = None
    """Node port of ldap."""
    ldaps: Port | None = None
    """Node port of ldaps."""
    radius: Port | None = None
    """Node port of radius."""
    accounting: Port | None = None
    """Node port of accounting."""
    radsec: Port | None = None
    """Node port of radsec."""


class RadiusService(Model):
    """Differences of the UDP Service."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the UDP Service, over those of the other."""
    type: ServiceType | None = None
    """Type of the UDP Service; absent: as the other."""


class Service(Model):
    """The Services that gateways target; means nothing in standalone."""

    type: ServiceType = "ClusterIP"
    """Type of the Service."""
    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the Service."""
    load_balancer_class: ObjectName | None = None
    """Load balancer implementation; sent only where given."""
    load_balancer_source_ranges: AddressList = ()
    """Client addresses that the load balancer lets through; empty: all."""
    external_traffic_policy: Literal["Local", "Cluster"] | None = None
    """Local keeps the client's address; absent: Local where the type has it."""
    ip_families: Annotated[tuple[Literal["IPv4", "IPv6"], ...], Field(max_length=2), Atomic()] = ()
    """Address families in order; empty: the cluster's default."""
    node_ports: NodePorts | None = None
    """Fixed node ports."""
    radius: RadiusService | None = None
    """Differences of the UDP Service."""


class OperatorCA(Model):
    """A certificate from the operator's own authority."""

    lifetime: Annotated[timedelta, DurationText("1h", "8760h")] = timedelta(hours=2160)
    """Life of a certificate; it is renewed after two thirds of it."""


class IssuerRef(Model):
    """A cert-manager issuer."""

    name: ObjectName
    """Name of the issuer."""
    kind: Literal["Issuer", "ClusterIssuer"] = "Issuer"
    """Kind of the issuer."""


class CertManagerIssuer(Model):
    """A certificate from cert-manager."""

    issuer_ref: IssuerRef
    """The issuer."""


class CertificateSecret(Model):
    """A certificate that somebody else renews."""

    secret_ref: Annotated[SecretRef, Keys.all("tls.crt", "tls.key")]
    """Secret with tls.crt, tls.key and, for the published trust bundle, ca.crt."""


class FrontCertificate(Model):
    """The certificate that gateways see on LDAPS, StartTLS and RadSec. Formerly: LDAP Authentication > SSL certificate."""

    type: Literal["OperatorCA", "CertManager", "Secret"] = "OperatorCA"
    """Where the certificate comes from."""
    operator_ca: OperatorCA | None = Field(default=None, alias="operatorCA")
    """Details, with type: OperatorCA."""
    cert_manager: CertManagerIssuer | None = None
    """Details, with type: CertManager."""
    secret: CertificateSecret | None = None
    """Details, with type: Secret."""
    dns_names: Annotated[tuple[HostName, ...], Field(max_length=64), ListSet()] = ()
    """Names in the certificate beside the Service's own."""
    ip_addresses: Annotated[tuple[HostName, ...], Field(max_length=64), ListSet()] = ()
    """Addresses in the certificate beside the Service's own."""
    key_types: Annotated[tuple[Literal["ECDSA", "RSA"], ...], Field(min_length=1, max_length=2), ListSet()] = ("ECDSA",)
    """Kinds of keys; with both, each client gets the one it can use."""

    rules = one_of(
        {"OperatorCA": "operatorCA", "CertManager": "certManager", "Secret": "secret"},
        default="OperatorCA",
        required=("CertManager", "Secret"),
    )
