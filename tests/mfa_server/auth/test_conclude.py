"""The finishing statement: what is counted, consumed and kept at each end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mfa_server.auth.conclude import conclude, refuse_after_race
from mfa_server.auth.decision import Answer, Decision
from mfa_server.auth.reasons import GRANTS, Reason
from mfa_server.auth.rules import decide
from mfa_server.store.records import CounterRule, FinishOutcome
from tests.support.clock import START
from tests.support.logons import ACCEPTED, CREDENTIAL, IDENTITY, POLICY, WRONG, attempt, challenge, request

MINUTES = timedelta(minutes=1)


def finish(reason: Reason, **changes):
    return conclude(attempt(**changes), decide(reason, IDENTITY), START)[1].finish


@pytest.mark.parametrize("outcome", [each for each in FinishOutcome if each is not FinishOutcome.GRANTED])
def test_a_grant_that_lost_a_race_is_a_refusal(outcome):
    assert refuse_after_race(outcome, Reason.FACTOR_COMPLETED) not in GRANTS


def test_a_kept_answer_that_an_identical_request_was_given_first_is_no_used_code():
    assert refuse_after_race(FinishOutcome.ALREADY_USED, Reason.REDELIVERED) is Reason.TAKEN_OVER
    assert refuse_after_race(FinishOutcome.ALREADY_USED, Reason.CODE_ACCEPTED) is Reason.CODE_ALREADY_USED


def test_a_wrong_password_is_counted_below_the_directorys_threshold():
    decision = Decision(Reason.WRONG_PASSWORD, Answer.DIRECTORY_ANSWER, identity=IDENTITY, verdict=WRONG)
    known = attempt(identity=replace(IDENTITY, lockout_threshold=6), verdict=WRONG)
    counted = conclude(known, decision, START)[1].finish.password_failure
    assert counted is not None
    assert (counted.credential, counted.rule) == (CREDENTIAL, CounterRule(4, 15 * MINUTES, 15 * MINUTES))


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        (Reason.CODE_WRONG, True),
        (Reason.FACTOR_DENIED, True),
        (Reason.CODE_ALREADY_USED, False),
        (Reason.FACTOR_EXPIRED, False),
        (Reason.USER_UNKNOWN, False),
    ],
)
def test_only_wrong_factors_count_as_wrong_factors(reason, counted):
    assert (finish(reason).factor_failure is not None) is counted


@pytest.mark.parametrize(
    ("reason", "asked", "counted"),
    [
        (Reason.FACTOR_EXPIRED, True, True),
        (Reason.GATEWAY_GONE, True, True),
        (Reason.GATEWAY_GONE, False, False),
        (Reason.CODE_SENT, False, True),
        (Reason.TAKE_OVER_LIMIT, False, True),
        (Reason.TAKEN_OVER, True, False),
        (Reason.FACTOR_DENIED, True, False),
    ],
)
def test_a_prompt_counts_as_unanswered_only_if_it_was_asked_and_nobody_answered(reason, asked, counted):
    assert (finish(reason, challenge=challenge() if asked else None).unanswered is not None) is counted


def test_the_row_the_epoch_and_the_audit_id_are_those_of_the_logon():
    taken = finish(Reason.FACTOR_COMPLETED, challenge=challenge(generation=3, epoch=9), verdict=ACCEPTED)
    assert (taken.attempt_id, taken.generation, taken.epoch) == (challenge().attempt_id, 3, 9)
    assert taken.audit.event_id == attempt().logon_id
    assert taken.password_correct


def test_only_a_completed_factor_is_kept_for_a_gateway_that_is_away():
    for reason in (Reason.CODE_ACCEPTED, Reason.REDELIVERED, Reason.USER_UNKNOWN_ALLOWED):
        step = conclude(attempt(), decide(reason, IDENTITY), START, waiter_gone=True)[1]
        assert step.finish.redelivery_made is None
    several = attempt(request=request(policy=replace(POLICY, answers_per_approval=2)))
    kept = conclude(several, decide(Reason.FACTOR_COMPLETED, IDENTITY), START)[1].finish.redelivery_made
    assert kept is not None
    assert (kept.uses, kept.expires_at, kept.client) == (1, START + POLICY.redelivery_window, POLICY.client)
