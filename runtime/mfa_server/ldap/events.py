"""What the sessions report: requests to a server, responses to a client, and the end of a connection.

Requests are compared by identity on purpose: a reply is addressed to the event itself, never to a message id, since a
client may use an id again once its operation is over and a late answer must not find the new one.
The classes are not frozen, which would double the cost of making one; treat them as read-only all the same.
"""

from dataclasses import dataclass, field

from mfa_server.ldap.codec import decode_controls, decode_operation
from mfa_server.ldap.codec_search import decode_search_request
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.framing import Frame
from mfa_server.ldap.messages import (
    BindRequest,
    BindResponse,
    Control,
    ExtendedRequest,
    ExtendedResponse,
    LDAPResult,
    Operation,
    SearchRequest,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION
from mfa_server.ldap.tags import Tag

__all__ = [
    "BindAnswered",
    "BindRequested",
    "BindSuperseded",
    "ClientEvent",
    "ExtendedRequested",
    "OperationAbandoned",
    "OperationRequested",
    "ProtocolViolated",
    "RequestRefused",
    "ResponseReceived",
    "SearchRequested",
    "ServerEvent",
    "StartTlsAnswered",
    "StartTlsRequested",
    "Unbound",
    "UnsolicitedNotification",
]


# To a server ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class BindRequested:
    """Authenticate this connection; it is anonymous from here until `ServerSession.bind_response` grants otherwise."""

    message_id: int
    request: BindRequest
    controls: tuple[Control, ...] = ()

    @property
    def critical_controls(self) -> tuple[Control, ...]:
        """The controls the server must honour or else answer 12 for (RFC 4511 section 4.1.11)."""
        return tuple(control for control in self.controls if control.criticality)


@dataclass(slots=True, eq=False)
class BindSuperseded:
    """A later BindRequest has ended this one; stop its work, its answer will not be sent (RFC 4511 section 4.2.1)."""

    bind: BindRequested


@dataclass(slots=True, eq=False)
class SearchRequested:
    """A search whose structure has been checked but whose content is undecoded: forward `frame` as it is."""

    message_id: int
    frame: Frame
    base_object: bytes
    scope: int
    controls: tuple[Control, ...] = ()

    def decode(self) -> SearchRequest:
        """The whole request. Raises `ProtocolViolation` for strings that are not UTF-8."""
        return decode_search_request(self.frame.content)


@dataclass(slots=True, eq=False)
class ExtendedRequested:
    """An extended operation other than StartTLS."""

    message_id: int
    frame: Frame
    request: ExtendedRequest

    def decode_controls(self) -> tuple[Control, ...]:
        """The request's controls. Raises `ProtocolViolation`."""
        return decode_controls(self.frame.controls)


@dataclass(slots=True, eq=False)
class OperationRequested:
    """A modify, add, delete, modify DN or compare, not looked into (`frame.tag` tells which)."""

    message_id: int
    frame: Frame

    def decode(self) -> Operation:
        """The whole request. Raises `ProtocolViolation`."""
        return decode_operation(self.frame.tag, self.frame.content)

    def decode_controls(self) -> tuple[Control, ...]:
        """The request's controls. Raises `ProtocolViolation`."""
        return decode_controls(self.frame.controls)


@dataclass(slots=True, eq=False)
class StartTlsRequested:
    """Answer with `ServerSession.start_tls_response`, then run the handshake, then call `tls_started`."""

    message_id: int


@dataclass(slots=True, eq=False)
class OperationAbandoned:
    """The client wants no answer to this request any more, or has ended it by binding again; none will be sent."""

    request: SearchRequested | ExtendedRequested | OperationRequested


@dataclass(slots=True, eq=False)
class RequestRefused:
    """The session refused a request by itself; send `reply`. The connection goes on."""

    message_id: int
    reply: bytes = field(repr=False)


@dataclass(slots=True, eq=False)
class Unbound:
    """The client is leaving: close the connection. The session is closed."""


# To either side -------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class ProtocolViolated:
    """The peer broke the protocol: send `reply` if it is not empty, then close. The session is closed."""

    error: ProtocolViolation
    reply: bytes = field(default=b"", repr=False)


# To a client ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class ResponseReceived:
    """A response to the request with this id; after the one that is `final` the id is free."""

    message_id: int
    frame: Frame
    final: bool

    def decode(self) -> Operation:
        """The whole response. Raises `ProtocolViolation`."""
        return decode_operation(self.frame.tag, self.frame.content)

    def decode_controls(self) -> tuple[Control, ...]:
        """The response's controls. Raises `ProtocolViolation`."""
        return decode_controls(self.frame.controls)

    @property
    def is_entry(self) -> bool:
        """Whether this is an entry; `entry_dn(frame.operation)` reads its name."""
        return self.frame.tag == Tag.SEARCH_RESULT_ENTRY


@dataclass(slots=True, eq=False)
class BindAnswered:
    """The answer to the bind."""

    message_id: int
    response: BindResponse
    controls: tuple[Control, ...] = ()


@dataclass(slots=True, eq=False)
class StartTlsAnswered:
    """The answer to StartTLS. On success run the handshake and call `ClientSession.tls_started`."""

    message_id: int
    result: LDAPResult


@dataclass(slots=True, eq=False)
class UnsolicitedNotification:
    """The server said something nobody asked for (RFC 4511 section 4.4); a disconnection closes the session."""

    response: ExtendedResponse

    @property
    def is_disconnection(self) -> bool:
        """Whether it is the notice of disconnection: what is in flight will not be answered."""
        return self.response.response_name == NOTICE_OF_DISCONNECTION


ServerEvent = (
    BindRequested
    | BindSuperseded
    | SearchRequested
    | ExtendedRequested
    | OperationRequested
    | StartTlsRequested
    | OperationAbandoned
    | RequestRefused
    | Unbound
    | ProtocolViolated
)

ClientEvent = ResponseReceived | BindAnswered | StartTlsAnswered | UnsolicitedNotification | ProtocolViolated
