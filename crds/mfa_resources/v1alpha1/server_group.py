"""MfaServerGroup: a set of identical MFA servers that share one state, and everything they run on."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from mfa_resources.v1alpha1.common import ConfigMapRef, Name, Opaque, Whole
from mfa_resources.v1alpha1.directory import Directory
from mfa_resources.v1alpha1.listeners import FrontCertificate, LdapListener, LdapsListener, Listeners, Service
from mfa_resources.v1alpha1.markers import ListMap, ListSet
from mfa_resources.v1alpha1.methods import Email, Message, MobileApp, Oath, Passkeys, PhoneCall, TextMessage
from mfa_resources.v1alpha1.model import Model, Rule
from mfa_resources.v1alpha1.policy import Policy
from mfa_resources.v1alpha1.portal import SDK, Console, Portal, Webhooks
from mfa_resources.v1alpha1.resource import Resource
from mfa_resources.v1alpha1.store import Store
from mfa_resources.v1alpha1.workload import (
    AllowedAttachments,
    Audit,
    EgressProxy,
    Image,
    NetworkPolicy,
    Placement,
    PodTemplate,
)

__all__ = ["MfaServerGroup", "MfaServerGroupSpec"]

_WEB = ("Twilio", "HTTP", "Kannel")


class MfaServerGroupSpec(Model):
    """What the administrator wants of the group."""

    replicas: Annotated[Whole, Field(ge=0, le=20)] = 1
    """Servers; more than one needs a store that they can share. Formerly: Enable replication between servers."""
    state: Literal["Running", "Paused", "Hibernated"] = "Running"
    """Paused: the operator changes nothing; Hibernated: no server runs, the state is kept."""
    fenced_servers: Annotated[tuple[Name, ...], Field(max_length=20), ListSet()] = ()
    """Servers out of Services and duties, by name."""
    allowed_attachments: Annotated[tuple[AllowedAttachments, ...], Field(max_length=8)] = ()
    """Which objects may attach from other namespaces; objects of the group's own namespace always may."""
    directory: Directory
    """The directory that checks passwords and is searched for people. Formerly: Directory Integration."""
    store: Store = Field(default_factory=Store)
    """Where the group keeps its state."""
    listeners: Listeners = Field(default_factory=lambda: Listeners(ldap=LdapListener(), ldaps=LdapsListener()))
    """What the servers listen on; absent: ldap and ldaps. Formerly: LDAP Authentication, RADIUS Authentication."""
    service: Service = Field(default_factory=Service)
    """The Services that gateways target."""
    front_certificate: FrontCertificate = Field(default_factory=FrontCertificate)
    """The certificate that gateways see."""
    policy: Policy = Field(default_factory=Policy)
    """The group's rules. Formerly: Company Settings."""
    text_message: TextMessage = Field(default_factory=TextMessage)
    """Text messages."""
    phone_call: PhoneCall | None = None
    """Phone calls; absent: off."""
    email: Email | None = None
    """Mail; absent: off."""
    oath: Oath = Field(default_factory=Oath)
    """OATH codes."""
    mobile_app: MobileApp | None = None
    """The authenticator app; absent: off."""
    passkeys: Passkeys | None = None
    """Passkeys on our own web pages; absent: off."""
    messages: Annotated[tuple[Message, ...], Field(max_length=20), ListMap(("name", "locale", "application"))] = ()
    """Own words for messages. Formerly: Company Settings > Text Message templates."""
    messages_config_map_ref: ConfigMapRef | None = None
    """ConfigMap with more of them: key NAME_LOCALE for all applications, NAME_LOCALE_CLIENT for one client (its metadata.name)."""
    webhooks: Webhooks | None = None
    """Where providers call back; absent: off."""
    portal: Portal | None = None
    """The user portal; absent: off."""
    console: Console | None = None
    """The administrators' console; absent: off."""
    sdk: SDK = Field(default_factory=SDK)
    """The SDK API for other programs. Formerly: Web Service SDK."""
    audit: Audit = Field(default_factory=Audit)
    """The record of who did what."""
    egress_proxy: EgressProxy | None = None
    """An HTTP proxy for calls to providers; absent: none."""
    image: Image | None = None
    """The servers' image; absent: the operator's own version."""
    placement: Placement = Field(default_factory=Placement)
    """Where pods run."""
    resources: Opaque | None = None
    """Kubernetes' resources of a server's container; absent: 100m CPU and 128Mi requested, 256Mi at most."""
    pod_template: PodTemplate = Field(default_factory=PodTemplate)
    """Additions to the pods."""
    network_policy: NetworkPolicy = Field(default_factory=NetworkPolicy)
    """A NetworkPolicy around the pods."""

    rules = (
        Rule(
            "(has(self.replicas) ? self.replicas : 1) <= 1 ||"
            " (has(self.store) && has(self.store.type) && self.store.type != 'SQLite')",
            "replicas above 1 need a store that servers can share; set store.type to PostgreSQL or CloudNativePG",
            lambda spec: spec.replicas <= 1 or spec.store.type != "SQLite",
            "replicas",
        ),
        Rule(
            "has(self.webhooks) || !has(self.textMessage) || !has(self.textMessage.mode) ||"
            " self.textMessage.mode != 'TwoWay' || !has(self.textMessage.providers) ||"
            " !self.textMessage.providers.exists(p, p.type in ['Twilio', 'HTTP', 'Kannel'])",
            "replies by a web provider (textMessage.mode: TwoWay) need webhooks; add it or use mode: OneWay",
            lambda spec: not _replies_by_web(spec) or spec.webhooks is not None,
            "textMessage",
        ),
        Rule(
            "has(self.webhooks) || !has(self.phoneCall) || !has(self.phoneCall.providers) ||"
            " !self.phoneCall.providers.exists(p, p.type == 'Twilio')",
            "calls by a web provider need webhooks; add it",
            lambda spec: (
                spec.phone_call is None
                or spec.webhooks is not None
                or all(provider.type != "Twilio" for provider in spec.phone_call.providers)
            ),
            "phoneCall",
        ),
    )


def _replies_by_web(spec: MfaServerGroupSpec) -> bool:
    return spec.text_message.mode == "TwoWay" and any(one.type in _WEB for one in spec.text_message.providers)


class MfaServerGroup(Resource):
    """A set of identical MFA servers that share one state."""

    plural: ClassVar[str] = "mfaservergroups"
    short_names: ClassVar[tuple[str, ...]] = ("mfasg",)
    extra_columns: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("Replicas", "integer", ".spec.replicas"),
        ("Ready", "integer", ".status.readyReplicas"),
        ("Primary", "string", ".status.currentPrimary"),
        ("Clients", "integer", ".status.attachments.accepted"),
        ("Status", "string", ".status.conditions[?(@.type=='Ready')].reason"),
    )

    kind: Literal["MfaServerGroup"]
    """Always MfaServerGroup."""
    spec: MfaServerGroupSpec
    """What the administrator wants."""

    rules = (
        Rule(
            "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$')",
            "the name becomes part of pod names: at most 40 lower-case letters, digits and dashes, no dots",
            lambda group: len(group.metadata.name) <= 40 and "." not in group.metadata.name,
        ),
    )

    @override
    def __repr__(self) -> str:
        """Return the identity."""
        return f"<{self.id}>"
