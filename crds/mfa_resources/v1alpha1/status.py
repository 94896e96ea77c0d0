"""What the operator writes back: conditions, servers, endpoints, sync runs. Nothing volatile, nothing secret."""

from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import Timestamp, Whole
from mfa_resources.v1alpha1.markers import ListMap
from mfa_resources.v1alpha1.model import Model

__all__ = [
    "STATUS",
    "AttachedStatus",
    "Attachments",
    "BundleStatus",
    "BypassStatus",
    "CertificateStatus",
    "Condition",
    "Endpoint",
    "GroupStatus",
    "GuardStatus",
    "RunStatus",
    "ServerStatus",
    "SyncStatus",
]

_Short = Annotated[str, Field(max_length=253)]
_Digest = Annotated[str, Field(max_length=128)]
_Count = Annotated[Whole, Field(ge=0)]


class Condition(Model):
    """Kubernetes' condition."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """Which condition."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Annotated[str, Field(min_length=1, max_length=1024, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    """Why, in one word for programs."""
    message: Annotated[str, Field(max_length=32_768)]
    """Why, and what to do, in words for people."""
    last_transition_time: Timestamp
    """When the status last changed."""
    observed_generation: _Count | None = None
    """The generation that the condition is about."""


_Conditions = Annotated[tuple[Condition, ...], Field(max_length=16), ListMap(("type",))]


class ServerStatus(Model):
    """One server of the group."""

    name: _Short
    """Its name."""
    address: _Short | None = None
    """Its address."""
    role: Literal["Primary", "Secondary"] | None = None
    """Whether it does the group's duties. Formerly: Server Status, master or slave."""
    connected: bool | None = None
    """Whether it reaches the store."""
    ready: bool | None = None
    """Whether it answers gateways."""
    version: _Short | None = None
    """Its version."""
    bundle: _Digest | None = None
    """Digest of the bundle that it runs on."""
    certificate_expires: Timestamp | None = None
    """When its certificate ends."""


class Endpoint(Model):
    """Where gateways reach the group."""

    name: _Short
    """Which listener."""
    address: _Short
    """Address or host name."""
    port: Annotated[Whole, Field(ge=1, le=65_535)]
    """Port."""


class CertificateStatus(Model):
    """One certificate of the group."""

    name: _Short
    """Which certificate."""
    not_after: Timestamp | None = None
    """When it ends."""
    renewal_time: Timestamp | None = None
    """When it is renewed."""
    source: _Short | None = None
    """Who issued it."""


class Attachments(Model):
    """Objects that attach to the group."""

    accepted: _Count | None = None
    """How many are accepted."""
    refused: _Count | None = None
    """How many are not."""


class BundleStatus(Model):
    """The bundle that the servers should run on."""

    digest: _Digest | None = None
    """Its digest."""
    generation: _Count | None = None
    """Its number."""


class GroupStatus(Model):
    """Status of an MfaServerGroup."""

    observed_generation: _Count | None = None
    """The generation that this status is about."""
    conditions: _Conditions = ()
    """Ready, Reconciling, Stalled, CertificatesValid, DirectoryReachable, StoreReachable, and others while they hold."""
    replicas: _Count | None = None
    """Servers that exist."""
    ready_replicas: _Count | None = None
    """Servers that answer gateways."""
    selector: Annotated[str, Field(max_length=512)] | None = None
    """Label selector of the servers' pods, for the scale subresource."""
    target_primary: _Short | None = None
    """The server that shall be primary."""
    current_primary: _Short | None = None
    """The server that is."""
    servers: Annotated[tuple[ServerStatus, ...], Field(max_length=20), ListMap(("name",))] = ()
    """The servers."""
    endpoints: Annotated[tuple[Endpoint, ...], Field(max_length=16), ListMap(("name",))] = ()
    """Where gateways reach the group."""
    certificates: Annotated[tuple[CertificateStatus, ...], Field(max_length=16), ListMap(("name",))] = ()
    """The group's certificates."""
    attachments: Attachments | None = None
    """Objects that attach to the group."""
    bundle: BundleStatus | None = None
    """The bundle that the servers should run on."""


class AttachedStatus(Model):
    """Status of an object that attaches to a group."""

    observed_generation: _Count | None = None
    """The generation that this status is about."""
    conditions: _Conditions = ()
    """Ready, Accepted, ResolvedRefs, Programmed, and Conflicted while it holds."""


class RunStatus(Model):
    """One pass of a sync source."""

    id: _Short | None = None
    """Which pass."""
    read: _Count | None = None
    """Entries read."""
    added: _Count | None = None
    """Users added."""
    updated: _Count | None = None
    """Users changed."""
    disabled: _Count | None = None
    """Users disabled."""
    removed: _Count | None = None
    """Users removed."""
    skipped: _Count | None = None
    """Entries passed over."""
    errors: _Count | None = None
    """Entries with errors."""


class GuardStatus(Model):
    """The removal guard."""

    state: Literal["Clear", "Holding"] | None = None
    """Holding: removals wait for a confirmation."""
    digest: _Digest | None = None
    """What the annotation mfa-operator.io/confirm-removals must say."""
    would_remove: _Count | None = None
    """Users that would go."""


class SyncStatus(AttachedStatus):
    """Status of a UserSyncSource."""

    last_success: Timestamp | None = None
    """When a pass last went well."""
    last_run: RunStatus | None = None
    """The last pass."""
    guard: GuardStatus | None = None
    """The removal guard."""
    phones_on_hold: _Count | None = None
    """Changed numbers that do not count yet."""
    phones_invalid: _Count | None = None
    """Numbers that cannot be used."""


class BypassStatus(AttachedStatus):
    """Status of a OneTimeBypass."""

    phase: Literal["Active", "Used", "Expired", "Refused"] | None = None
    """How far it is."""
    directory_id: _Short | None = Field(default=None, alias="directoryID")
    """The person's immutable id in the directory."""


STATUS: dict[str, type[Model]] = {
    "MfaServerGroup": GroupStatus,
    "LdapClient": AttachedStatus,
    "RadiusClient": AttachedStatus,
    "UserSyncSource": SyncStatus,
    "TrustedIPRange": AttachedStatus,
    "OneTimeBypass": BypassStatus,
}
"""The status of each kind."""
