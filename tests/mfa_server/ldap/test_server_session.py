from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.codec import decode_message, encode_message
from mfa_server.ldap.errors import LocalMisuse, MessageTooLarge
from mfa_server.ldap.events import (
    BindRequested,
    BindSuperseded,
    ExtendedRequested,
    OperationAbandoned,
    OperationRequested,
    ProtocolViolated,
    RequestRefused,
    SearchRequested,
    StartTlsRequested,
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
    CompareRequest,
    Control,
    DelRequest,
    ExtendedRequest,
    ExtendedResponse,
    LDAPMessage,
    LDAPResult,
    ModifyDNRequest,
    ModifyRequest,
    OtherAuthentication,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SimpleAuthentication,
    UnbindRequest,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION, PAGED_RESULTS, START_TLS, WHO_AM_I
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.server_session import ServerLimits, ServerSession
from mfa_server.ldap.states import ServerState
from mfa_server.ldap.tags import RESPONSE_OF

from .strategies import chunks_of, messages
from .vectors import read_vectors

# Events and operations are unions; each test knows which one is due
new_session: Any = ServerSession
decoded: Any = decode_message

_OK = LDAPResult(0)
_WRONG = LDAPResult(ResultCode.INVALID_CREDENTIALS)
_WHO = object()


def _bytes(message_id, operation, controls=()):
    return encode_message(LDAPMessage(message_id, operation, controls))


def _bind(message_id, name="cn=x", password=b"pw", controls=()):
    return _bytes(message_id, BindRequest(3, name, SimpleAuthentication(password)), controls)


def _search(message_id, base="dc=x", controls=()):
    return _bytes(message_id, SearchRequest(base, 2, parse_filter("(cn=x)")), controls)


def _start_tls(message_id):
    return _bytes(message_id, ExtendedRequest(START_TLS))


_UNBIND = _bytes(99, UnbindRequest())


def _kinds(events):
    return [type(event).__name__ for event in events]


def _bound(**options):
    session = new_session(**options)
    (bind,) = session.receive(_bind(1))
    session.bind_response(bind, _OK, identity=_WHO)
    return session


def _refused(events):
    """The violation that ends the events, with its notice checked."""
    violated = events[-1]
    assert isinstance(violated, ProtocolViolated)
    if violated.reply:
        notice = decoded(violated.reply)
        assert notice.message_id == 0
        assert notice.operation.response_name == NOTICE_OF_DISCONNECTION
        assert notice.operation.result.result_code == violated.error.result_code
    return violated


# What arrives ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("refused.txt").items())
def test_what_is_malformed_is_refused_at_once_with_a_notice(sentence, encoded):
    session = new_session()
    events = session.receive(encoded)
    assert _refused(events).reply
    assert session.closed
    assert session.buffered == 0
    assert session.receive(_bind(1)) == []


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("refused.txt").items())
def test_what_is_malformed_is_refused_octet_by_octet_as_well(sentence, encoded):
    session = new_session()
    events = [event for octet in encoded for event in session.receive(bytes((octet,)))]
    assert _kinds(events) == ["ProtocolViolated"]


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("accepted.txt").items())
def test_what_real_clients_send_is_no_violation(sentence, encoded):
    assert not any(isinstance(event, ProtocolViolated) for event in new_session().receive(encoded))


def test_a_filter_20_000_deep_is_refused():
    nested = bytes.fromhex("87 02 63 6e")
    for _ in range(20_000):
        nested = b"\xa2\x84" + len(nested).to_bytes(4, "big") + nested
    search = SearchRequest("", 0, parse_filter("(cn=x)"))
    plain = _bytes(1, search)
    content = parse_frame(plain).content.replace(bytes.fromhex("a3 07 04 02 63 6e 04 01 78"), nested)
    operation = b"\x63\x84" + len(content).to_bytes(4, "big") + content
    message = b"\x30\x84" + (len(operation) + 3).to_bytes(4, "big") + b"\x02\x01\x01" + operation
    session = new_session(limits=ServerLimits(message_from_stranger=1 << 20))
    assert "too deep" in str(_refused(session.receive(message)).error)


def test_a_message_above_the_limit_is_refused_by_its_header():
    session = new_session()
    header = b"\x30\x84" + (64 * 1024).to_bytes(4, "big")
    assert isinstance(_refused(session.receive(header)).error, MessageTooLarge)


