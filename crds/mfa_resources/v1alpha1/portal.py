"""The web roles: call-back hooks, user portal, console, SDK."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    URL,
    AddressList,
    ConfigMapKeyRef,
    DistinguishedName,
    FewAddresses,
    Ingress,
    Line,
    Locale,
    Method,
    Name,
    Permission,
    SecretRef,
    Toggle,
    Whole,
)
from mfa_resources.v1alpha1.markers import DurationText, Keys, ListMap, ListSet
from mfa_resources.v1alpha1.model import Model, Rule, one_of

__all__ = [
    "SDK",
    "Branding",
    "Console",
    "ConsoleRole",
    "Enrolment",
    "Fallback",
    "Portal",
    "PortalSecondFactor",
    "PortalSessions",
    "SDKBasic",
    "SDKCaller",
    "SecurityQuestion",
    "SecurityQuestions",
    "UserMay",
    "Webhooks",
]

_DNs = Annotated[tuple[DistinguishedName, ...], Field(max_length=16), ListSet()]


class Webhooks(Model):
    """Where text and voice providers call back; needed for replies by web providers and for calls."""

    url: URL
    """Where providers reach it."""
    ingress: Ingress | None = None
    """Ingress in front of it; absent: none."""
    trusted_proxies: AddressList = ()
    """Proxies whose forwarding headers are believed."""


class PortalSecondFactor(Model):
    """The second factor at the portal's own sign-in."""

    start: Literal["Automatic", "OnRequest"] = "Automatic"
    """Whether the person's default method starts by itself. Formerly: User Portal > Automatically trigger user's default method."""
    choice: Permission = "Allowed"
    """Whether the person may take another method. Formerly: User Portal > Allow users to select method."""


class Enrolment(Model):
    """Self-enrolment. Formerly: User Portal > Allow user enrollment."""

    mode: Toggle = "Disabled"
    """Whether people may enrol themselves."""
    prompt_for_backup_phone: Toggle = "Disabled"
    """Whether a backup phone is asked for. Formerly: User Portal > Prompt for backup phone."""
    prompt_for_oath_token: Toggle = "Disabled"  # noqa: S105 - a switch, not a secret
    """Whether an OATH token is asked for. Formerly: User Portal > Prompt for third-party OATH token."""
    when_no_factor: Literal["TrustedRange", "EnrolmentCode", "Administrator"] = "Administrator"
    """Who may enrol a first factor: people in a trusted range, people with a code, or administrators alone."""


class UserMay(Model):
    """What people may do in the portal."""

    select_methods: Annotated[tuple[Method, ...], Field(max_length=7), ListSet()] = ()
    """Methods they may choose for themselves; empty: none. Formerly: User Portal > Allow users to select method."""
    change_phone: Permission = "Forbidden"
    """Change their phone number. Formerly: Change Phone."""
    change_pin: Permission = "Forbidden"
    """Change their PIN. Formerly: Change PIN."""
    select_language: Permission = "Forbidden"
    """Choose their language. Formerly: User Portal > Allow users to select language."""
    activate_mobile_app: Permission = "Forbidden"
    """Activate the app. Formerly: User Portal > Allow users to activate mobile app."""
    add_oath_token: Permission = "Forbidden"  # noqa: S105 - a switch, not a secret
    """Add an OATH token. Formerly: User Portal > Allow users to associate third-party OATH token."""


class Fallback(Model):
    """What may replace the second factor at the portal."""

    security_questions: Toggle = "Disabled"
    """Security questions. Formerly: User Portal > Use security questions for fallback."""
    oath: Toggle = "Disabled"
    """An OATH code. Formerly: User Portal > Use OATH token for fallback."""


class SecurityQuestion(Model):
    """One question."""

    id: Name
    """Its lasting id; answers are kept by it."""
    text: Annotated[dict[Locale, Line], Field(min_length=1, max_length=32)]
    """The question in each language."""


class SecurityQuestions(Model):
    """Security questions. Formerly: User Portal > Security Questions."""

    enrol: Annotated[Whole, Field(ge=1, le=10)] = 4
    """Questions a person answers at enrolment."""
    to_answer: Annotated[Whole, Field(ge=1, le=4)] = 2
    """Right answers that are needed. Formerly: Questions to answer."""
    catalogue: Annotated[tuple[SecurityQuestion, ...], Field(max_length=64), ListMap(("id",))] = ()
    """The questions to choose from."""

    rules = (
        Rule(
            "(has(self.toAnswer) ? self.toAnswer : 2) <= (has(self.enrol) ? self.enrol : 4)",
            "toAnswer must not be above enrol",
            lambda questions: questions.to_answer <= questions.enrol,
            "toAnswer",
        ),
    )


