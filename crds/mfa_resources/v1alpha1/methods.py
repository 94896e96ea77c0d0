"""How people are asked: text, call, mail, OATH code, app, passkey, and the words of the messages."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    URL,
    ConfigMapKeyRef,
    EmailAddress,
    HostName,
    Ingress,
    Line,
    Locale,
    PhoneNumber,
    Port,
    Region,
    SecretRef,
    Text,
    Toggle,
    Whole,
)
from mfa_resources.v1alpha1.markers import DurationText, Keys, ListMap, ListSet
from mfa_resources.v1alpha1.model import Model, Rule
from mfa_resources.v1alpha1.providers import CallProvider, TextProvider

__all__ = [
    "Application",
    "Email",
    "Message",
    "MobileApp",
    "NumberMatching",
    "Oath",
    "Passkeys",
    "PhoneCall",
    "Recording",
    "SMTPServer",
    "TextBudgets",
    "TextMessage",
]

Application = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$")]
"""A client's metadata.name, or "*" for all."""

_MessageName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$")]


class TextBudgets(Model):
    """Limits against toll fraud; absent: unlimited."""

    per_user_per_hour: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    """Messages to one person in an hour."""
    per_number_per_day: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    """Messages to one number in a day."""
    per_region_per_day: Annotated[Whole, Field(ge=1, le=10_000_000)] | None = None
    """Messages to one region in a day."""
    per_day: Annotated[Whole, Field(ge=1, le=10_000_000)] | None = None
    """Messages in a day."""


class TextMessage(Model):
    """Text messages. Formerly: Company Settings > Text Message."""

    mode: Literal["OneWay", "TwoWay"] = "OneWay"
    """OneWay: the code is sent and typed at the next try; TwoWay: the person replies with the code. Formerly: Company Settings > General > Text message (One-Way, Two-Way)."""
    timeout: Annotated[timedelta, DurationText("10s", "180s")] | None = None
    """How long a reply is awaited; absent: as long as the client waits."""
    code_lifetime: Annotated[timedelta, DurationText("30s", "1h")] = timedelta(seconds=300)
    """Life of a one-way code. Formerly: registry value pfsvc_pendingSmsTimeoutSeconds."""
    providers: Annotated[tuple[TextProvider, ...], Field(max_length=8), ListMap(("name",))] = ()
    """Providers, tried in order."""
    allowed_regions: Annotated[tuple[Region, ...], Field(max_length=250), ListSet()] = ()
    """Regions whose numbers get messages; empty: all."""
    budgets: TextBudgets = Field(default_factory=TextBudgets)
    """Limits against toll fraud."""


class Recording(Model):
    """A recorded voice message. Formerly: Voice messages."""

    message: _MessageName
    """Which message it replaces, such as GreetingStandard."""
    locale: Locale
    """Its language."""
    application: Application
    """The client it is for, or "*"."""
    config_map_ref: ConfigMapKeyRef
    """Key with the sound file (WAV, at most 1 MiB, best below 20 s)."""


class PhoneCall(Model):
    """Phone calls. Formerly: Phone call settings."""

    providers: Annotated[tuple[CallProvider, ...], Field(max_length=8), ListMap(("name",))] = ()
    """Providers, tried in order."""
    caller_id: PhoneNumber | None = Field(default=None, alias="callerID")
    """The number that is shown; absent: the provider's. Formerly: MFA caller ID number."""
    timeout: Annotated[timedelta, DurationText("10s", "180s")] | None = None
    """How long an answer is awaited; absent: as long as the client waits."""
    recordings: Annotated[
        tuple[Recording, ...], Field(max_length=64), ListMap(("message", "locale", "application"))
    ] = ()
    """Own recordings in place of the spoken texts."""


class SMTPServer(Model):
    """Where mail is handed over. Formerly: Email > SMTP settings."""

    host: HostName
    """Host name or address; TLS is required."""
    port: Port = 587
    """TCP port: 465 for TLS from the first byte, any other for STARTTLS."""
    credentials_secret_ref: Annotated[SecretRef | None, Keys.all("username", "password")] = None
    """Secret with username and password; absent: no authentication."""
    from_: EmailAddress = Field(alias="from")
    """Sender."""


class Email(Model):
    """Mail: codes, notices to people, alerts to administrators. Formerly: Email page of the console."""

    smtp: SMTPServer
    """Where mail is handed over."""
    codes: Toggle = "Disabled"
    """Whether codes are sent by mail (method Email)."""
    notices: Annotated[
        tuple[Literal["Enrolment", "InitialPin", "FactorChange", "Bypass"], ...], Field(max_length=4), ListSet()
    ] = ()
    """Of what people are told by mail. Formerly: Send emails to users."""
    administrators: Annotated[tuple[EmailAddress, ...], Field(max_length=32), ListSet()] = ()
    """Who gets alerts. Formerly: Company Settings > Fraud alert and removal notifications."""


class Oath(Model):
    """OATH codes (RFC 4226, RFC 6238). Formerly: Company Settings > OATH Token."""

    digits: Annotated[Whole, Field(ge=6, le=8)] = 6
    """Digits of a code."""
    period: Annotated[timedelta, DurationText("15s", "120s")] = timedelta(seconds=30)
    """Time step of TOTP codes."""
    drift: Annotated[Whole, Field(ge=0, le=10)] = 1
    """Time steps before and after now that are taken."""
    look_ahead: Annotated[Whole, Field(ge=1, le=100)] = 10
    """Counter values ahead of the last that are taken (HOTP)."""


class NumberMatching(Model):
    """A number that the app asks for."""

    digits: Annotated[Whole, Field(ge=1, le=3)] = 3
    """Digits of the number."""
    when_no_display: Literal["RequirePin", "Deny"] = "RequirePin"
    """What happens where the gateway cannot show a number, as over LDAP."""


class MobileApp(Model):
    """The authenticator app. Formerly: Mobile App page of the console."""

    url: URL
    """Where phones reach it. Formerly: Mobile App > Mobile App Web Service URL."""
    account_name: Annotated[Line, Field(max_length=64)] | None = None
    """What the app shows; absent: the group's name. Formerly: Mobile App > Account name."""
    device_limit: Annotated[Whole, Field(ge=1, le=10)] = 5
    """Devices of one person. Formerly: User Portal > Device limit."""
    mode: Literal["Standard", "Pin"] = "Standard"
    """Approve alone, or approve with a PIN. Formerly: Company Settings > General > Mobile app (Standard, PIN)."""
    activation_lifetime: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(minutes=10)
    """Life of an activation code."""
    number_matching: NumberMatching | None = None
    """A number that the app asks for; absent: off."""
    ingress: Ingress | None = None
    """Ingress in front of it; absent: none."""


class Passkeys(Model):
    """Passkeys on our own web pages (WebAuthn)."""

    relying_party_id: HostName = Field(alias="relyingPartyID")
    """Domain that passkeys are bound to; portal and app must lie in it."""


class Message(Model):
    """The words of one message. Formerly: Company Settings > Text Message templates."""

    name: _MessageName
    """Which message, such as textMessage.body."""
    locale: Locale
    """Its language."""
    application: Application
    """The client it is for, or "*"."""
    text: Text
    """A Jinja template; {{ application }} and {{ code }} are the client's application name and the code."""

    rules = (
        Rule(
            "self.text.matches('^[^{]*([{][^%#][^{]*)*$')",
            "text may hold {{ … }} only; statements and comments ({% … %}, {# … #}) are not read",
            lambda message: "{%" not in message.text and "{#" not in message.text,
            "text",
        ),
    )