def test_a_bound_client_may_send_more_and_a_bind_never():
    big = _bytes(2, AddRequest("cn=x", (Attribute("a", (bytes(100_000),)),)))
    assert _kinds(new_session().receive(big)) == ["ProtocolViolated"]
    session = _bound()
    assert _kinds(session.receive(big)) == ["OperationRequested"]
    violated = _refused(session.receive(_bind(3, password=bytes(8200))))
    assert isinstance(violated.error, MessageTooLarge)


def test_a_failed_or_anonymous_bind_raises_no_limit():
    session = new_session()
    for message_id, result in ((1, _WRONG), (2, _OK)):
        (bind,) = session.receive(_bind(message_id))
        session.bind_response(bind, result)
    assert _kinds(session.receive(b"\x30\x83\x01\x00\x00")) == ["ProtocolViolated"]


def test_no_notice_repeats_what_the_client_sent():
    session = new_session()
    secret = b"correct horse"
    events = session.receive(
        _bytes(1, BindRequest(3, "cn=x", OtherAuthentication(0x80, secret)))[:-1] + b"\xff" + _bind(1)
    )
    violated = _refused(events)
    assert secret not in violated.reply
    assert "horse" not in str(violated.error)
    assert "horse" not in repr(events)


# Binds ----------------------------------------------------------------------------------------------------------------


def test_a_bind_is_granted_by_the_shell_and_makes_the_identity():
    session = new_session()
    (bind,) = session.receive(_bind(1, "cn=jdoe", b"secret"))
    assert isinstance(bind, BindRequested)
    assert bind.request.authentication == SimpleAuthentication(b"secret")
    assert session.state.name == "BINDING"
    reply = session.bind_response(bind, _OK, identity=_WHO)
    assert decoded(reply) == LDAPMessage(1, BindResponse(_OK))
    assert session.state is ServerState.BOUND
    assert session.identity is _WHO


def test_an_anonymous_bind_succeeds_without_an_identity():
    session = new_session()
    (bind,) = session.receive(_bind(1, "", b""))
    assert session.bind_response(bind, _OK)
    assert session.state is ServerState.ANONYMOUS


def test_the_directory_s_refusal_is_passed_on_unchanged():
    session = new_session()
    (bind,) = session.receive(_bind(7))
    result = LDAPResult(
        49, "", "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839\x00"
    )
    controls = (Control("1.3.6.1.4.1.42.2.27.8.5.1", False, b"\x30\x00"),)
    assert decoded(session.bind_response(bind, result, controls=controls)) == LDAPMessage(
        7, BindResponse(result), controls
    )


def test_a_bind_takes_the_former_identity_from_its_beginning():
    session = _bound()
    (bind,) = session.receive(_bind(2))
    assert session.identity is None
    session.bind_response(bind, _WRONG)
    assert session.identity is None
    assert session.state is ServerState.ANONYMOUS


def test_an_identity_comes_only_with_success():
    session = new_session()
    (bind,) = session.receive(_bind(1))
    with pytest.raises(LocalMisuse):
        session.bind_response(bind, _WRONG, identity=_WHO)
    assert session.identity is None
    assert session.bind_response(bind, _WRONG)


def test_a_second_bind_supersedes_the_first_whose_late_approval_goes_nowhere():
    session = new_session()
    (first,) = session.receive(_bind(1, "cn=a"))
    superseded, second = session.receive(_bind(2, "cn=b"))
    assert isinstance(superseded, BindSuperseded)
    assert superseded.bind is first
    assert session.bind_response(first, _OK, identity=_WHO) == b""
    assert session.identity is None
    assert session.state is ServerState.BINDING
    assert decoded(session.bind_response(second, _WRONG)).message_id == 2


def test_a_late_approval_does_not_find_a_new_bind_that_took_the_same_id():
    session = new_session()
    (first,) = session.receive(_bind(1, "cn=a"))
    session.receive(_bind(2, "cn=b"))
    _, third = session.receive(_bind(1, "cn=c"))
    assert session.bind_response(first, _OK, identity=_WHO) == b""
    assert session.identity is None
    assert session.bind_response(third, _OK, identity="c")
    assert session.identity == "c"


def test_binds_in_one_segment_end_with_the_last():
    session = new_session()
    events = session.receive(_bind(1) + _bind(2) + _bind(3))
    assert _kinds(events) == ["BindRequested", "BindSuperseded", "BindRequested", "BindSuperseded", "BindRequested"]
    assert [session.bind_response(event, _OK) != b"" for event in events if isinstance(event, BindRequested)] == [
        False,
        False,
        True,
    ]


