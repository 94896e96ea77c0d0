"""What waits behind a bind, and the requests beside it."""

import pytest

from mfa_server.ldap.errors import LocalMisuse
from mfa_server.ldap.events import (
    ExtendedRequested,
    SearchRequested,
)
from mfa_server.ldap.filter_text import parse_filter
from mfa_server.ldap.framing import parse_frame
from mfa_server.ldap.messages import (
    AbandonRequest,
    AddRequest,
    Attribute,
    BindResponse,
    CompareRequest,
    Control,
    DelRequest,
    ExtendedRequest,
    ExtendedResponse,
    LDAPResult,
    ModifyDNRequest,
    ModifyRequest,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
)
from mfa_server.ldap.oids import PAGED_RESULTS, WHO_AM_I
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.server_session import ServerLimits
from mfa_server.ldap.tags import RESPONSE_OF

from .server_dialogue import (
    OK,
    UNBIND,
    WHO,
    bind_request,
    bound_session,
    decoded,
    kinds,
    message,
    new_session,
    search_request,
    violation,
)
from .vectors import read_vectors

# What waits behind a bind ---------------------------------------------------------------------------------------------


def test_requests_behind_a_bind_are_held_and_released_in_order():
    session = new_session()
    (bind,) = session.receive(bind_request(1) + search_request(2) + message(3, CompareRequest("cn=x", "cn", b"x")))
    assert session.receive(message(4, ExtendedRequest(WHO_AM_I))) == []
    assert session.resume() == []
    session.bind_response(bind, OK, identity=WHO)
    events = session.resume()
    assert kinds(events) == ["SearchRequested", "OperationRequested", "ExtendedRequested"]
    assert [event.message_id for event in events] == [2, 3, 4]
    assert session.resume() == []


def test_what_was_held_comes_before_what_arrives_even_without_a_call_to_resume():
    session = new_session()
    (bind,) = session.receive(bind_request(1) + search_request(2))
    session.bind_response(bind, OK)
    assert [event.message_id for event in session.receive(search_request(3))] == [2, 3]


def test_a_held_request_that_is_malformed_is_refused_when_it_is_released():
    session = new_session()
    bad = read_vectors("refused.txt")["a search whose not holds nothing"].replace(b"\x02\x01\x01", b"\x02\x01\x05", 1)
    (bind,) = session.receive(bind_request(1) + bad + search_request(6))
    session.bind_response(bind, OK)
    assert kinds(session.receive(search_request(7))) == ["ProtocolViolated"]
    assert session.closed


def test_what_is_held_is_limited_in_number():
    session = new_session()
    events = session.receive(bind_request(1) + b"".join([search_request(n) for n in range(2, 18)]))
    assert kinds(events) == ["BindRequested"]
    assert violation(session.receive(search_request(18))).error.result_code is ResultCode.BUSY


def test_what_is_held_is_limited_in_octets():
    session = new_session()
    big = "x" * 40_000
    assert kinds(session.receive(bind_request(1) + search_request(2, big))) == ["BindRequested"]
    assert violation(session.receive(search_request(3, big))).error.result_code is ResultCode.BUSY


def test_what_was_held_behind_a_superseded_bind_is_dropped():
    session = new_session()
    *_, bind = session.receive(bind_request(1) + search_request(2) + bind_request(3))
    session.bind_response(bind, OK)
    assert session.resume() == []


def test_abandon_drops_what_is_held_and_leaves_the_bind():
    session = new_session()
    (bind,) = session.receive(bind_request(1) + search_request(2) + search_request(3))
    assert session.receive(message(4, AbandonRequest(2)) + message(5, AbandonRequest(1))) == []
    assert session.bind_response(bind, OK)
    assert [event.message_id for event in session.resume()] == [3]


def test_unbind_ends_a_waiting_bind():
    session = new_session()
    (bind,) = session.receive(bind_request(1) + search_request(2))
    assert kinds(session.receive(UNBIND + search_request(3))) == ["Unbound"]
    assert session.bind_response(bind, OK, identity=WHO) == b""
    assert session.identity is None
    assert session.closed


