"""StartTLS at a server's session."""

import pytest

from mfa_server.ldap.errors import LocalMisuse
from mfa_server.ldap.events import (
    ProtocolViolated,
    RequestRefused,
    StartTlsRequested,
)
from mfa_server.ldap.messages import (
    ExtendedResponse,
    LDAPMessage,
    LDAPResult,
)
from mfa_server.ldap.oids import START_TLS
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.states import ServerState

from .server_dialogue import (
    OK,
    UNBIND,
    bind_request,
    bound_session,
    decoded,
    kinds,
    new_session,
    search_request,
    start_tls_request,
)

# StartTLS -------------------------------------------------------------------------------------------------------------


def test_start_tls_drops_everything_once_the_handshake_is_done():
    session = bound_session()
    (start,) = session.receive(start_tls_request(2))
    assert isinstance(start, StartTlsRequested)
    with pytest.raises(LocalMisuse, match="not answered"):
        session.tls_started()
    reply = decoded(session.start_tls_response(start, OK))
    assert reply == LDAPMessage(2, ExtendedResponse(OK, START_TLS))
    session.tls_started()
    assert session.state is ServerState.ANONYMOUS
    assert session.identity is None
    assert session.tls
    assert kinds(session.receive(b"\x30\x83\x01\x00\x00")) == ["ProtocolViolated"]  # the stranger's limit again


@pytest.mark.parametrize("behind", [b"\x30", bind_request(3), UNBIND, b"\xff", start_tls_request(3)])
def test_octets_behind_start_tls_close_the_connection_without_an_answer(behind):
    session = new_session()
    events = session.receive(start_tls_request(2) + behind)
    assert kinds(events) == ["ProtocolViolated"]
    assert events[0].reply == b""
    assert session.closed


@pytest.mark.parametrize("answered", [False, True])
def test_octets_in_the_clear_before_the_handshake_close_it_as_well(answered):
    session = new_session()
    (start,) = session.receive(start_tls_request(2))
    if answered:
        session.start_tls_response(start, OK)
    (violated,) = session.receive(bind_request(3))
    assert isinstance(violated, ProtocolViolated)
    assert violated.reply == b""


@pytest.mark.parametrize(
    ("session", "before"),
    [
        (new_session(tls=True), b""),
        (new_session(), search_request(1)),
        (new_session(), bind_request(1)),
        (new_session(), bind_request(1) + search_request(3)),
    ],
)
def test_start_tls_inside_tls_or_beside_operations_is_refused_and_the_session_goes_on(session, before):
    session.receive(before)
    state = session.state
    (refused,) = session.receive(start_tls_request(2))
    assert isinstance(refused, RequestRefused)
    assert decoded(refused.reply).operation.result.result_code == ResultCode.OPERATIONS_ERROR
    assert session.state is state


@pytest.mark.parametrize("session", [new_session(), bound_session()])
def test_start_tls_that_the_shell_refuses_changes_nothing(session):
    state, identity = session.state, session.identity
    (start,) = session.receive(start_tls_request(2))
    reply = decoded(session.start_tls_response(start, LDAPResult(ResultCode.UNAVAILABLE)))
    assert reply.operation.result.result_code == ResultCode.UNAVAILABLE
    assert (session.state, session.identity) == (state, identity)
    assert session.start_tls_response(start, OK) == b""
    with pytest.raises(LocalMisuse):
        session.tls_started()
