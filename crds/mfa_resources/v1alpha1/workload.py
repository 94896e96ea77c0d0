"""How the pods run, and what leaves them: image, placement, network, audit, proxy. Most mean nothing in standalone."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    Annotations,
    CARef,
    HostName,
    ObjectName,
    Opaque,
    Port,
    SecretRef,
    Toggle,
)
from mfa_resources.v1alpha1.markers import Atomic, DurationText, Keys, ListMap, ListSet
from mfa_resources.v1alpha1.model import Model

__all__ = [
    "AllowedAttachments",
    "AttachmentNamespaces",
    "Audit",
    "EgressProxy",
    "EnvironmentVariable",
    "Image",
    "LabelExpression",
    "LabelSelector",
    "NetworkPolicy",
    "Placement",
    "PodTemplate",
    "Syslog",
]

_LabelKey = Annotated[str, Field(min_length=1, max_length=317, pattern=r"^[-A-Za-z0-9_./]+$")]
_LabelValue = Annotated[str, Field(max_length=63, pattern=r"^[-A-Za-z0-9_.]*$")]
_Opaques = Annotated[tuple[Opaque, ...], Field(max_length=32), Atomic()]


class LabelExpression(Model):
    """One condition on a label."""

    key: _LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How its value is compared."""
    values: Annotated[tuple[_LabelValue, ...], Field(max_length=32), Atomic()] = ()
    """The values, with In and NotIn."""


class LabelSelector(Model):
    """Kubernetes' label selector; all conditions must hold."""

    match_labels: Annotated[dict[_LabelKey, _LabelValue], Field(max_length=32)] = Field(default_factory=dict)
    """Labels with exactly these values."""
    match_expressions: Annotated[tuple[LabelExpression, ...], Field(max_length=32), Atomic()] = ()
    """Further conditions."""


class AttachmentNamespaces(Model):
    """Namespaces from which objects may attach."""

    from_: Literal["Same", "All", "Selector"] = Field(default="Same", alias="from")
    """The group's own namespace, all, or those that the selector names."""
    selector: LabelSelector | None = None
    """Labels of the namespaces, with from: Selector."""


class AllowedAttachments(Model):
    """Which objects may attach from where."""

    kinds: Annotated[tuple[Literal["LdapClient", "RadiusClient"], ...], Field(min_length=1, max_length=2), ListSet()]
    """The kinds."""
    namespaces: AttachmentNamespaces = Field(default_factory=AttachmentNamespaces)
    """The namespaces."""


class Syslog(Model):
    """A collector for the audit (RFC 5424 over TLS, RFC 5425)."""

    host: HostName
    """Host name or address."""
    port: Port = 6514
    """TCP port."""
    ca_ref: CARef | None = None
    """Authorities to trust; absent: the system's."""


class Audit(Model):
    """The record of who did what. Formerly: Logging, and the reports of the management portal."""

    retain_for: Annotated[timedelta, DurationText("24h", "87600h")] = timedelta(hours=2160)
    """How long rows are kept."""
    syslog: Syslog | None = None
    """A collector that gets every row; absent: none."""


class EgressProxy(Model):
    """An HTTP proxy for calls to providers."""

    url: Annotated[str, Field(min_length=8, max_length=512, pattern=r"^https?://[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*/?$")]
    """The proxy, without user and password."""
    except_: Annotated[tuple[HostName, ...], Field(max_length=64), ListSet()] = Field(default=(), alias="except")
    """Hosts that are reached directly."""


class Image(Model):
    """The servers' image; absent: the operator's own version."""

    repository: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[a-z0-9][-a-z0-9._/:]*$")] | None = None
    """Repository."""
    tag: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_][-A-Za-z0-9_.]*$")] | None = None
    """Tag."""
    digest: Annotated[str, Field(min_length=71, max_length=71, pattern="^sha256:[0-9a-f]{64}$")] | None = None
    """Digest; goes before the tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the image is pulled."""
    pull_secrets: Annotated[tuple[SecretRef, ...], Field(max_length=8), ListMap(("name",)), Keys(())] = ()
    """Secrets for the registry."""


class Placement(Model):
    """Where pods run."""

    node_selector: Annotated[dict[_LabelKey, _LabelValue], Field(max_length=32)] = Field(default_factory=dict)
    """Labels that a node must have."""
    tolerations: _Opaques = ()
    """Kubernetes' tolerations."""
    affinity: Opaque | None = None
    """Kubernetes' affinity; absent: servers spread over nodes."""
    topology_spread_constraints: _Opaques = ()
    """Kubernetes' topologySpreadConstraints; empty: servers spread over zones."""
    priority_class_name: ObjectName | None = None
    """Kubernetes' PriorityClass."""


class EnvironmentVariable(Model):
    """One variable; never a secret."""

    name: Annotated[str, Field(min_length=1, max_length=128, pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
    """Its name."""
    value: Annotated[str, Field(max_length=4096)]
    """Its value."""


class PodTemplate(Model):
    """Additions to the pods."""

    labels: Annotations = Field(default_factory=dict)
    """Further labels."""
    annotations: Annotations = Field(default_factory=dict)
    """Further annotations."""
    env: Annotated[tuple[EnvironmentVariable, ...], Field(max_length=64), ListMap(("name",))] = ()
    """Further environment variables."""


class NetworkPolicy(Model):
    """A NetworkPolicy around the pods."""

    mode: Toggle = "Enabled"
    """Whether it is made."""
