"""Values that cross the ports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.auth.ports import PasswordVerdict, Question, TextMessage


@pytest.mark.parametrize(
    ("diagnostic", "code"),
    [
        ("80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e, v4563", "52e"),
        ("80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 773, v4563\x00", "773"),
        ("error, data 52E", "52e"),
        ("Invalid credentials", ""),
        ("", ""),
        ("no data 52e here", ""),
    ],
)
def test_the_sub_code_is_read_out_of_the_directorys_text(diagnostic, code):
    assert PasswordVerdict(accepted=False, code=49, diagnostic=diagnostic).sub_code == code


@given(st.text())
def test_any_text_has_a_sub_code_or_none(diagnostic):
    assert isinstance(PasswordVerdict(accepted=False, diagnostic=diagnostic).sub_code, str)


def test_a_message_shows_no_body():
    message = TextMessage("+441632960001", "reply with 123456")
    assert "123456" not in repr(message)
    assert "secret hash" not in repr(Question(b"secret hash", message))
