"""The base of all errors."""

from mfa_server.errors import MfaError


def test_an_error_says_what_happened_and_what_to_do():
    error = MfaError("the door is shut", hint="open it")
    assert (str(error), error.message, error.hint, error.code) == (
        "the door is shut; open it",
        "the door is shut",
        "open it",
        "error",
    )


def test_an_error_without_a_hint_is_its_message_and_a_code_may_be_given():
    error = MfaError("the door is shut", code="doorShut")
    assert (str(error), error.code) == ("the door is shut", "doorShut")
