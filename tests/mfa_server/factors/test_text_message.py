"""Codes in text messages: made, worded, read back, compared."""

import io
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.auth.attempt import ClientPolicy, Method
from mfa_server.auth.ports import CodeOutcome
from mfa_server.clock import SystemRandomness
from mfa_server.factors.text_message import (
    TextMessageFactor,
    TextMode,
    code_fits,
    code_hash,
    make_code,
    normalise_reply,
    render,
)
from mfa_server.notify import ConsoleProvider, TextNotifier
from mfa_server.store.records import SentCode, Snapshot, User, UserState
from tests.support.clock import ManualClock, ManualRandomness

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


NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ANNA = User("id-1", "anna", "cn=anna", phone="+441632960001")
POLICY = ClientPolicy("mfa/netscaler", "Gateway", code_digits=8)
ROW = UUID(int=1)


def _factor(stream: io.StringIO | None = None) -> TextMessageFactor:
    provider = ConsoleProvider("console", ManualClock(), stream or io.StringIO())
    return TextMessageFactor(TextNotifier([provider]), KEY, ManualRandomness())


def _code(body: str) -> str:
    found = re.search(r"\d+", body)
    assert found is not None
    return found[0]


def test_only_a_person_with_a_phone_can_be_asked() -> None:
    assert _factor().usable(ANNA)
    assert not _factor().usable(User("id-2", "bert", "cn=bert"))


async def test_a_two_way_question_is_sent_and_its_reply_matches() -> None:
    stream = io.StringIO()
    factor = _factor(stream)
    question = factor.question(ANNA, POLICY, "attempt-1", one_way=False)
    await factor.send(question)
    assert question.message.number == ANNA.phone
    assert question.message.body in stream.getvalue()
    code = _code(question.message.body)
    assert len(code) == 6
    assert factor.matches(f" {code[:3]} {code[3:]} ", question.code_hash, "attempt-1")
    assert not factor.matches(code, question.code_hash, "attempt-2")
    assert code not in repr(question)


def _sent(policy: ClientPolicy = POLICY, method: str = "TextMessage") -> tuple[TextMessageFactor, str, Snapshot]:
    factor = _factor()
    question = factor.question(ANNA, policy, str(ROW), one_way=True)
    row = SentCode(ROW, ANNA.user_id, policy.client, method, question.code_hash, 0, NOW + timedelta(minutes=5))
    return factor, _code(question.message.body), Snapshot(ANNA, UserState("id-1"), sent_codes=(row,))


def test_a_one_way_code_has_the_clients_length_and_is_accepted_when_typed() -> None:
    factor, code, snapshot = _sent()
    assert len(code) == 8
    verdict = factor.verify(code, snapshot, POLICY, NOW)
    assert (verdict.outcome, verdict.sent_code, verdict.method) == (CodeOutcome.ACCEPTED, ROW, "TextMessage")


def test_a_one_way_code_counts_at_its_client_in_its_time_and_by_its_method_only() -> None:
    factor, code, snapshot = _sent()
    other = ClientPolicy("mfa/vpn", "VPN", code_digits=8)
    tokens_only = ClientPolicy("mfa/netscaler", "Gateway", allowed_methods=frozenset({Method.OATH_TOKEN}))
    assert factor.verify(code, snapshot, other, NOW).outcome is CodeOutcome.WRONG
    assert factor.verify(code, snapshot, tokens_only, NOW).outcome is CodeOutcome.WRONG
    assert factor.verify(code, snapshot, POLICY, NOW + timedelta(minutes=5)).outcome is CodeOutcome.WRONG
    assert factor.verify("00000000", snapshot, POLICY, NOW).outcome is CodeOutcome.WRONG
    called, spoken, by_call = _sent(method="PhoneCall")
    assert called.verify(spoken, by_call, POLICY, NOW).outcome is CodeOutcome.WRONG
