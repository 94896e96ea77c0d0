"""What every kind has around its spec: apiVersion, kind, metadata, and the references to a server group."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mfa_resources.findings import ObjectId
from mfa_resources.v1alpha1.common import Name, ObjectName, Timestamp
from mfa_resources.v1alpha1.model import Model

__all__ = ["API_VERSION", "GROUP", "VERSION", "Metadata", "Resource", "ServerGroupRef", "ServerGroupRefAcross"]

GROUP = "mfa-operator.io"
VERSION = "v1alpha1"
API_VERSION = "mfa-operator.io/v1alpha1"

_Marks = Annotated[
    dict[Annotated[str, Field(max_length=317)], Annotated[str, Field(max_length=262_144)]], Field(max_length=512)
]


class Metadata(Model):
    """Kubernetes object metadata: what we read, and what the API server adds and we let pass."""

    name: ObjectName
    """Name of the object."""
    namespace: Name = "default"
    """Namespace of the object."""
    labels: _Marks = Field(default_factory=dict)
    """Labels."""
    annotations: _Marks = Field(default_factory=dict)
    """Annotations."""
    uid: str | None = None
    """Set by the API server."""
    generation: int | None = None
    """Set by the API server."""
    creation_timestamp: Timestamp | None = None
    """Set by the API server; decides which of two objects is the younger."""
    deletion_timestamp: Timestamp | None = None
    """Set by the API server."""
    deletion_grace_period_seconds: int | None = None
    """Set by the API server."""
    resource_version: str | None = None
    """Set by the API server."""
    self_link: str | None = None
    """Set by old API servers."""
    generate_name: str | None = None
    """Set by whoever let the API server choose the name."""
    finalizers: tuple[str, ...] = ()
    """Set by controllers."""
    owner_references: tuple[dict[str, Any], ...] = ()
    """Set by controllers."""
    managed_fields: tuple[dict[str, Any], ...] = ()
    """Set by the API server."""


class Resource(Model):
    """Base of the six kinds; `status` is the operator's and never read from a manifest."""

    plural: ClassVar[str]
    short_names: ClassVar[tuple[str, ...]]
    extra_columns: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    """Printer columns: name, type, JSON path."""

    api_version: Literal["mfa-operator.io/v1alpha1"]
    """Always mfa-operator.io/v1alpha1."""
    metadata: Metadata
    """Kubernetes object metadata."""

    @property
    def id(self) -> ObjectId:
        """The object's identity."""
        return ObjectId(type(self).__name__, self.metadata.namespace, self.metadata.name)


class ServerGroupRef(Model):
    """The server group that the object attaches to, in its own namespace."""

    name: ObjectName
    """Name of the MfaServerGroup."""

    def resolve(self, namespace: str) -> ObjectId:
        """Return the group's identity for an object of this namespace."""
        return ObjectId("MfaServerGroup", namespace, self.name)


class ServerGroupRefAcross(Model):
    """The server group that the object attaches to; another namespace's only where that group allows it."""

    name: ObjectName
    """Name of the MfaServerGroup."""
    namespace: Name | None = None
    """Namespace of the group; absent: the object's own. The group must allow it in allowedAttachments."""

    def resolve(self, namespace: str) -> ObjectId:
        """Return the group's identity for an object of this namespace."""
        return ObjectId("MfaServerGroup", self.namespace or namespace, self.name)