def test_a_bind_ends_what_is_outstanding():
    session = _bound()
    (search,) = session.receive(_search(2))
    abandoned, bind = session.receive(_bind(3))
    assert isinstance(abandoned, OperationAbandoned)
    assert abandoned.request is search
    assert session.reply(search, SearchResultDone(_OK)) == b""
    assert isinstance(bind, BindRequested)


def test_other_versions_and_methods_reach_the_shell():
    session = new_session()
    (bind,) = session.receive(_bytes(1, BindRequest(2, "", SimpleAuthentication(b""))))
    assert bind.request.version == 2
    assert session.bind_response(bind, LDAPResult(ResultCode.PROTOCOL_ERROR))
    (bind,) = session.receive(_bytes(2, BindRequest(3, "", OtherAuthentication(0x8A, b"NTLM"))))
    assert bind.request.authentication == OtherAuthentication(0x8A, b"NTLM")


def test_the_critical_controls_of_a_bind_reach_the_shell():
    (bind,) = new_session().receive(_bind(1, controls=(Control("1.2.3", True), Control("1.2.4"))))
    assert [control.control_type for control in bind.critical_controls] == ["1.2.3"]


# What waits behind a bind ---------------------------------------------------------------------------------------------


def test_requests_behind_a_bind_are_held_and_released_in_order():
    session = new_session()
    (bind,) = session.receive(_bind(1) + _search(2) + _bytes(3, CompareRequest("cn=x", "cn", b"x")))
    assert session.receive(_bytes(4, ExtendedRequest(WHO_AM_I))) == []
    assert session.resume() == []
    session.bind_response(bind, _OK, identity=_WHO)
    events = session.resume()
    assert _kinds(events) == ["SearchRequested", "OperationRequested", "ExtendedRequested"]
    assert [event.message_id for event in events] == [2, 3, 4]
    assert session.resume() == []


def test_what_was_held_comes_before_what_arrives_even_without_a_call_to_resume():
    session = new_session()
    (bind,) = session.receive(_bind(1) + _search(2))
    session.bind_response(bind, _OK)
    assert [event.message_id for event in session.receive(_search(3))] == [2, 3]


def test_a_held_request_that_is_malformed_is_refused_when_it_is_released():
    session = new_session()
    bad = read_vectors("refused.txt")["a search whose not holds nothing"].replace(b"\x02\x01\x01", b"\x02\x01\x05", 1)
    (bind,) = session.receive(_bind(1) + bad + _search(6))
    session.bind_response(bind, _OK)
    assert _kinds(session.receive(_search(7))) == ["ProtocolViolated"]
    assert session.closed


def test_what_is_held_is_limited_in_number():
    session = new_session()
    events = session.receive(_bind(1) + b"".join([_search(n) for n in range(2, 18)]))
    assert _kinds(events) == ["BindRequested"]
    assert _refused(session.receive(_search(18))).error.result_code is ResultCode.BUSY


def test_what_is_held_is_limited_in_octets():
    session = new_session()
    big = "x" * 40_000
    assert _kinds(session.receive(_bind(1) + _search(2, big))) == ["BindRequested"]
    assert _refused(session.receive(_search(3, big))).error.result_code is ResultCode.BUSY


def test_what_was_held_behind_a_superseded_bind_is_dropped():
    session = new_session()
    *_, bind = session.receive(_bind(1) + _search(2) + _bind(3))
    session.bind_response(bind, _OK)
    assert session.resume() == []


def test_abandon_drops_what_is_held_and_leaves_the_bind():
    session = new_session()
    (bind,) = session.receive(_bind(1) + _search(2) + _search(3))
    assert session.receive(_bytes(4, AbandonRequest(2)) + _bytes(5, AbandonRequest(1))) == []
    assert session.bind_response(bind, _OK)
    assert [event.message_id for event in session.resume()] == [3]


def test_unbind_ends_a_waiting_bind():
    session = new_session()
    (bind,) = session.receive(_bind(1) + _search(2))
    assert _kinds(session.receive(_UNBIND + _search(3))) == ["Unbound"]
    assert session.bind_response(bind, _OK, identity=_WHO) == b""
    assert session.identity is None
    assert session.closed


# Other requests -------------------------------------------------------------------------------------------------------


