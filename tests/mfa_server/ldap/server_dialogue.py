"""What a client says to a server's session, and what the tests of it ask again and again."""

from typing import Any

from mfa_server.ldap.codec import decode_message, encode_message
from mfa_server.ldap.events import (
    ProtocolViolated,
)
from mfa_server.ldap.filter_text import parse_filter
from mfa_server.ldap.messages import (
    BindRequest,
    ExtendedRequest,
    LDAPMessage,
    LDAPResult,
    SearchRequest,
    SimpleAuthentication,
    UnbindRequest,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION, START_TLS
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.server_session import ServerSession

__all__ = [
    "OK",
    "UNBIND",
    "WHO",
    "WRONG",
    "bind_request",
    "bound_session",
    "decoded",
    "kinds",
    "message",
    "new_session",
    "search_request",
    "start_tls_request",
    "violation",
]

# Events and operations are unions; each test knows which one is due
new_session: Any = ServerSession
decoded: Any = decode_message

OK = LDAPResult(0)
WRONG = LDAPResult(ResultCode.INVALID_CREDENTIALS)
WHO = object()


def message(message_id, operation, controls=()):
    return encode_message(LDAPMessage(message_id, operation, controls))


def bind_request(message_id, name="cn=x", password=b"pw", controls=()):
    return message(message_id, BindRequest(3, name, SimpleAuthentication(password)), controls)


def search_request(message_id, base="dc=x", controls=()):
    return message(message_id, SearchRequest(base, 2, parse_filter("(cn=x)")), controls)


def start_tls_request(message_id):
    return message(message_id, ExtendedRequest(START_TLS))


UNBIND = message(99, UnbindRequest())


def kinds(events):
    return [type(event).__name__ for event in events]


def bound_session(**options):
    session = new_session(**options)
    (bind,) = session.receive(bind_request(1))
    session.bind_response(bind, OK, identity=WHO)
    return session


def violation(events):
    """The violation that ends the events, with its notice checked."""
    violated = events[-1]
    assert isinstance(violated, ProtocolViolated)
    if violated.reply:
        notice = decoded(violated.reply)
        assert notice.message_id == 0
        assert notice.operation.response_name == NOTICE_OF_DISCONNECTION
        assert notice.operation.result.result_code == violated.error.result_code
    return violated
