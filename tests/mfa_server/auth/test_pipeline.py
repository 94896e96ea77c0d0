"""The order of a logon, event by event. Each test is one way through."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.auth import events as ev
from mfa_server.auth.attempt import Mismatch, UserRules
from mfa_server.auth.decision import Answer, Role
from mfa_server.auth.pipeline import advance
from mfa_server.auth.ports import CodeOutcome, CodeVerdict, PasswordVerdict
from mfa_server.auth.reasons import GRANTS, Reason
from mfa_server.auth.state import Attempt
from mfa_server.store.records import (
    FinishOutcome,
    PromptOutcome,
    Redelivery,
    TakeOverOutcome,
    Token,
    TokenUse,
    UserState,
)
from tests.support.clock import START
from tests.support.logons import (
    ACCEPTED,
    ANNA,
    CREDENTIAL,
    IDENTITY,
    POLICY,
    WRONG,
    attempt,
    challenge,
    request,
    snapshot,
)

SECOND = timedelta(seconds=1)
MUST_CHANGE = PasswordVerdict(accepted=False, code=49, diagnostic="error, data 773, v4563")


def fresh(**changes) -> Attempt:
    return Attempt(UUID(int=1), "mfa-0/a", START, request(**changes))


def ends(attempt_now: Attempt, event: ev.Event) -> ev.Conclude:
    _, step = advance(attempt_now, event, START)
    assert isinstance(step, ev.Conclude), step
    return step


def replies(attempt_now: Attempt, event: ev.Event) -> ev.Reply:
    _, step = advance(attempt_now, event, START)
    assert isinstance(step, ev.Reply), step
    return step


def test_an_anonymous_bind_is_answered_and_may_read_the_root_dse():
    step = replies(fresh(name="", password=b""), ev.Arrived())
    assert (step.decision.reason, step.decision.role) == (Reason.ANONYMOUS, Role.ANONYMOUS)


def test_a_faulty_form_never_reaches_the_directory():
    step = replies(fresh(password=b""), ev.Arrived())
    assert (step.decision.reason, step.decision.answer) == (Reason.EMPTY_PASSWORD, Answer.UNWILLING)
    assert step.audit


def test_the_name_is_resolved_before_anything_else():
    assert advance(fresh(), ev.Arrived(), START)[1] == ev.Resolve(IDENTITY.dn)


def test_a_name_that_is_not_exactly_one_entry_is_refused_without_a_bind():
    step = replies(fresh(), ev.IdentityRead(None))
    assert (step.decision.reason, step.decision.answer) == (Reason.IDENTITY_NOT_FOUND, Answer.INVALID_CREDENTIALS)


def test_a_person_is_looked_up_in_the_store_before_the_bind():
    assert advance(fresh(), ev.IdentityRead(IDENTITY), START)[1] == ev.Begin(IDENTITY)


def test_a_person_cannot_bind_before_the_service_account_where_the_client_says_so():
    strict = replace(POLICY, service_bind_first=True)
    assert replies(fresh(policy=strict), ev.IdentityRead(IDENTITY)).decision.reason is Reason.NO_SERVICE_BIND_FIRST
    _, step = advance(fresh(policy=strict, service_bound=True), ev.IdentityRead(IDENTITY), START)
    assert isinstance(step, ev.Begin)


def test_a_service_account_gets_one_bind_and_no_second_factor():
    known, step = advance(fresh(), ev.IdentityRead(IDENTITY, service=True), START)
    assert step == ev.CheckPassword(IDENTITY.dn)
    decision = replies(known, ev.PasswordChecked(ACCEPTED)).decision
    assert (decision.reason, decision.role) == (Reason.SERVICE_ACCOUNT, Role.SERVICE)


def test_a_service_account_that_was_searched_for_like_a_person_is_refused_without_a_bind():
    typed = fresh(searched_services=frozenset({IDENTITY.dn_key}))
    step = replies(typed, ev.IdentityRead(IDENTITY, service=True))
    assert step.decision.reason is Reason.SERVICE_ACCOUNT_INTERACTIVE
    assert step.audit


def test_a_service_account_with_a_wrong_password_gets_the_directorys_answer_and_is_not_locked():
    known, _ = advance(fresh(), ev.IdentityRead(IDENTITY, service=True), START)
    decision = replies(known, ev.PasswordChecked(WRONG)).decision
    assert (decision.answer, decision.verdict) == (Answer.DIRECTORY_ANSWER, WRONG)


def test_a_throttled_service_account_is_refused_without_a_bind():
    step = replies(fresh(), ev.IdentityRead(IDENTITY, service=True, throttled=True))
    assert step.decision.reason is Reason.SERVICE_ACCOUNT_THROTTLED


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"blocked_until": START + SECOND}, Reason.BLOCKED),
        ({"password_locked_until": START + SECOND}, Reason.PASSWORD_LOCKED),
        ({"factor_locked_until": START + SECOND}, Reason.FACTOR_LOCKED),
        ({"password_last": START, "password_failures": 1, "wrong_credential": b"another"}, Reason.TOO_SOON),
    ],
)
def test_blocked_locked_and_hasty_people_are_refused_without_a_bind(state, reason):
    known = snapshot(state=UserState(ANNA.user_id, **state))
    step = ends(attempt(snapshot=None, begun=False), ev.Begun(known, CREDENTIAL))
    assert (step.decision.reason, step.decision.answer) == (reason, Answer.INVALID_CREDENTIALS)
    assert step.finish.password_failure is None


def test_the_same_wrong_password_within_seconds_gets_the_same_answer_without_a_bind():
    state = UserState(
        ANNA.user_id,
        password_last=START,
        wrong_at=START,
        password_failures=1,
        wrong_credential=CREDENTIAL,
        wrong_code=49,
        wrong_diagnostic=WRONG.diagnostic,
    )
    step = ends(attempt(), ev.Begun(snapshot(state=state), CREDENTIAL))
    assert step.decision.reason is Reason.REPEATED_WRONG_PASSWORD
    assert step.decision.verdict == WRONG
    assert step.finish.password_failure is None


def test_an_identical_request_takes_the_open_challenge_over_without_a_bind():
    opened = challenge()
    known, step = advance(attempt(), ev.Begun(snapshot(challenges=(opened,)), CREDENTIAL), START)
    assert step == ev.Takeover(opened)
    taken = replace(opened, owner="mfa-0/a", generation=3, takeovers=1)
    known, step = advance(known, ev.TakeoverDone(TakeOverOutcome.TAKEN, taken), START)
    assert step == ev.Wait(opened.attempt_id, 3, opened.expires_at)
    done = ends(known, ev.PersonAnswered(ev.AnswerIn.APPROVED, client_current=True, waiter_gone=False))
    assert (done.finish.attempt_id, done.finish.generation, done.finish.granted) == (opened.attempt_id, 3, True)
    assert done.finish.audit.event_id == known.logon_id


def test_a_challenge_taken_over_too_often_is_void_and_alerts():
    known, _ = advance(attempt(), ev.Begun(snapshot(challenges=(challenge(),)), CREDENTIAL), START)
    step = ends(known, ev.TakeoverDone(TakeOverOutcome.VOIDED, None))
    assert step.decision.reason is Reason.TAKE_OVER_LIMIT
    assert step.finish.audit.alert


def test_a_challenge_that_ended_meanwhile_makes_the_state_be_read_again_but_not_for_ever():
    opened = snapshot(challenges=(challenge(),))
    known, _ = advance(attempt(), ev.Begun(opened, CREDENTIAL), START)
    known, step = advance(known, ev.TakeoverDone(TakeOverOutcome.GONE, None), START)
    assert step == ev.Begin(IDENTITY)
    known, step = advance(known, ev.Begun(opened, CREDENTIAL), START)
    assert isinstance(step, ev.Takeover)
    assert ends(known, ev.TakeoverDone(TakeOverOutcome.GONE, None)).decision.reason is Reason.TAKEN_OVER


def test_otherwise_the_directory_is_asked_once():
    assert advance(attempt(), ev.Begun(snapshot(), CREDENTIAL), START)[1] == ev.CheckPassword(IDENTITY.dn)


def test_a_wrong_password_is_passed_through_unchanged_and_counted():
    step = ends(attempt(), ev.PasswordChecked(WRONG))
    assert (step.decision.answer, step.decision.verdict) == (Answer.DIRECTORY_ANSWER, WRONG)
    counted = step.finish.password_failure
    assert counted is not None
    assert (counted.credential, counted.code, counted.diagnostic) == (CREDENTIAL, 49, WRONG.diagnostic)


def test_a_password_that_must_be_changed_is_passed_through_unchanged_and_not_counted():
    step = ends(attempt(), ev.PasswordChecked(MUST_CHANGE))
    assert (step.decision.reason, step.decision.verdict) == (Reason.DIRECTORY_REFUSED, MUST_CHANGE)
    assert step.finish.password_failure is None


def test_a_directory_that_does_not_answer_lets_nobody_in():
    step = ends(attempt(), ev.Failed(Reason.DIRECTORY_UNAVAILABLE))
    assert (step.decision.granted, step.decision.answer) == (False, Answer.UNAVAILABLE)


@pytest.mark.parametrize(
    ("user", "rules", "reason"),
    [
        (None, UserRules(), Reason.USER_UNKNOWN),
        (None, UserRules(unknown=Mismatch.PASSWORD_ONLY), Reason.USER_UNKNOWN_ALLOWED),
        (replace(ANNA, enabled=False), UserRules(), Reason.USER_DISABLED),
    ],
)
def test_people_without_a_record_meet_the_rule_for_them_only_after_a_right_password(user, rules, reason):
    known = attempt(request=request(policy=replace(POLICY, users=rules)), snapshot=snapshot(user=user))
    step = ends(known, ev.PasswordChecked(ACCEPTED))
    assert (step.decision.reason, step.decision.granted) == (reason, reason in GRANTS)


def typed(**changes) -> Attempt:
    from mfa_server.auth.form import Credentials  # noqa: PLC0415 - one place

    return attempt(credentials=Credentials(b"right", "123456"), **changes)


def test_a_typed_code_decides_alone_and_uses_up_no_exemption():
    kept = Redelivery(UUID(int=5), ANNA.user_id, POLICY.client, CREDENTIAL, epoch=4, expires_at=START + SECOND)
    known, step = advance(typed(snapshot=snapshot(redeliveries=(kept,))), ev.PasswordChecked(ACCEPTED), START)
    assert step == ev.VerifyCode("123456")
    wrong = ends(known, ev.CodeChecked(CodeVerdict(CodeOutcome.WRONG)))
    assert wrong.decision.reason is Reason.CODE_WRONG
    assert wrong.finish.factor_failure is not None
    assert wrong.finish.redelivery_used is None


def test_an_accepted_code_is_consumed_by_the_finishing_statement():
    use = TokenUse(UUID(int=3), 77)
    verdict = CodeVerdict(CodeOutcome.ACCEPTED, "OathToken", token_use=use)
    known, step = advance(typed(verdict=ACCEPTED), ev.CodeChecked(verdict), START)
    assert isinstance(step, ev.Conclude)
    assert (step.finish.granted, step.finish.token_use, step.finish.epoch) == (True, use, 4)
    assert step.finish.audit.method == "OathToken"
    lost = ends(known, ev.Finished(FinishOutcome.ALREADY_USED))
    assert lost.decision.reason is Reason.CODE_ALREADY_USED


def test_a_code_used_before_is_refused_but_does_not_lock_its_owner_out():
    step = ends(typed(verdict=ACCEPTED), ev.CodeChecked(CodeVerdict(CodeOutcome.USED)))
    assert step.decision.reason is Reason.CODE_ALREADY_USED
    assert step.finish.factor_failure is None


def test_an_undelivered_approval_is_given_once_more_after_a_fresh_bind():
    kept = Redelivery(UUID(int=5), ANNA.user_id, POLICY.client, CREDENTIAL, epoch=4, expires_at=START + SECOND)
    step = ends(attempt(snapshot=snapshot(redeliveries=(kept,))), ev.PasswordChecked(ACCEPTED))
    assert (step.decision.reason, step.finish.redelivery_used) == (Reason.REDELIVERED, kept.redelivery_id)


def test_two_way_text_opens_a_challenge_and_waits():
    known, step = advance(attempt(), ev.PasswordChecked(ACCEPTED), START)
    assert step == ev.SendPrompt(known.method, START + POLICY.deadline)
    opened = challenge(attempt_id=known.logon_id, owner="mfa-0/a", generation=0)
    assert advance(known, ev.Prompted(PromptOutcome.OPENED, opened), START)[1] == ev.Wait(
        known.logon_id, 0, opened.expires_at
    )


def test_one_way_text_is_sent_and_the_bind_is_refused_at_once_with_no_open_prompt():
    one_way = attempt(request=request(policy=replace(POLICY, text_mode="OneWay")))
    known, step = advance(one_way, ev.PasswordChecked(ACCEPTED), START)
    assert step == ev.SendCode(known.method, START + POLICY.code_lifetime)
    done = ends(known, ev.Ended(Reason.CODE_SENT))
    assert (done.decision.answer, done.finish.granted) == (Answer.INVALID_CREDENTIALS, False)
    assert done.finish.unanswered is not None


def test_somebody_with_a_token_who_typed_no_code_is_refused():
    user = replace(ANNA, method="OathToken")
    known = attempt(snapshot=snapshot(user=user, tokens=(Token(UUID(int=3), ANNA.user_id, b"sealed"),)))
    assert ends(known, ev.PasswordChecked(ACCEPTED)).decision.reason is Reason.NO_USABLE_METHOD


def test_a_second_sign_in_while_one_waits_is_refused():
    other = snapshot(challenges=(challenge(client="mfa/other"),))
    assert ends(attempt(snapshot=other), ev.PasswordChecked(ACCEPTED)).decision.reason is Reason.PROMPT_OPEN


def test_identical_requests_that_race_to_the_prompt_become_one():
    known, _ = advance(attempt(), ev.PasswordChecked(ACCEPTED), START)
    rival = challenge()
    known, step = advance(known, ev.Prompted(PromptOutcome.OCCUPIED, rival), START)
    assert step == ev.Takeover(rival)
    stranger = challenge(client="mfa/other")
    assert ends(known, ev.Prompted(PromptOutcome.OCCUPIED, stranger)).decision.reason is Reason.PROMPT_OPEN


def waiting() -> Attempt:
    known, _ = advance(attempt(verdict=ACCEPTED), ev.PasswordChecked(ACCEPTED), START)
    opened = challenge(attempt_id=known.logon_id, owner="mfa-0/a", generation=0)
    known, _ = advance(known, ev.Prompted(PromptOutcome.OPENED, opened), START)
    return known.slim()


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (ev.PersonAnswered(ev.AnswerIn.DENIED, client_current=True, waiter_gone=False), Reason.FACTOR_DENIED),
        (ev.PersonAnswered(ev.AnswerIn.FRAUD, client_current=True, waiter_gone=False), Reason.FRAUD_REPORTED),
        (ev.PersonAnswered(ev.AnswerIn.APPROVED, client_current=False, waiter_gone=False), Reason.CLIENT_CHANGED),
        (ev.Ended(Reason.FACTOR_EXPIRED), Reason.FACTOR_EXPIRED),
        (ev.Ended(Reason.GATEWAY_GONE), Reason.GATEWAY_GONE),
        (ev.Ended(Reason.TAKEN_OVER), Reason.TAKEN_OVER),
    ],
)
def test_anything_but_an_approval_refuses_without_a_sub_code(event, reason):
    step = ends(waiting(), event)
    assert (step.decision.reason, step.decision.answer) == (reason, Answer.INVALID_CREDENTIALS)
    assert step.decision.verdict is None


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (FinishOutcome.GONE, Reason.TAKEN_OVER),
        (FinishOutcome.EXPIRED, Reason.FACTOR_EXPIRED),
        (FinishOutcome.EPOCH_CHANGED, Reason.EPOCH_CHANGED),
        (FinishOutcome.ALREADY_USED, Reason.CODE_ALREADY_USED),
    ],
)
def test_an_approval_that_the_store_does_not_agree_to_is_a_refusal(outcome, reason):
    approved = ev.PersonAnswered(ev.AnswerIn.APPROVED, client_current=True, waiter_gone=False)
    known, step = advance(waiting(), approved, START)
    assert isinstance(step, ev.Conclude)
    refused = ends(known, ev.Finished(outcome))
    assert (refused.decision.reason, refused.finish.granted) == (reason, False)
    assert advance(known, ev.Finished(FinishOutcome.GRANTED), START)[1] == ev.Reply(step.decision)


@pytest.mark.parametrize(("answers", "gone", "uses"), [(1, False, None), (1, True, 1), (3, False, 2), (2, True, 2)])
def test_an_approval_is_kept_for_a_gateway_that_is_away_or_binds_again(answers, gone, uses):
    known = replace(waiting(), request=request(policy=replace(POLICY, answers_per_approval=answers)))
    made = ends(
        known, ev.PersonAnswered(ev.AnswerIn.APPROVED, client_current=True, waiter_gone=gone)
    ).finish.redelivery_made
    assert (made.uses if made else None) == uses


def test_a_waiting_logon_keeps_neither_password_nor_snapshot():
    known = waiting()
    assert known.request.password == b""
    assert known.credentials.password == b""
    assert known.snapshot is None
    assert known.epoch == 4


EVENTS = st.one_of(
    st.just(ev.Arrived()),
    st.builds(ev.IdentityRead, st.sampled_from([None, IDENTITY]), st.booleans(), st.booleans()),
    st.builds(
        ev.Begun,
        st.sampled_from([snapshot(), snapshot(user=None), snapshot(challenges=(challenge(),))]),
        st.just(CREDENTIAL),
    ),
    st.builds(ev.PasswordChecked, st.sampled_from([WRONG, MUST_CHANGE])),
    st.builds(ev.Prompted, st.sampled_from(PromptOutcome), st.sampled_from([None, challenge()])),
    st.builds(ev.TakeoverDone, st.sampled_from(TakeOverOutcome), st.sampled_from([None, challenge()])),
    st.builds(
        ev.PersonAnswered, st.sampled_from([ev.AnswerIn.DENIED, ev.AnswerIn.FRAUD]), st.booleans(), st.booleans()
    ),
    st.builds(ev.Ended, st.sampled_from([r for r in Reason if r not in GRANTS])),
    st.builds(ev.Failed, st.sampled_from([r for r in Reason if r not in GRANTS])),
    st.builds(ev.Finished, st.sampled_from(FinishOutcome)),
)


@given(st.lists(EVENTS, max_size=8))
def test_no_interleaving_of_events_without_a_right_password_and_an_approval_lets_anybody_in(events):
    known = fresh()
    for event in events:
        known, step = advance(known, event, START)
        if isinstance(step, ev.Reply | ev.Conclude):
            assert not step.decision.granted