def test_a_search_shows_its_base_its_scope_and_its_controls():
    paged = Control(PAGED_RESULTS, True, b"\x30\x05\x02\x01\x01\x04\x00")
    (search,) = new_session().receive(_search(5, "dc=x", (paged,)))
    assert isinstance(search, SearchRequested)
    assert (search.base_object, search.scope, search.controls) == (b"dc=x", 2, (paged,))
    assert search.decode().filter == parse_filter("(cn=x)")


def test_responses_are_forwarded_untouched_under_the_client_s_id():
    session = _bound()
    (search,) = session.receive(_search(5))
    entry = _bytes(1 << 24, SearchResultEntry("cn=x", (Attribute("cn", (b"x",)),)), (Control("1.2.3"),))
    done = _bytes(1 << 24, SearchResultDone(_OK))
    forwarded = session.forward(search, parse_frame(entry))
    assert parse_frame(forwarded).message_id == 5
    assert parse_frame(forwarded).data.endswith(parse_frame(entry).operation + parse_frame(entry).controls)
    assert session.outstanding == 1
    assert session.forward(search, parse_frame(done))
    assert session.outstanding == 0
    assert session.forward(search, parse_frame(entry)) == b""


@pytest.mark.parametrize(
    "operation",
    [
        SearchRequest("", 0, parse_filter("(cn=*)")),
        ModifyRequest("cn=x", ()),
        AddRequest("cn=x", ()),
        DelRequest("cn=x"),
        ModifyDNRequest("cn=x", "cn=y", True),
        CompareRequest("cn=x", "cn", b"x"),
        ExtendedRequest(WHO_AM_I),
    ],
)
def test_every_request_can_be_refused_in_the_response_of_its_kind(operation):
    session = _bound()
    (request,) = session.receive(_bytes(5, operation))
    assert request.decode() == operation if not isinstance(request, ExtendedRequested) else request.request == operation
    reply = session.refuse(request, LDAPResult(50, "", "no"))
    frame = parse_frame(reply)
    assert (frame.message_id, frame.tag) == (5, RESPONSE_OF[request.frame.tag])
    assert decoded(reply).operation.result == LDAPResult(50, "", "no")
    assert session.outstanding == 0
    assert session.refuse(request, _OK) == b""


def test_a_response_of_the_wrong_kind_is_our_misuse():
    session = _bound()
    (search,) = session.receive(_search(5))
    with pytest.raises(LocalMisuse):
        session.reply(search, ExtendedResponse(_OK))
    with pytest.raises(LocalMisuse):
        session.forward(search, parse_frame(_bytes(9, BindResponse(_OK))))
    assert session.outstanding == 1


def test_a_late_answer_does_not_find_a_new_request_that_took_the_same_id():
    session = _bound()
    (old,) = session.receive(_search(5))
    session.receive(_bytes(6, AbandonRequest(5)))
    (new,) = session.receive(_search(5))
    assert session.reply(old, SearchResultEntry("cn=secret")) == b""
    assert session.reply(new, SearchResultDone(_OK))


def test_abandon_of_a_search_is_an_event_and_of_anything_else_is_nothing():
    session = _bound()
    (search,) = session.receive(_search(5))
    assert session.receive(_bytes(6, AbandonRequest(4))) == []
    (abandoned,) = session.receive(_bytes(7, AbandonRequest(5)))
    assert abandoned.request is search
    assert session.receive(_bytes(8, AbandonRequest(5))) == []


@pytest.mark.parametrize("first", [_bind(5), _bind(1) + _search(5), _search(5)])
@pytest.mark.parametrize(
    "second", [_bind(5), _search(5), _bytes(5, ExtendedRequest(WHO_AM_I)), _bytes(5, DelRequest("cn=x"))]
)
def test_an_id_that_is_outstanding_is_not_used_again(first, second):
    session = new_session()
    session.receive(first)
    assert "used again" in str(_refused(session.receive(second)).error)


def test_an_id_is_free_again_once_its_operation_is_over():
    session = new_session()
    (bind,) = session.receive(_bind(1))
    session.bind_response(bind, _OK)
    (search,) = session.receive(_search(1))
    session.reply(search, SearchResultDone(_OK))
    assert _kinds(session.receive(_bind(1))) == ["BindRequested"]


def test_operations_at_once_are_limited():
    session = new_session(limits=ServerLimits(outstanding=3))
    assert len(session.receive(b"".join([_search(n) for n in (1, 2, 3)]))) == 3
    assert _refused(session.receive(_search(4))).error.result_code is ResultCode.BUSY


