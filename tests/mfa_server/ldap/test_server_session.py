"""What arrives, binds, and the end of a connection; see the other test_server_session files for the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.codec import encode_message
from mfa_server.ldap.errors import LocalMisuse, MessageTooLarge
from mfa_server.ldap.events import (
    BindRequested,
    BindSuperseded,
    OperationAbandoned,
    OperationRequested,
    ProtocolViolated,
    Unbound,
)
from mfa_server.ldap.filter_text import parse_filter
from mfa_server.ldap.framing import parse_frame
from mfa_server.ldap.messages import (
    AbandonRequest,
    AddRequest,
    Attribute,
    BindRequest,
    BindResponse,
    Control,
    ExtendedResponse,
    LDAPMessage,
    LDAPResult,
    OtherAuthentication,
    SearchRequest,
    SearchResultDone,
    SimpleAuthentication,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION, START_TLS
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.server_session import ServerLimits
from mfa_server.ldap.states import ServerState
from mfa_server.ldap.tags import RESPONSE_OF

from .server_dialogue import (
    OK,
    UNBIND,
    WHO,
    WRONG,
    bind_request,
    bound_session,
    decoded,
    kinds,
    message,
    new_session,
    search_request,
    start_tls_request,
    violation,
)
from .strategies import chunks_of, messages
from .vectors import read_vectors

# What arrives ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("refused.txt").items())
def test_what_is_malformed_is_refused_at_once_with_a_notice(sentence, encoded):
    session = new_session()
    events = session.receive(encoded)
    assert violation(events).reply
    assert session.closed
    assert session.buffered == 0
    assert session.receive(bind_request(1)) == []


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("refused.txt").items())
def test_what_is_malformed_is_refused_octet_by_octet_as_well(sentence, encoded):
    session = new_session()
    events = [event for octet in encoded for event in session.receive(bytes((octet,)))]
    assert kinds(events) == ["ProtocolViolated"]


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("accepted.txt").items())
def test_what_real_clients_send_is_no_violation(sentence, encoded):
    assert not any(isinstance(event, ProtocolViolated) for event in new_session().receive(encoded))


def test_a_filter_20_000_deep_is_refused():
    nested = bytes.fromhex("87 02 63 6e")
    for _ in range(20_000):
        nested = b"\xa2\x84" + len(nested).to_bytes(4, "big") + nested
    search = SearchRequest("", 0, parse_filter("(cn=x)"))
    plain = message(1, search)
    content = parse_frame(plain).content.replace(bytes.fromhex("a3 07 04 02 63 6e 04 01 78"), nested)
    operation = b"\x63\x84" + len(content).to_bytes(4, "big") + content
    encoded = b"\x30\x84" + (len(operation) + 3).to_bytes(4, "big") + b"\x02\x01\x01" + operation
    session = new_session(limits=ServerLimits(message_from_stranger=1 << 20))
    assert "too deep" in str(violation(session.receive(encoded)).error)


def test_a_message_above_the_limit_is_refused_by_its_header():
    session = new_session()
    header = b"\x30\x84" + (64 * 1024).to_bytes(4, "big")
    assert isinstance(violation(session.receive(header)).error, MessageTooLarge)


def test_a_bound_client_may_send_more_and_a_bind_never():
    big = message(2, AddRequest("cn=x", (Attribute("a", (bytes(100_000),)),)))
    assert kinds(new_session().receive(big)) == ["ProtocolViolated"]
    session = bound_session()
    assert kinds(session.receive(big)) == ["OperationRequested"]
    violated = violation(session.receive(bind_request(3, password=bytes(8200))))
    assert isinstance(violated.error, MessageTooLarge)


def test_a_failed_or_anonymous_bind_raises_no_limit():
    session = new_session()
    for message_id, result in ((1, WRONG), (2, OK)):
        (bind,) = session.receive(bind_request(message_id))
        session.bind_response(bind, result)
    assert kinds(session.receive(b"\x30\x83\x01\x00\x00")) == ["ProtocolViolated"]


def test_no_notice_repeats_what_the_client_sent():
    session = new_session()
    secret = b"correct horse"
    events = session.receive(
        message(1, BindRequest(3, "cn=x", OtherAuthentication(0x80, secret)))[:-1] + b"\xff" + bind_request(1)
    )
    violated = violation(events)
    assert secret not in violated.reply
    assert "horse" not in str(violated.error)
    assert "horse" not in repr(events)


# Binds ----------------------------------------------------------------------------------------------------------------


def test_a_bind_is_granted_by_the_shell_and_makes_the_identity():
    session = new_session()
    (bind,) = session.receive(bind_request(1, "cn=jdoe", b"secret"))
    assert isinstance(bind, BindRequested)
    assert bind.request.authentication == SimpleAuthentication(b"secret")
    assert session.state.name == "BINDING"
    reply = session.bind_response(bind, OK, identity=WHO)
    assert decoded(reply) == LDAPMessage(1, BindResponse(OK))
    assert session.state is ServerState.BOUND
    assert session.identity is WHO


def test_an_anonymous_bind_succeeds_without_an_identity():
    session = new_session()
    (bind,) = session.receive(bind_request(1, "", b""))
    assert session.bind_response(bind, OK)
    assert session.state is ServerState.ANONYMOUS


def test_the_directory_s_refusal_is_passed_on_unchanged():
    session = new_session()
    (bind,) = session.receive(bind_request(7))
    result = LDAPResult(
        49, "", "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839\x00"
    )
    controls = (Control("1.3.6.1.4.1.42.2.27.8.5.1", False, b"\x30\x00"),)
    assert decoded(session.bind_response(bind, result, controls=controls)) == LDAPMessage(
        7, BindResponse(result), controls
    )


def test_a_bind_takes_the_former_identity_from_its_beginning():
    session = bound_session()
    (bind,) = session.receive(bind_request(2))
    assert session.identity is None
    session.bind_response(bind, WRONG)
    assert session.identity is None
    assert session.state is ServerState.ANONYMOUS


def test_an_identity_comes_only_with_success():
    session = new_session()
    (bind,) = session.receive(bind_request(1))
    with pytest.raises(LocalMisuse):
        session.bind_response(bind, WRONG, identity=WHO)
    assert session.identity is None
    assert session.bind_response(bind, WRONG)


def test_a_second_bind_supersedes_the_first_whose_late_approval_goes_nowhere():
    session = new_session()
    (first,) = session.receive(bind_request(1, "cn=a"))
    superseded, second = session.receive(bind_request(2, "cn=b"))
    assert isinstance(superseded, BindSuperseded)
    assert superseded.bind is first
    assert session.bind_response(first, OK, identity=WHO) == b""
    assert session.identity is None
    assert session.state is ServerState.BINDING
    assert decoded(session.bind_response(second, WRONG)).message_id == 2


def test_a_late_approval_does_not_find_a_new_bind_that_took_the_same_id():
    session = new_session()
    (first,) = session.receive(bind_request(1, "cn=a"))
    session.receive(bind_request(2, "cn=b"))
    _, third = session.receive(bind_request(1, "cn=c"))
    assert session.bind_response(first, OK, identity=WHO) == b""
    assert session.identity is None
    assert session.bind_response(third, OK, identity="c")
    assert session.identity == "c"


def test_binds_in_one_segment_end_with_the_last():
    session = new_session()
    events = session.receive(bind_request(1) + bind_request(2) + bind_request(3))
    assert kinds(events) == ["BindRequested", "BindSuperseded", "BindRequested", "BindSuperseded", "BindRequested"]
    assert [session.bind_response(event, OK) != b"" for event in events if isinstance(event, BindRequested)] == [
        False,
        False,
        True,
    ]


def test_a_bind_ends_what_is_outstanding():
    session = bound_session()
    (search,) = session.receive(search_request(2))
    abandoned, bind = session.receive(bind_request(3))
    assert isinstance(abandoned, OperationAbandoned)
    assert abandoned.request is search
    assert session.reply(search, SearchResultDone(OK)) == b""
    assert isinstance(bind, BindRequested)


def test_other_versions_and_methods_reach_the_shell():
    session = new_session()
    (bind,) = session.receive(message(1, BindRequest(2, "", SimpleAuthentication(b""))))
    assert bind.request.version == 2
    assert session.bind_response(bind, LDAPResult(ResultCode.PROTOCOL_ERROR))
    (bind,) = session.receive(message(2, BindRequest(3, "", OtherAuthentication(0x8A, b"NTLM"))))
    assert bind.request.authentication == OtherAuthentication(0x8A, b"NTLM")


def test_the_critical_controls_of_a_bind_reach_the_shell():
    (bind,) = new_session().receive(bind_request(1, controls=(Control("1.2.3", True), Control("1.2.4"))))
    assert [control.control_type for control in bind.critical_controls] == ["1.2.3"]


# The end --------------------------------------------------------------------------------------------------------------


def test_a_notice_of_disconnection_closes():
    session = bound_session()
    (search,) = session.receive(search_request(2))
    notice = decoded(session.notice_of_disconnection(ResultCode.UNAVAILABLE, "shutting down"))
    assert notice == LDAPMessage(0, ExtendedResponse(LDAPResult(52, "", "shutting down"), NOTICE_OF_DISCONNECTION))
    assert session.closed
    assert session.receive(search_request(3)) == []
    assert session.refuse(search, OK) == b""
    assert session.notice_of_disconnection(52, "again") == b""


def test_unbind_closes_and_nothing_behind_it_is_read():
    session = bound_session()
    (unbound,) = session.receive(UNBIND + bind_request(3))
    assert isinstance(unbound, Unbound)
    assert session.identity is None
    assert session.receive(bind_request(4)) == []


# Properties -----------------------------------------------------------------------------------------------------------


def _drive(chunks):
    """Feed a session and answer as a shell would: every bind and request after the octets it came with."""
    session = new_session(limits=ServerLimits(message_from_stranger=4000, message_from_client=4000))
    seen = []
    for chunk in chunks:
        for event in session.receive(chunk):
            seen.append((type(event).__name__, getattr(event, "message_id", None)))
            assert not isinstance(event, OperationRequested) or event.frame.tag in RESPONSE_OF
    return session, seen


@given(st.lists(messages, max_size=6), st.data())
def test_any_chunking_gives_the_same_events(sent, data):
    encoded = b"".join(
        [encode_message(message) for message in sent if getattr(message.operation, "request_name", "") != START_TLS]
    )
    whole_session, whole = _drive([encoded])
    pieces_session, pieces = _drive(data.draw(chunks_of(encoded)))
    assert whole == pieces
    assert whole_session.state is pieces_session.state


@given(
    st.lists(
        st.sampled_from(
            [
                bind_request(1),
                bind_request(2),
                search_request(3),
                search_request(4),
                UNBIND,
                start_tls_request(5),
                message(6, AbandonRequest(3)),
                b"\x30",
                b"\xa0",
            ]
        )
        | st.binary(max_size=30),
        max_size=8,
    ),
    st.data(),
)
def test_any_bytes_give_events_and_no_exception_and_bounded_memory(parts, data):
    session = new_session(limits=ServerLimits(message_from_stranger=300, held_octets=300, held_messages=3))
    for chunk in data.draw(chunks_of(b"".join(parts))):
        for event in session.receive(chunk):
            if isinstance(event, BindRequested) and data.draw(st.booleans()):
                granted = data.draw(st.sampled_from([None, WHO]))
                session.bind_response(event, OK, identity=granted)
                session.resume()
        assert session.buffered <= 300
        if session.state is not ServerState.BOUND:
            assert session.identity is None or session.state is ServerState.STARTING_TLS
