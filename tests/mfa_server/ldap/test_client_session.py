from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.client_session import FIRST_MESSAGE_ID, MAX_ABANDONED, ClientSession
from mfa_server.ldap.codec import decode_message, encode_message
from mfa_server.ldap.errors import LocalMisuse, MessageTooLarge
from mfa_server.ldap.events import (
    BindAnswered,
    ProtocolViolated,
    ResponseReceived,
    StartTlsAnswered,
    UnsolicitedNotification,
)
from mfa_server.ldap.filter_text import parse_filter
from mfa_server.ldap.framing import parse_frame
from mfa_server.ldap.messages import (
    AbandonRequest,
    Attribute,
    BindRequest,
    BindResponse,
    CompareRequest,
    CompareResponse,
    Control,
    ExtendedRequest,
    ExtendedResponse,
    IntermediateResponse,
    LDAPMessage,
    LDAPResult,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION, START_TLS, WHO_AM_I
from mfa_server.ldap.states import ClientState

from .strategies import chunks_of, messages

# Events and operations are unions; each test knows which one is due
new_session: Any = ClientSession
decoded: Any = decode_message

_OK = LDAPResult(0)
_SEARCH = SearchRequest("dc=x", 2, parse_filter("(cn=x)"))
_FRAME = parse_frame(encode_message(LDAPMessage(5, _SEARCH, (Control("1.2.3", True),))))


def _bytes(message_id, operation, controls=()):
    return encode_message(LDAPMessage(message_id, operation, controls))


def _violation(events):
    assert isinstance(events[-1], ProtocolViolated)
    assert events[-1].reply == b""
    return str(events[-1].error)


# Sending --------------------------------------------------------------------------------------------------------------


def test_a_bind_is_sent_and_answered():
    session = new_session()
    message_id, sent = session.bind("cn=x", b"pw")
    assert decoded(sent) == LDAPMessage(message_id, BindRequest(3, "cn=x", SimpleAuthentication(b"pw")))
    assert session.state.name == "BINDING"
    control = Control("1.3.6.1.4.1.42.2.27.8.5.1", False, b"\x30\x00")
    result = LDAPResult(49, "", "data 52e")
    (answer,) = session.receive(_bytes(message_id, BindResponse(result), (control,)))
    assert isinstance(answer, BindAnswered)
    assert (answer.message_id, answer.response.result, answer.controls) == (message_id, result, (control,))
    assert session.state is ClientState.OPEN
    assert session.in_flight == 0


def test_a_name_without_a_password_is_never_sent():
    session = new_session()
    with pytest.raises(LocalMisuse, match="unauthenticated"):
        session.bind("cn=x", b"")
    assert session.in_flight == 0
    assert session.bind("", b"")[1]


def test_a_bind_shares_its_connection_with_nothing():
    session = new_session()
    message_id, _ = session.search(_SEARCH)
    with pytest.raises(LocalMisuse, match="nothing is in flight"):
        session.bind("cn=x", b"pw")
    session.receive(_bytes(message_id, SearchResultDone(_OK)))
    session.bind("cn=x", b"pw")
    for send in (
        lambda: session.bind("cn=x", b"pw"),
        lambda: session.search(_SEARCH),
        lambda: session.forward(_FRAME),
        session.who_am_i,
        session.start_tls,
        session.tls_started,
    ):
        with pytest.raises(LocalMisuse):
            send()
    assert session.in_flight == 1


def test_a_bind_cannot_be_abandoned():
    session = new_session()
    message_id, _ = session.bind("cn=x", b"pw")
    assert session.abandon(message_id) == b""
    assert session.in_flight == 1


def test_a_request_is_forwarded_untouched_under_an_id_of_four_octets():
    session = new_session()
    message_id, sent = session.forward(_FRAME)
    frame = parse_frame(sent)
    assert message_id == frame.message_id == FIRST_MESSAGE_ID
    assert (frame.operation, frame.controls) == (_FRAME.operation, _FRAME.controls)
    assert sent[2:4] == b"\x02\x04"


@pytest.mark.parametrize(
    "operation",
    [BindRequest(3, "", SimpleAuthentication(b"")), UnbindRequest(), AbandonRequest(1), SearchResultDone(_OK)],
)
def test_binds_unbinds_abandons_and_responses_are_not_forwarded(operation):
    session = new_session()
    with pytest.raises(LocalMisuse):
        session.forward(parse_frame(_bytes(5, operation)))
    with pytest.raises(LocalMisuse):
        session.request(operation)
    assert session.in_flight == 0


def test_start_tls_is_not_sent_as_just_another_request():
    with pytest.raises(LocalMisuse):
        new_session().request(ExtendedRequest(START_TLS))


def test_operations_in_flight_are_limited():
    session = new_session(max_in_flight=2)
    session.search(_SEARCH)
    session.who_am_i()
    with pytest.raises(LocalMisuse, match="in flight"):
        session.search(_SEARCH)


def test_ids_wrap_before_2_to_the_31_and_are_not_reused_in_flight():
    session = new_session(first_message_id=(1 << 31) - 2)
    first, _ = session.search(_SEARCH)
    second, _ = session.search(_SEARCH)
    third, _ = session.search(_SEARCH)
    assert (first, second, third) == ((1 << 31) - 2, (1 << 31) - 1, FIRST_MESSAGE_ID)
    again = new_session(first_message_id=FIRST_MESSAGE_ID)
    ids = [again.search(_SEARCH)[0] for _ in range(3)]
    again._next_id = FIRST_MESSAGE_ID
    again.abandon(ids[0])
    assert again.search(_SEARCH)[0] not in ids


def test_abandon_names_the_id_inside_and_ends_the_operation():
    session = new_session()
    message_id, _ = session.search(_SEARCH)
    sent = decoded(session.abandon(message_id))
    assert sent.operation == AbandonRequest(message_id)
    assert sent.message_id != message_id
    assert session.in_flight == 0
    assert session.abandon(message_id) == b""


def test_unbind_closes():
    session = new_session()
    session.search(_SEARCH)
    assert decoded(session.unbind()).operation == UnbindRequest()
    assert session.closed
    assert session.in_flight == 0
    assert session.unbind() == b""
    assert session.receive(b"\x30\x00") == []
    with pytest.raises(LocalMisuse):
        session.search(_SEARCH)
    with pytest.raises(LocalMisuse):
        session.bind("cn=x", b"pw")


# Receiving ------------------------------------------------------------------------------------------------------------


def test_responses_find_their_requests():
    session = new_session()
    one, _ = session.search(_SEARCH)
    other, _ = session.forward(_FRAME)
    entry = SearchResultEntry("cn=x", (Attribute("cn", (b"x",)),))
    events = session.receive(
        _bytes(other, entry)
        + _bytes(one, SearchResultReference(("ldap://x/",)))
        + _bytes(one, IntermediateResponse("1.2.3"))
        + _bytes(one, SearchResultDone(_OK))
        + _bytes(other, SearchResultDone(_OK), (Control("1.2.840.113556.1.4.319", False, b"x"),))
    )
    assert all(isinstance(event, ResponseReceived) for event in events)
    assert [(event.message_id, event.final) for event in events] == [
        (other, False),
        (one, False),
        (one, False),
        (one, True),
        (other, True),
    ]
    assert events[0].decode() == entry
    assert events[4].decode_controls()[0].control_type == "1.2.840.113556.1.4.319"
    assert session.in_flight == 0


def test_who_am_i_is_answered_by_an_authorization_identity():
    session = new_session()
    message_id, sent = session.who_am_i()
    assert decoded(sent).operation == ExtendedRequest(WHO_AM_I)
    (event,) = session.receive(_bytes(message_id, ExtendedResponse(_OK, None, b"dn:cn=x")))
    assert event.final
    assert event.decode().response_value == b"dn:cn=x"


def test_answers_that_cross_an_abandon_are_ignored_and_later_ones_are_not():
    session = new_session()
    message_id, _ = session.search(_SEARCH)
    session.abandon(message_id)
    assert session.receive(_bytes(message_id, SearchResultEntry("cn=x"))) == []
    assert session.receive(_bytes(message_id, SearchResultDone(_OK))) == []
    assert "nothing in flight" in _violation(session.receive(_bytes(message_id, SearchResultDone(_OK))))


def test_abandoned_ids_are_remembered_up_to_a_limit():
    session = new_session()
    for _ in range(MAX_ABANDONED + 10):
        session.abandon(session.search(_SEARCH)[0])
    assert len(session._abandoned) == MAX_ABANDONED


@pytest.mark.parametrize(
    ("operation", "complaint"),
    [
        (SearchRequest("", 0, parse_filter("(cn=*)")), "no response"),
        (UnbindRequest(), "no response"),
        (CompareResponse(_OK), "answered by"),
        (BindResponse(_OK), "answered by"),
    ],
)
def test_what_does_not_answer_a_search_closes(operation, complaint):
    session = new_session()
    message_id, _ = session.search(_SEARCH)
    assert complaint in _violation(session.receive(_bytes(message_id, operation)))
    assert session.closed


def test_an_entry_does_not_answer_a_compare():
    session = new_session()
    message_id, _ = session.request(CompareRequest("cn=x", "cn", b"x"))
    assert "answered by" in _violation(session.receive(_bytes(message_id, SearchResultEntry("cn=x"))))


def test_an_id_that_nothing_in_flight_has_closes():
    assert "nothing in flight" in _violation(new_session().receive(_bytes(77, SearchResultDone(_OK))))


def test_a_message_above_the_limit_is_refused_by_its_header():
    (violated,) = new_session().receive(bytes.fromhex("30 84 01 00 00 00"))
    assert isinstance(violated.error, MessageTooLarge)


def test_what_precedes_a_violation_still_counts():
    session = new_session()
    message_id, _ = session.search(_SEARCH)
    events = session.receive(_bytes(message_id, SearchResultDone(_OK)) + b"\x00")
    assert [type(event) for event in events] == [ResponseReceived, ProtocolViolated]


def test_a_malformed_bind_answer_grants_nothing():
    session = new_session()
    message_id, _ = session.bind("cn=x", b"pw")
    sent = _bytes(message_id, BindResponse(_OK)).replace(b"\x0a\x01\x00", b"\x0a\x01\xff")
    assert _violation(session.receive(sent))


def test_a_notice_of_disconnection_closes_and_other_notifications_do_not():
    session = new_session()
    session.search(_SEARCH)
    (event,) = session.receive(_bytes(0, ExtendedResponse(_OK, "1.2.3")))
    assert isinstance(event, UnsolicitedNotification)
    assert not session.closed
    (event,) = session.receive(_bytes(0, ExtendedResponse(LDAPResult(52), NOTICE_OF_DISCONNECTION)) + b"junk")
    assert event.is_disconnection
    assert session.closed


def test_message_id_0_is_for_notifications():
    assert "unsolicited" in _violation(new_session().receive(_bytes(0, SearchResultDone(_OK))))


# StartTLS -------------------------------------------------------------------------------------------------------------


def test_start_tls_is_asked_for_answered_and_started():
    session = new_session()
    message_id, sent = session.start_tls()
    assert decoded(sent).operation == ExtendedRequest(START_TLS)
    with pytest.raises(LocalMisuse):
        session.tls_started()
    (answer,) = session.receive(_bytes(message_id, ExtendedResponse(_OK, START_TLS)))
    assert isinstance(answer, StartTlsAnswered)
    with pytest.raises(LocalMisuse):
        session.search(_SEARCH)
    session.tls_started()
    assert session.tls
    assert session.bind("cn=x", b"pw")
    with pytest.raises(LocalMisuse):
        session.start_tls()


def test_start_tls_shares_its_connection_with_nothing():
    session = new_session()
    session.search(_SEARCH)
    with pytest.raises(LocalMisuse):
        session.start_tls()


def test_start_tls_refused_leaves_the_connection_open():
    session = new_session()
    message_id, _ = session.start_tls()
    (answer,) = session.receive(_bytes(message_id, ExtendedResponse(LDAPResult(2))))
    assert answer.result.result_code == 2
    assert session.state is ClientState.OPEN
    with pytest.raises(LocalMisuse):
        session.tls_started()


@pytest.mark.parametrize("in_one_segment", [True, False])
def test_octets_behind_the_answer_to_start_tls_close(in_one_segment):
    session = new_session()
    message_id, _ = session.start_tls()
    answer = _bytes(message_id, ExtendedResponse(_OK, START_TLS))
    injected = _bytes(message_id + 1, BindResponse(_OK))
    if in_one_segment:
        events = session.receive(answer + injected)
    else:
        session.receive(answer)
        events = session.receive(injected)
    assert "in the clear" in _violation(events)
    assert session.closed


# Properties -----------------------------------------------------------------------------------------------------------


def _drive(chunks):
    session = new_session(limit=4000, first_message_id=1)
    ids = [session.search(_SEARCH)[0] for _ in range(3)]
    session.abandon(ids[2])
    events = [event for chunk in chunks for event in session.receive(chunk)]
    return session.state, [(type(event).__name__, getattr(event, "message_id", 0)) for event in events]


@given(
    st.lists(
        st.builds(LDAPMessage, st.integers(0, 4), messages.map(lambda message: message.operation)).map(encode_message)
        | st.binary(max_size=30),
        max_size=5,
    ),
    st.data(),
)
def test_any_bytes_in_any_chunking_give_the_same_events_and_no_exception(parts, data):
    encoded = b"".join(parts)
    assert _drive([encoded]) == _drive(data.draw(chunks_of(encoded)))


@pytest.mark.parametrize("state", ["bind", "start_tls"])
@given(message=messages, zero=st.booleans())
def test_any_message_while_a_bind_or_start_tls_waits_is_an_event(state, message, zero):
    session = new_session()
    message_id, _ = session.bind("cn=x", b"pw") if state == "bind" else session.start_tls()
    (event,) = session.receive(encode_message(LDAPMessage(0 if zero else message_id, message.operation)))
    assert isinstance(
        event, BindAnswered | StartTlsAnswered | UnsolicitedNotification | ProtocolViolated | ResponseReceived
    )
