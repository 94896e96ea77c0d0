"""Codes in text messages: made, worded, read back, compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.clock import SystemRandomness
from mfa_server.factors.text_message import TextMode, code_fits, code_hash, make_code, normalise_reply, render

__all__: list[str] = []

KEY = bytes(range(32))


@pytest.mark.parametrize("digits", [4, 6, 10])
def test_a_code_has_the_digits_asked_for(digits: int) -> None:
    code = make_code(SystemRandomness(), digits)
    assert len(code) == digits
    assert code.isdecimal()


@pytest.mark.parametrize("digits", [3, 11])
def test_a_code_too_short_or_too_long_is_refused(digits: int) -> None:
    with pytest.raises(ValueError, match=f"a code has 4 to 10 digits, not {digits}"):
        make_code(SystemRandomness(), digits)


@pytest.mark.parametrize(
    ("mode", "locale", "body"),
    [
        (TextMode.TWO_WAY, "en", "Gateway: reply with 123456 to sign in"),
        (TextMode.ONE_WAY, "en", "Gateway: your code is 123456; type it after your password"),
        (TextMode.TWO_WAY, "en-GB", "Gateway: reply with 123456 to sign in"),
        (TextMode.TWO_WAY, "xx", "Gateway: reply with 123456 to sign in"),
        (TextMode.TWO_WAY, "", "Gateway: reply with 123456 to sign in"),
    ],
)
def test_the_message_says_what_to_do(mode: TextMode, locale: str, body: str) -> None:
    assert render("Gateway", "123456", mode, locale) == body


def test_braces_in_an_application_name_stay_braces() -> None:
    assert render("{code}", "123456", TextMode.TWO_WAY) == "{code}: reply with 123456 to sign in"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("123.456.\n", "123456"),
        ('"123456"', "123456"),
        ("123\u00a0456", "123456"),
        ("１２３４５６", "123456"),
        ("١٢٣٤٥٦", "123456"),
        ("my code is 123456", ""),
        ("yes", ""),
        ("", ""),
        ("²³", "23"),
        ("1" * 65, ""),
    ],
)
def test_a_reply_is_read_as_it_was_meant(reply: str, code: str) -> None:
    assert normalise_reply(reply) == code


@given(st.text())
def test_a_reply_is_ascii_digits_or_nothing(reply: str) -> None:
    read = normalise_reply(reply)
    assert all(character in "0123456789" for character in read)
    assert normalise_reply(read) == read


def test_a_code_fits_its_own_hash_in_its_own_context() -> None:
    assert code_fits(KEY, "attempt-1", "123456", code_hash(KEY, "attempt-1", "123456"))


@pytest.mark.parametrize(
    ("key", "context", "code"),
    [
        (KEY, "attempt-1", "123457"),
        (KEY, "attempt-2", "123456"),
        (KEY, "attempt-11", "23456"),
        (bytes(32), "attempt-1", "123456"),
        (KEY, "attempt-1", ""),
    ],
)
def test_another_code_context_or_key_does_not_fit(key: bytes, context: str, code: str) -> None:
    assert not code_fits(key, context, code, code_hash(KEY, "attempt-1", "123456"))


def test_an_empty_code_never_fits_not_even_its_own_hash() -> None:
    assert not code_fits(KEY, "attempt-1", "", code_hash(KEY, "attempt-1", ""))
    assert not code_fits(KEY, "attempt-1", "123456", b"")


@given(st.text(), st.text(), st.text(), st.text())
def test_hashes_meet_only_where_context_and_code_do(context: str, code: str, context2: str, code2: str) -> None:
    same = (context, code) == (context2, code2)
    assert (code_hash(KEY, context, code) == code_hash(KEY, context2, code2)) is same