def test_after_a_violation_what_came_before_it_still_counts():
    session = _bound()
    events = session.receive(_search(2) + _bytes(3, SearchResultDone(_OK)) + _search(4))
    assert _kinds(events) == ["SearchRequested", "ProtocolViolated"]
    assert session.reply(events[0], SearchResultDone(_OK)) == b""


# StartTLS -------------------------------------------------------------------------------------------------------------


def test_start_tls_drops_everything_once_the_handshake_is_done():
    session = _bound()
    (start,) = session.receive(_start_tls(2))
    assert isinstance(start, StartTlsRequested)
    with pytest.raises(LocalMisuse, match="not answered"):
        session.tls_started()
    reply = decoded(session.start_tls_response(start, _OK))
    assert reply == LDAPMessage(2, ExtendedResponse(_OK, START_TLS))
    session.tls_started()
    assert session.state is ServerState.ANONYMOUS
    assert session.identity is None
    assert session.tls
    assert _kinds(session.receive(b"\x30\x83\x01\x00\x00")) == ["ProtocolViolated"]  # the stranger's limit again


@pytest.mark.parametrize("behind", [b"\x30", _bind(3), _UNBIND, b"\xff", _start_tls(3)])
def test_octets_behind_start_tls_close_the_connection_without_an_answer(behind):
    session = new_session()
    events = session.receive(_start_tls(2) + behind)
    assert _kinds(events) == ["ProtocolViolated"]
    assert events[0].reply == b""
    assert session.closed


@pytest.mark.parametrize("answered", [False, True])
def test_octets_in_the_clear_before_the_handshake_close_it_as_well(answered):
    session = new_session()
    (start,) = session.receive(_start_tls(2))
    if answered:
        session.start_tls_response(start, _OK)
    (violated,) = session.receive(_bind(3))
    assert isinstance(violated, ProtocolViolated)
    assert violated.reply == b""


@pytest.mark.parametrize(
    ("session", "before"),
    [
        (new_session(tls=True), b""),
        (new_session(), _search(1)),
        (new_session(), _bind(1)),
        (new_session(), _bind(1) + _search(3)),
    ],
)
def test_start_tls_inside_tls_or_beside_operations_is_refused_and_the_session_goes_on(session, before):
    session.receive(before)
    state = session.state
    (refused,) = session.receive(_start_tls(2))
    assert isinstance(refused, RequestRefused)
    assert decoded(refused.reply).operation.result.result_code == ResultCode.OPERATIONS_ERROR
    assert session.state is state


@pytest.mark.parametrize("session", [new_session(), _bound()])
def test_start_tls_that_the_shell_refuses_changes_nothing(session):
    state, identity = session.state, session.identity
    (start,) = session.receive(_start_tls(2))
    reply = decoded(session.start_tls_response(start, LDAPResult(ResultCode.UNAVAILABLE)))
    assert reply.operation.result.result_code == ResultCode.UNAVAILABLE
    assert (session.state, session.identity) == (state, identity)
    assert session.start_tls_response(start, _OK) == b""
    with pytest.raises(LocalMisuse):
        session.tls_started()


# The end --------------------------------------------------------------------------------------------------------------


def test_a_notice_of_disconnection_closes():
    session = _bound()
    (search,) = session.receive(_search(2))
    notice = decoded(session.notice_of_disconnection(ResultCode.UNAVAILABLE, "shutting down"))
    assert notice == LDAPMessage(0, ExtendedResponse(LDAPResult(52, "", "shutting down"), NOTICE_OF_DISCONNECTION))
    assert session.closed
    assert session.receive(_search(3)) == []
    assert session.refuse(search, _OK) == b""
    assert session.notice_of_disconnection(52, "again") == b""


def test_unbind_closes_and_nothing_behind_it_is_read():
    session = _bound()
    (unbound,) = session.receive(_UNBIND + _bind(3))
    assert isinstance(unbound, Unbound)
    assert session.identity is None
    assert session.receive(_bind(4)) == []


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
                _bind(1),
                _bind(2),
                _search(3),
                _search(4),
                _UNBIND,
                _start_tls(5),
                _bytes(6, AbandonRequest(3)),
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
                granted = data.draw(st.sampled_from([None, _WHO]))
                session.bind_response(event, _OK, identity=granted)
                session.resume()
        assert session.buffered <= 300
        if session.state is not ServerState.BOUND:
            assert session.identity is None or session.state is ServerState.STARTING_TLS
