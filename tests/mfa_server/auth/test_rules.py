"""The pipeline's single rules."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mfa_server.auth import rules
from mfa_server.auth.attempt import Method, Mismatch, UserRules
from mfa_server.auth.decision import Answer
from mfa_server.auth.form import Credentials
from mfa_server.auth.ports import PasswordVerdict
from mfa_server.auth.reasons import GRANTS, Reason, describe
from mfa_server.store.records import Redelivery, Token, UserState
from tests.support.clock import START
from tests.support.logons import ANNA, CREDENTIAL, IDENTITY, POLICY, WRONG, attempt, challenge, request, snapshot

SECOND = timedelta(seconds=1)
PASSWORD_ONLY = UserRules(Mismatch.PASSWORD_ONLY, Mismatch.PASSWORD_ONLY, Mismatch.PASSWORD_ONLY)
TOKEN = Token(UUID(int=3), ANNA.user_id, b"sealed")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_and_one_answer(reason):
    decision = rules.decide(reason, IDENTITY)
    assert describe(reason)
    assert decision.granted is (reason in GRANTS)
    assert (decision.answer is Answer.GRANTED) is decision.granted


@pytest.mark.parametrize(
    ("verdict", "reason", "answer"),
    [
        (WRONG, Reason.WRONG_PASSWORD, Answer.DIRECTORY_ANSWER),
        (PasswordVerdict(accepted=False, code=49), Reason.WRONG_PASSWORD, Answer.DIRECTORY_ANSWER),
        (
            PasswordVerdict(accepted=False, code=49, diagnostic="error, data 773, v1"),
            Reason.DIRECTORY_REFUSED,
            Answer.DIRECTORY_ANSWER,
        ),
        (
            PasswordVerdict(accepted=False, code=49, diagnostic="error, data 775, v1"),
            Reason.DIRECTORY_REFUSED,
            Answer.DIRECTORY_ANSWER,
        ),
        (PasswordVerdict(accepted=False, code=53), Reason.DIRECTORY_REFUSED, Answer.DIRECTORY_ANSWER),
        (PasswordVerdict(accepted=False, code=10), Reason.DIRECTORY_REFERRAL, Answer.UNAVAILABLE),
        (PasswordVerdict(accepted=False, code=51), Reason.DIRECTORY_UNAVAILABLE, Answer.UNAVAILABLE),
        (PasswordVerdict(accepted=False, code=52), Reason.DIRECTORY_UNAVAILABLE, Answer.UNAVAILABLE),
    ],
)
def test_the_directorys_refusal_is_read_by_its_codes(verdict, reason, answer):
    decision = rules.read_refusal(verdict, IDENTITY)
    assert (decision.reason, decision.answer) == (reason, answer)


@pytest.mark.parametrize(
    ("changes", "credentials", "same"),
    [
        pytest.param({}, Credentials(b"right"), True, id="identical"),
        pytest.param({"client": "mfa/other"}, Credentials(b"right"), False, id="another client"),
        pytest.param({"credential": b"other"}, Credentials(b"right"), False, id="another password"),
        pytest.param({"expires_at": START}, Credentials(b"right"), False, id="expired"),
        pytest.param(
            {"waiting": False, "abandoned_at": START - 9 * SECOND}, Credentials(b"right"), True, id="left 9 s"
        ),
        pytest.param(
            {"waiting": False, "abandoned_at": START - 10 * SECOND}, Credentials(b"right"), False, id="left 10 s"
        ),
        pytest.param({}, Credentials(b"right", "123456"), False, id="a typed code"),
    ],
)
def test_only_an_identical_request_goes_on_with_an_open_challenge(changes, credentials, same):
    found = rules.same_attempt(attempt(credentials=credentials), (challenge(**changes),), START)
    assert (found is not None) is same


@pytest.mark.parametrize(
    ("user", "users", "reason"),
    [
        (None, UserRules(), Reason.USER_UNKNOWN),
        (None, PASSWORD_ONLY, Reason.USER_UNKNOWN_ALLOWED),
        (replace(ANNA, enabled=False), UserRules(), Reason.USER_DISABLED),
        (replace(ANNA, enabled=False), PASSWORD_ONLY, Reason.USER_DISABLED_ALLOWED),
        (ANNA, UserRules(), None),
    ],
)
def test_the_user_record_decides_by_the_rule_for_it(user, users, reason):
    assert rules.check_user(user, replace(POLICY, users=users)) is reason


@pytest.mark.parametrize(
    ("user", "policy", "method"),
    [
        pytest.param({}, {}, Method.TEXT_MESSAGE, id="the default"),
        pytest.param({"phone": ""}, {}, None, id="no phone"),
        pytest.param({"method": "OathToken"}, {}, None, id="a token never asks, and no other method stands in for it"),
        pytest.param({"method": "PhoneCall"}, {}, None, id="a method that is not allowed"),
        pytest.param({}, {"allowed_methods": frozenset({Method.OATH_TOKEN})}, None, id="text is not allowed here"),
        pytest.param({}, {"text_mode": "OneWay"}, Method.TEXT_MESSAGE, id="one-way with appended codes"),
        pytest.param({}, {"text_mode": "OneWay", "separator": ""}, None, id="one-way with nowhere to type it"),
        pytest.param(
            {"text_message_mode": "TwoWay"},
            {"text_mode": "OneWay", "separator": ""},
            Method.TEXT_MESSAGE,
            id="the person's own mode wins",
        ),
    ],
)
def test_the_method_is_the_persons_own_or_the_default_and_must_be_able_to_ask(user, policy, method):
    assert rules.choose_method(replace(ANNA, **user), replace(POLICY, **policy)) is method


@pytest.mark.parametrize(
    ("user", "tokens", "reason"),
    [
        pytest.param({"phone": ""}, (), Reason.NO_METHOD_ALLOWED, id="somebody with nothing at all"),
        pytest.param(
            {"phone": ""}, (TOKEN,), Reason.NO_USABLE_METHOD, id="somebody with a token who left his code out"
        ),
        pytest.param({}, (), Reason.NO_USABLE_METHOD, id="somebody with a phone"),
    ],
)
def test_a_lenient_rule_for_people_without_a_method_lets_nobody_skip_the_one_he_has(user, tokens, reason):
    known = snapshot(user=replace(ANNA, **user), tokens=tokens)
    assert rules.without_method(known, replace(POLICY, users=PASSWORD_ONLY)) is reason
    assert rules.without_method(known, POLICY) is Reason.NO_USABLE_METHOD


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (snapshot(), None),
        (snapshot(state=UserState("u", prompts_paused_until=START + SECOND)), Reason.PROMPTS_PAUSED),
        (snapshot(state=UserState("u", prompts_paused_until=START)), None),
        (snapshot(challenges=(challenge(client="mfa/other"),)), Reason.PROMPT_OPEN),
        (snapshot(challenges=(challenge(expires_at=START),)), None),
    ],
)
def test_one_prompt_is_open_at_a_time_and_none_in_the_pause(known, reason):
    assert rules.check_prompts(known, START, POLICY) is reason


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"client": "mfa/other"}, False),
        ({"credential": b"other"}, False),
        ({"epoch": 3}, False),
        ({"uses": 0}, False),
        ({"expires_at": START}, False),
    ],
)
def test_an_undelivered_approval_serves_only_its_own_logon_and_epoch(changes, usable):
    kept = Redelivery(UUID(int=5), ANNA.user_id, POLICY.client, CREDENTIAL, epoch=4, expires_at=START + SECOND)
    known = attempt(snapshot=snapshot(redeliveries=(replace(kept, **changes),)))
    assert (rules.redelivery(known, START) is not None) is usable


def test_the_deadline_is_the_sooner_of_client_and_method():
    assert rules.challenge_deadline(attempt()) == START + POLICY.deadline
    sooner = replace(POLICY, text_timeout=20 * SECOND)
    assert rules.challenge_deadline(attempt(request=request(policy=sooner))) == START + 20 * SECOND
