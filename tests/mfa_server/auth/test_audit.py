"""The audit row of a logon."""

from mfa_server.auth.audit import ALERTS, logon_event
from mfa_server.auth.reasons import GRANTS, Reason
from mfa_server.auth.rules import decide
from tests.support.clock import START
from tests.support.logons import ACCEPTED, IDENTITY, WRONG, attempt, challenge, request


def test_a_row_tells_who_where_how_and_why():
    row = logon_event(
        attempt(verdict=ACCEPTED, challenge=challenge()), decide(Reason.FACTOR_COMPLETED, IDENTITY), START
    )
    assert (row.result, row.reason, row.username, row.client, row.source) == (
        "granted",
        "factorCompleted",
        "anna",
        "mfa/netscaler",
        "192.0.2.10",
    )
    assert row.detail["application"] == "Gateway"
    assert row.detail["challenge"] == "00000000-0000-0000-0000-000000000009"


def test_a_row_names_what_was_typed_only_where_nobody_was_found():
    unknown = attempt(identity=None, request=request(name="nobody@example.test"))
    assert logon_event(unknown, decide(Reason.IDENTITY_NOT_FOUND, None), START).detail["name"] == "nobody@example.test"
    assert "name" not in logon_event(attempt(), decide(Reason.BLOCKED, IDENTITY), START).detail


def test_a_row_holds_the_directorys_code_but_no_text_of_it_nor_password_or_code():
    known = attempt(verdict=WRONG, request=request(password=b"hunter2,123456"))
    row = logon_event(known, decide(Reason.WRONG_PASSWORD, IDENTITY), START)
    assert (row.detail["directoryCode"], row.detail["directorySubCode"]) == (49, "52e")
    assert "hunter2" not in repr(row)
    assert "123456" not in repr(row)


def test_alerts_are_refusals():
    assert not ALERTS & GRANTS
    assert logon_event(attempt(), decide(Reason.SERVICE_ACCOUNT_INTERACTIVE, IDENTITY), START).alert