# Other requests -------------------------------------------------------------------------------------------------------


def test_a_search_shows_its_base_its_scope_and_its_controls():
    paged = Control(PAGED_RESULTS, True, b"\x30\x05\x02\x01\x01\x04\x00")
    (search,) = new_session().receive(search_request(5, "dc=x", (paged,)))
    assert isinstance(search, SearchRequested)
    assert (search.base_object, search.scope, search.controls) == (b"dc=x", 2, (paged,))
    assert search.decode().filter == parse_filter("(cn=x)")


def test_responses_are_forwarded_untouched_under_the_client_s_id():
    session = bound_session()
    (search,) = session.receive(search_request(5))
    entry = message(1 << 24, SearchResultEntry("cn=x", (Attribute("cn", (b"x",)),)), (Control("1.2.3"),))
    done = message(1 << 24, SearchResultDone(OK))
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
    session = bound_session()
    (request,) = session.receive(message(5, operation))
    assert request.decode() == operation if not isinstance(request, ExtendedRequested) else request.request == operation
    reply = session.refuse(request, LDAPResult(50, "", "no"))
    frame = parse_frame(reply)
    assert (frame.message_id, frame.tag) == (5, RESPONSE_OF[request.frame.tag])
    assert decoded(reply).operation.result == LDAPResult(50, "", "no")
    assert session.outstanding == 0
    assert session.refuse(request, OK) == b""


def test_a_response_of_the_wrong_kind_is_our_misuse():
    session = bound_session()
    (search,) = session.receive(search_request(5))
    with pytest.raises(LocalMisuse):
        session.reply(search, ExtendedResponse(OK))
    with pytest.raises(LocalMisuse):
        session.forward(search, parse_frame(message(9, BindResponse(OK))))
    assert session.outstanding == 1


def test_a_late_answer_does_not_find_a_new_request_that_took_the_same_id():
    session = bound_session()
    (old,) = session.receive(search_request(5))
    session.receive(message(6, AbandonRequest(5)))
    (new,) = session.receive(search_request(5))
    assert session.reply(old, SearchResultEntry("cn=secret")) == b""
    assert session.reply(new, SearchResultDone(OK))


def test_abandon_of_a_search_is_an_event_and_of_anything_else_is_nothing():
    session = bound_session()
    (search,) = session.receive(search_request(5))
    assert session.receive(message(6, AbandonRequest(4))) == []
    (abandoned,) = session.receive(message(7, AbandonRequest(5)))
    assert abandoned.request is search
    assert session.receive(message(8, AbandonRequest(5))) == []


@pytest.mark.parametrize("first", [bind_request(5), bind_request(1) + search_request(5), search_request(5)])
@pytest.mark.parametrize(
    "second",
    [bind_request(5), search_request(5), message(5, ExtendedRequest(WHO_AM_I)), message(5, DelRequest("cn=x"))],
)
def test_an_id_that_is_outstanding_is_not_used_again(first, second):
    session = new_session()
    session.receive(first)
    assert "used again" in str(violation(session.receive(second)).error)


def test_an_id_is_free_again_once_its_operation_is_over():
    session = new_session()
    (bind,) = session.receive(bind_request(1))
    session.bind_response(bind, OK)
    (search,) = session.receive(search_request(1))
    session.reply(search, SearchResultDone(OK))
    assert kinds(session.receive(bind_request(1))) == ["BindRequested"]


def test_operations_at_once_are_limited():
    session = new_session(limits=ServerLimits(outstanding=3))
    assert len(session.receive(b"".join([search_request(n) for n in (1, 2, 3)]))) == 3
    assert violation(session.receive(search_request(4))).error.result_code is ResultCode.BUSY


def test_after_a_violation_what_came_before_it_still_counts():
    session = bound_session()
    events = session.receive(search_request(2) + message(3, SearchResultDone(OK)) + search_request(4))
    assert kinds(events) == ["SearchRequested", "ProtocolViolated"]
    assert session.reply(events[0], SearchResultDone(OK)) == b""
