"""RadiusClient: a gateway or network device that speaks RADIUS to the servers."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    AddressList,
    AppendedCode,
    DistinguishedName,
    HostName,
    Line,
    MethodList,
    Name,
    Port,
    SecretKeyRef,
    Toggle,
    UserRules,
)
from mfa_resources.v1alpha1.markers import Atomic, DurationText, ListMap, ListSet
from mfa_resources.v1alpha1.model import Model, Transition, one_of
from mfa_resources.v1alpha1.resource import Resource, ServerGroupRefAcross

__all__ = [
    "FirstFactor",
    "GroupAttribute",
    "RadiusClient",
    "RadiusClientSpec",
    "RadiusSecret",
    "RadiusServer",
    "RadiusUpstream",
]


class RadiusSecret(Model):
    """One shared secret; two while it is being changed."""

    id: Name
    """Its name in logs."""
    secret_ref: SecretKeyRef
    """Key with the secret, at least 16 bytes."""


class RadiusServer(Model):
    """One RADIUS server that checks passwords."""

    host: HostName
    """Host name or address."""
    port: Port = 1812
    """UDP port."""


class RadiusUpstream(Model):
    """RADIUS servers that check passwords. Formerly: RADIUS Authentication > Target > RADIUS server(s)."""

    servers: Annotated[tuple[RadiusServer, ...], Field(min_length=1, max_length=8), Atomic()]
    """Servers, in order of preference."""
    secret_ref: SecretKeyRef
    """Key with the shared secret."""


class FirstFactor(Model):
    """Who checks the password. Formerly: RADIUS Authentication > Target."""

    type: Literal["Directory", "Radius", "External"] = "Directory"
    """The group's directory, other RADIUS servers, or the gateway itself before it asks us."""
    radius: RadiusUpstream | None = None
    """Details, with type: Radius."""

    rules = one_of({"Radius": "radius"}, default="Directory")


class GroupAttribute(Model):
    """An attribute in the answer to members of a group."""

    group: DistinguishedName
    """The directory group."""
    attribute: Annotated[str, Field(min_length=1, max_length=64, pattern="^[A-Za-z0-9][-A-Za-z0-9]*$")]
    """Name of the RADIUS attribute, such as Filter-Id."""
    value: Annotated[Line, Field(max_length=253)]
    """Its value."""


class RadiusClientSpec(Model):
    """What the client is and what it may do."""

    server_group_ref: ServerGroupRefAcross
    """The server group; cannot be changed."""
    application_name: Annotated[Line, Field(max_length=64)] | None = None
    """Its name in messages and reports; absent: metadata.name. Formerly: RADIUS Authentication > Application name."""
    addresses: Annotated[AddressList, Field(min_length=1)]
    """Where it sends from; the most specific range of all clients wins. Formerly: RADIUS Authentication > IP address."""
    nas_identifier: Annotated[Line, Field(max_length=253)] | None = None
    """NAS-Identifier that tells clients behind one address apart; absent: not looked at."""
    secrets: Annotated[tuple[RadiusSecret, ...], Field(min_length=1, max_length=2), ListMap(("id",))]
    """Shared secrets; two while one replaces the other. Formerly: RADIUS Authentication > Shared secret."""
    message_authenticator: Literal["Required", "Auto", "Optional"] = "Auto"
    """Auto: required once this client has sent one (RFC 3579, Blast-RADIUS)."""
    proxy_state: Literal["Limit", "Accept"] = "Limit"
    """Limit: Proxy-State only in signed requests."""
    calling_station_id: Literal["Ignore", "Trust"] = "Ignore"
    """Whether Calling-Station-Id counts as the person's address, in authenticated packets."""
    first_factor: FirstFactor = Field(default_factory=FirstFactor)
    """Who checks the password."""
    protocols: Annotated[
        tuple[Literal["PAP", "MSCHAPv2", "EapGtc"], ...], Field(min_length=1, max_length=3), ListSet()
    ] = ("PAP",)
    """How passwords may be sent."""
    challenge: Literal["Allowed", "Never"] = "Allowed"
    """Whether Access-Challenge may be answered."""
    users: UserRules = Field(default_factory=UserRules)
    """People in a given state; looser than the group only within its clientLimits."""
    methods: MethodList = ()
    """Second factors; empty: the group's."""
    appended_code: AppendedCode | None = None
    """A code typed after the password; absent: off."""
    oath_fallback: Toggle = "Disabled"
    """Whether an OATH code may replace an unanswered method. Formerly: RADIUS Authentication > Enable fallback OATH token."""
    timeout: Annotated[timedelta, DurationText("10s", "180s")] = timedelta(seconds=60)
    """How long the gateway waits; answers come 3 s earlier."""
    monitor_users: Annotated[tuple[Annotated[Line, Field(max_length=128)], ...], Field(max_length=8), ListSet()] = ()
    """User names of health probes, answered with Access-Reject at once and not recorded as failures."""
    accounting: Literal["Acknowledge", "Audit"] = "Acknowledge"
    """What happens to accounting requests."""
    group_attributes: Annotated[tuple[GroupAttribute, ...], Field(max_length=64)] = ()
    """Attributes in the answers to members of groups."""

    transitions = (
        Transition(
            "self.serverGroupRef == oldSelf.serverGroupRef",
            "serverGroupRef cannot be changed; delete the object and make it anew",
            lambda old, new: old.server_group_ref == new.server_group_ref,
            "serverGroupRef",
        ),
    )


class RadiusClient(Resource):
    """A gateway or network device that speaks RADIUS to the servers. Formerly: RADIUS Authentication > Clients."""

    plural: ClassVar[str] = "radiusclients"
    short_names: ClassVar[tuple[str, ...]] = ("radiusc",)
    extra_columns: ClassVar[tuple[tuple[str, str, str], ...]] = (("Application", "string", ".spec.applicationName"),)

    kind: Literal["RadiusClient"]
    """Always RadiusClient."""
    spec: RadiusClientSpec
    """What the client is and what it may do."""

    @property
    def application(self) -> str:
        """The name in messages and reports."""
        return self.spec.application_name or self.metadata.name
