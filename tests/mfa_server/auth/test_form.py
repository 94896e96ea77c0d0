"""The form: what is refused before anybody is asked, and where the typed code begins."""

from dataclasses import replace

import pytest

from mfa_server.auth.decision import Answer
from mfa_server.auth.form import MAX_NAME, MAX_PASSWORD, Credentials, FormFault, read_form
from mfa_server.auth.reasons import Reason
from tests.support.logons import POLICY, request


@pytest.mark.parametrize(
    ("changes", "reason", "answer"),
    [
        pytest.param({"version": 2}, Reason.VERSION_NOT_SUPPORTED, Answer.PROTOCOL_ERROR, id="LDAP version 2"),
        pytest.param({"simple": False}, Reason.AUTH_METHOD_NOT_SUPPORTED, Answer.AUTH_METHOD_NOT_SUPPORTED, id="SASL"),
        pytest.param({"critical_control": True}, Reason.CRITICAL_CONTROL, Answer.CRITICAL_EXTENSION, id="critical"),
        pytest.param({"tls": False}, Reason.CONFIDENTIALITY_REQUIRED, Answer.CONFIDENTIALITY_REQUIRED, id="no TLS"),
        pytest.param({"password": b""}, Reason.EMPTY_PASSWORD, Answer.UNWILLING, id="a name with an empty password"),
        pytest.param({"password": b",123456"}, Reason.EMPTY_PASSWORD, Answer.UNWILLING, id="a code and no password"),
        pytest.param({"name": ""}, Reason.MALFORMED_CREDENTIALS, Answer.UNWILLING, id="a password without a name"),
        pytest.param({"password": b"a\0b"}, Reason.MALFORMED_CREDENTIALS, Answer.UNWILLING, id="NUL in the password"),
        pytest.param({"name": "a\0b"}, Reason.MALFORMED_CREDENTIALS, Answer.UNWILLING, id="NUL in the name"),
        pytest.param(
            {"password": b"x" * (MAX_PASSWORD + 1)}, Reason.MALFORMED_CREDENTIALS, Answer.UNWILLING, id="too long"
        ),
        pytest.param(
            {"name": "x" * (MAX_NAME + 1)}, Reason.MALFORMED_CREDENTIALS, Answer.UNWILLING, id="a name too long"
        ),
    ],
)
def test_a_request_that_cannot_be_looked_at_ends_before_the_directory(changes, reason, answer):
    assert read_form(request(**changes)) == FormFault(reason, answer)


def test_no_name_and_no_password_is_an_anonymous_bind_even_without_tls():
    assert read_form(request(name="", password=b"", tls=False)) is None


def test_a_client_that_may_send_plain_passwords_is_not_refused():
    assert read_form(request(policy=replace(POLICY, plaintext=True), tls=False)) == Credentials(b"right")


@pytest.mark.parametrize(
    ("typed", "password", "code"),
    [
        (b"right,123456", b"right", "123456"),
        (b"ri,ght,123456", b"ri,ght", "123456"),
        (b"ends,12345", b"ends,12345", ""),
        (b"ends,1234567", b"ends,1234567", ""),
        (b"ends,12a456", b"ends,12a456", ""),
        ("ends,\N{ARABIC-INDIC DIGIT ONE}23456".encode(), "ends,\N{ARABIC-INDIC DIGIT ONE}23456".encode(), ""),
        (b"no code,", b"no code,", ""),
        (b"123456", b"123456", ""),
    ],
)
def test_the_code_is_what_follows_the_last_separator_if_it_is_digits_of_the_right_number(typed, password, code):
    assert read_form(request(password=typed)) == Credentials(password, code)


def test_nothing_is_split_where_the_client_has_no_appended_codes():
    assert read_form(request(policy=replace(POLICY, separator=""), password=b"a,123456")) == Credentials(b"a,123456")


def test_neither_password_nor_code_shows_in_a_repr():
    shown = repr(read_form(request(password=b"hunter2,123456"))) + repr(request(password=b"hunter2"))
    assert "hunter2" not in shown
    assert "123456" not in shown
