"""LDAPv3 as bytes and events: the codec and both ends' sessions, without any input or output (RFC 4510 to 4515).

What belongs here: everything that can be said about LDAP from bytes alone. What does not: sockets, clocks, TLS, what a
bind is worth, whether an entry matches a filter. The room imports the standard library and nothing else, and nothing in
it recurses without a counter or grows without a limit.

A server's shell::

    session = ServerSession(tls=False)
    for event in session.receive(data): ...             # BindRequested, SearchRequested, Unbound, ...
    session.bind_response(bind, LDAPResult(0), identity=who) -> bytes       # then session.resume() -> held requests
    session.forward(search, frame_from_the_directory) -> bytes
    session.reply(request, operation, controls) / session.refuse(request, LDAPResult(50)) -> bytes
    session.start_tls_response(request, LDAPResult(0)) -> bytes             # handshake, then session.tls_started()
    session.notice_of_disconnection(code, text) -> bytes; session.close()

A reply is addressed to the request's event itself; for one that is not waiting any more it gives no bytes.

A client's shell::

    session = ClientSession(tls=True)
    session.bind(name, password) / .search(request) / .request(operation) / .forward(frame) -> (message id, bytes)
    session.start_tls() / .who_am_i() -> (message id, bytes); session.abandon(id) / .unbind() -> bytes
    for event in session.receive(data): ...             # ResponseReceived, BindAnswered, StartTlsAnswered, ...

A `ProtocolViolated` event ends either session: send its `reply` if there is one, and close.
Values: `messages` (operations), `filters`, `DistinguishedName`, `ResultCode`, `oids`. Errors: see `errors`.
"""

from mfa_server.ldap import filters, messages, oids
from mfa_server.ldap.client_session import ClientSession
from mfa_server.ldap.codec import (
    decode_controls,
    decode_message,
    decode_operation,
    encode_controls,
    encode_message,
    encode_operation,
)
from mfa_server.ldap.codec_search import entry_dn
from mfa_server.ldap.errors import (
    DistinguishedNameError,
    FilterError,
    LdapError,
    LocalMisuse,
    MessageTooLarge,
    ProtocolViolation,
)
from mfa_server.ldap.events import (
    BindAnswered,
    BindRequested,
    BindSuperseded,
    ClientEvent,
    ExtendedRequested,
    OperationAbandoned,
    OperationRequested,
    ProtocolViolated,
    RequestRefused,
    ResponseReceived,
    SearchRequested,
    ServerEvent,
    StartTlsAnswered,
    StartTlsRequested,
    Unbound,
    UnsolicitedNotification,
)
from mfa_server.ldap.filter_text import escape_filter_value, format_filter, parse_filter
from mfa_server.ldap.framing import Frame, Framer, rewrite_message_id
from mfa_server.ldap.messages import (
    Attribute,
    BindRequest,
    BindResponse,
    Control,
    ExtendedRequest,
    ExtendedResponse,
    LDAPMessage,
    LDAPResult,
    OtherAuthentication,
    SaslCredentials,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
)
from mfa_server.ldap.names import DistinguishedName, escape_name_value, parse_name
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.server_session import ServerLimits, ServerSession
from mfa_server.ldap.tags import Tag

__all__ = [
    "Attribute",
    "BindAnswered",
    "BindRequest",
    "BindRequested",
    "BindResponse",
    "BindSuperseded",
    "ClientEvent",
    "ClientSession",
    "Control",
    "DistinguishedName",
    "DistinguishedNameError",
    "ExtendedRequest",
    "ExtendedRequested",
    "ExtendedResponse",
    "FilterError",
    "Frame",
    "Framer",
    "LDAPMessage",
    "LDAPResult",
    "LdapError",
    "LocalMisuse",
    "MessageTooLarge",
    "OperationAbandoned",
    "OperationRequested",
    "OtherAuthentication",
    "ProtocolViolated",
    "ProtocolViolation",
    "RequestRefused",
    "ResponseReceived",
    "ResultCode",
    "SaslCredentials",
    "Scope",
    "SearchRequest",
    "SearchRequested",
    "SearchResultDone",
    "SearchResultEntry",
    "SearchResultReference",
    "ServerEvent",
    "ServerLimits",
    "ServerSession",
    "SimpleAuthentication",
    "StartTlsAnswered",
    "StartTlsRequested",
    "Tag",
    "Unbound",
    "UnsolicitedNotification",
    "decode_controls",
    "decode_message",
    "decode_operation",
    "encode_controls",
    "encode_message",
    "encode_operation",
    "entry_dn",
    "escape_filter_value",
    "escape_name_value",
    "filters",
    "format_filter",
    "messages",
    "oids",
    "parse_filter",
    "parse_name",
    "rewrite_message_id",
]
