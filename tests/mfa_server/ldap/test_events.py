from mfa_server.ldap.codec import encode_message
from mfa_server.ldap.events import (
    BindRequested,
    OperationRequested,
    ResponseReceived,
    SearchRequested,
    UnsolicitedNotification,
)
from mfa_server.ldap.filter_text import parse_filter
from mfa_server.ldap.framing import parse_frame
from mfa_server.ldap.messages import (
    Attribute,
    BindRequest,
    Control,
    DelRequest,
    ExtendedResponse,
    LDAPMessage,
    LDAPResult,
    SearchRequest,
    SearchResultEntry,
    SimpleAuthentication,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION

_CONTROLS = (Control("1.2.3", True), Control("1.2.4"))


def _frame(operation):
    return parse_frame(encode_message(LDAPMessage(5, operation, _CONTROLS)))


def test_requests_are_equal_only_to_themselves():
    request = BindRequest(3, "cn=x", SimpleAuthentication(b"secret"))
    one, other = BindRequested(1, request), BindRequested(1, request)
    assert one != other
    assert {one: 1, other: 2}[one] == 1


def test_a_bind_tells_which_controls_are_critical_and_no_password():
    bind = BindRequested(1, BindRequest(3, "cn=x", SimpleAuthentication(b"secret")), _CONTROLS)
    assert bind.critical_controls == (Control("1.2.3", True),)
    assert "secret" not in repr(bind)


def test_requests_and_responses_decode_on_demand():
    search = SearchRequest("dc=x", 2, parse_filter("(cn=x)"), ("cn",))
    entry = SearchResultEntry("cn=x", (Attribute("cn", (b"x",)),))
    assert SearchRequested(5, _frame(search), b"dc=x", 2).decode() == search
    delete = OperationRequested(5, _frame(DelRequest("cn=x")))
    assert delete.decode() == DelRequest("cn=x")
    assert delete.decode_controls() == _CONTROLS
    response = ResponseReceived(5, _frame(entry), False)
    assert response.is_entry
    assert response.decode() == entry
    assert response.decode_controls() == _CONTROLS


def test_a_notice_of_disconnection_is_told_from_other_notifications():
    result = LDAPResult(52)
    assert UnsolicitedNotification(ExtendedResponse(result, NOTICE_OF_DISCONNECTION)).is_disconnection
    assert not UnsolicitedNotification(ExtendedResponse(result, "1.2.3")).is_disconnection
