"""Who carries text messages and calls: web services, SMPP, an on-premise gateway, or the console."""

from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import URL, HostName, Line, Name, PhoneNumber, Port, SecretRef, Text
from mfa_resources.v1alpha1.markers import Keys
from mfa_resources.v1alpha1.model import Model, one_of

__all__ = [
    "CallProvider",
    "HTTPProvider",
    "KannelProvider",
    "SIPProvider",
    "SMPPProvider",
    "TextProvider",
    "TwilioCalls",
    "TwilioTexts",
]

_AccountSID = Annotated[str, Field(min_length=1, max_length=64, pattern="^[A-Za-z0-9]+$")]
_Sender = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^(\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})$")]


class TwilioTexts(Model):
    """Text messages by Twilio's API, or one that answers alike."""

    account_sid: _AccountSID = Field(alias="accountSID")
    """Account."""
    from_: _Sender = Field(alias="from")
    """Sender: a number (needed for replies) or a name."""
    credentials_secret_ref: Annotated[SecretRef, Keys.all("authToken")]
    """Secret with authToken."""


class TwilioCalls(Model):
    """Calls by Twilio's API, or one that answers alike."""

    account_sid: _AccountSID = Field(alias="accountSID")
    """Account."""
    from_: PhoneNumber | None = Field(default=None, alias="from")
    """The number that calls; absent: phoneCall.callerID."""
    credentials_secret_ref: Annotated[SecretRef, Keys.all("authToken")]
    """Secret with authToken."""


class HTTPProvider(Model):
    """Any gateway that takes a message by one HTTP request."""

    url: URL
    """Where the request goes."""
    method: Literal["POST", "PUT", "GET"] = "POST"
    """Its method."""
    headers: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64, pattern="^[-A-Za-z0-9]+$")], Line], Field(max_length=16)
    ] = Field(default_factory=dict)
    """Its headers; credentials belong into the Secret."""
    body: Text | None = None
    """A template of its body, with {{ to }}, {{ text }} and {{ reference }}."""
    success_pattern: Annotated[Line, Field(max_length=128)] | None = None
    """A regular expression that the answer's body must contain; absent: any 2xx status is success."""
    credentials_secret_ref: Annotated[SecretRef | None, Keys.all("username", "password")] = None
    """Secret with username and password for Basic authentication; absent: none."""


class SMPPProvider(Model):
    """A message centre by SMPP 3.4 over TLS."""

    host: HostName
    """Host name or address."""
    port: Port = 3550
    """TCP port."""
    from_: _Sender = Field(alias="from")
    """Sender."""
    system_type: Annotated[Line, Field(max_length=12)] | None = None
    """The centre's system_type; absent: empty."""
    credentials_secret_ref: Annotated[SecretRef, Keys.all("username", "password")]
    """Secret with username (system_id) and password."""


class KannelProvider(Model):
    """An on-premise gateway that speaks Kannel's sendsms interface."""

    url: URL
    """Its sendsms address."""
    from_: _Sender = Field(alias="from")
    """Sender."""
    credentials_secret_ref: Annotated[SecretRef, Keys.all("username", "password")]
    """Secret with username and password."""


class TextProvider(Model):
    """One carrier of text messages."""

    name: Name
    """Its name in logs and reports."""
    type: Literal["Twilio", "HTTP", "SMPP", "Kannel", "Console"]
    """How it is spoken to; Console prints the message in the server's log and takes replies from `mfa reply`: for trials only."""
    twilio: TwilioTexts | None = None
    """Details, with type: Twilio."""
    http: HTTPProvider | None = None
    """Details, with type: HTTP."""
    smpp: SMPPProvider | None = None
    """Details, with type: SMPP."""
    kannel: KannelProvider | None = None
    """Details, with type: Kannel."""

    rules = one_of({"Twilio": "twilio", "HTTP": "http", "SMPP": "smpp", "Kannel": "kannel"})


class SIPProvider(Model):
    """Calls by a SIP exchange."""

    host: HostName
    """Host name or address of the exchange."""
    port: Port = 5061
    """Port."""
    user: Annotated[Line, Field(max_length=64)]
    """The account's user part."""
    credentials_secret_ref: Annotated[SecretRef, Keys.all("password")]
    """Secret with password."""


class CallProvider(Model):
    """One carrier of calls."""

    name: Name
    """Its name in logs and reports."""
    type: Literal["Twilio", "SIP"]
    """How it is spoken to."""
    twilio: TwilioCalls | None = None
    """Details, with type: Twilio."""
    sip: SIPProvider | None = None
    """Details, with type: SIP."""

    rules = one_of({"Twilio": "twilio", "SIP": "sip"})