class PortalSessions(Model):
    """Sessions. Formerly: User Portal > Session timeout."""

    idle: Annotated[timedelta, DurationText("1m", "8h")] = timedelta(minutes=15)
    """A session without use ends after that long."""
    absolute: Annotated[timedelta, DurationText("5m", "24h")] = timedelta(hours=8)
    """Any session ends after that long."""


class Branding(Model):
    """The portal's looks."""

    name: Annotated[Line, Field(max_length=64)] | None = None
    """Name of the organisation."""
    logo_config_map_ref: ConfigMapKeyRef | None = None
    """Key with the logo (SVG or PNG)."""
    colour: Annotated[str, Field(min_length=7, max_length=7, pattern="^#[0-9a-fA-F]{6}$")] | None = None
    """Main colour; contrast is checked."""
    help_url: URL | None = Field(default=None, alias="helpURL")
    """Where people find help."""


class Portal(Model):
    """The user portal. Formerly: User Portal page of the console."""

    url: URL
    """Where people reach it. Formerly: User Portal > User portal URL."""
    replicas: Annotated[Whole, Field(ge=1, le=20)] = 1
    """Pods; means nothing in standalone."""
    ingress: Ingress | None = None
    """Ingress in front of it; absent: none."""
    trusted_proxies: AddressList = ()
    """Proxies whose forwarding headers are believed."""
    second_factor: PortalSecondFactor = Field(default_factory=PortalSecondFactor)
    """The second factor at the portal's own sign-in."""
    enrolment: Enrolment = Field(default_factory=Enrolment)
    """Self-enrolment."""
    user_may: UserMay = Field(default_factory=UserMay)
    """What people may do."""
    fallback: Fallback = Field(default_factory=Fallback)
    """What may replace the second factor here."""
    security_questions: SecurityQuestions = Field(default_factory=SecurityQuestions)
    """Security questions."""
    sessions: PortalSessions = Field(default_factory=PortalSessions)
    """Sessions."""
    locales: Annotated[tuple[Locale, ...], Field(max_length=32), ListSet()] = ()
    """Languages offered; empty: all there are."""
    branding: Branding = Field(default_factory=Branding)
    """Looks."""


class ConsoleRole(Model):
    """A role and who has it. Formerly: User Portal > Administrators."""

    role: Literal["Viewer", "HelpDesk", "Operator", "Auditor", "Owner"]
    """The role."""
    groups: Annotated[_DNs, Field(min_length=1)]
    """Directory groups whose members have it."""
    search_bases: _DNs = ()
    """Where in the directory the role counts; empty: everywhere."""


class Console(Model):
    """The administrators' console."""

    url: URL
    """Where administrators reach it."""
    ingress: Ingress | None = None
    """Ingress in front of it; absent: none."""
    allowed_networks: AddressList = ()
    """Addresses that may reach it; empty: all that the network lets through."""
    roles: Annotated[tuple[ConsoleRole, ...], Field(max_length=32)] = ()
    """Who may do what; empty: nobody."""


class SDKBasic(Model):
    """A caller by user name and password."""

    secret_ref: Annotated[SecretRef, Keys.all("username", "password")]
    """Secret with username and password."""


class SDKCaller(Model):
    """A program that calls the SDK API. Formerly: Web Service SDK account (PfWsSdk)."""

    name: Name
    """Its name in the audit."""
    role: Literal["Customer", "Viewer", "HelpDesk", "Operator", "Auditor", "Owner"]
    """What it may do."""
    type: Literal["Basic"]
    """How it proves who it is."""
    basic: SDKBasic | None = None
    """Details, with type: Basic."""
    addresses: FewAddresses = ()
    """Addresses it calls from; empty: any."""

    rules = one_of({"Basic": "basic"})


class SDK(Model):
    """The SDK API for other programs."""

    callers: Annotated[tuple[SDKCaller, ...], Field(max_length=32), ListMap(("name",))] = ()
    """Programs that may call it."""
