"""Counting: tables for what counts, properties for what never happens."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from mfa_server.store.counters import after_finish, unlocked
from mfa_server.store.records import CounterRule, Finish, UserState
from tests.conformance.store_values import ANNA, NOW, RULE, finish, seconds, wrong_password

FRESH = UserState(ANNA)


def refused(**fields: Any) -> Finish:
    return finish(uuid4(), **{"granted": False, **fields})


def run(*ends: Finish, state: UserState = FRESH) -> UserState:
    for end in ends:
        state = after_finish(state, end)
    return state


def test_a_refusal_without_a_failure_changes_nothing() -> None:
    assert after_finish(FRESH, refused()) is FRESH
    assert after_finish(FRESH, refused(password_correct=True)) is FRESH


def test_the_last_moment_of_the_window_belongs_to_it() -> None:
    first, last = refused(factor_failure=RULE), refused(factor_failure=RULE, now=NOW + RULE.within)
    after = refused(factor_failure=RULE, now=NOW + RULE.within + timedelta(microseconds=1))
    assert run(first, last).factor_failures == 2
    assert run(first, after).factor_failures == 1


def test_a_limit_of_one_locks_at_once() -> None:
    rule = CounterRule(1, seconds(60), seconds(30))
    state = run(refused(password_failure=wrong_password(rule=rule)))
    assert (state.password_failures, state.password_locked_until) == (0, NOW + seconds(30))


def test_different_passwords_in_turn_all_count() -> None:
    ends = [
        refused(password_failure=wrong_password(bytes([n % 2]), rule=CounterRule(99, seconds(60), seconds(60))))
        for n in range(6)
    ]
    assert run(*ends).password_failures == 6


def test_the_same_password_counts_again_after_a_right_one() -> None:
    wrong = refused(password_failure=wrong_password())
    assert run(wrong, refused(password_correct=True), wrong).password_failures == 1


def test_a_repeat_after_the_lock_does_not_count_either() -> None:
    ends = [refused(password_failure=wrong_password(bytes([n]))) for n in range(RULE.limit)]
    state = run(*ends)
    again = run(ends[-1], state=state)
    assert (again.password_failures, again.password_locked_until) == (0, state.password_locked_until)


def test_a_grant_keeps_the_password_counter_unless_the_password_was_right() -> None:
    state = run(refused(password_failure=wrong_password(), factor_failure=RULE, unanswered=RULE))
    granted = run(finish(uuid4()), state=state)
    assert (granted.password_failures, granted.factor_failures, granted.unanswered) == (1, 0, 0)
    assert run(finish(uuid4(), password_correct=True), state=state).password_failures == 0


def test_a_failure_named_in_a_grant_is_not_counted() -> None:
    state = run(finish(uuid4(), factor_failure=RULE, password_failure=wrong_password(), unanswered=RULE))
    assert state == UserState(ANNA, last_logon=NOW)


def test_unlocking_keeps_the_epoch_and_the_last_logon_only() -> None:
    state = run(
        finish(uuid4()), *[refused(factor_failure=RULE, unanswered=RULE, password_failure=wrong_password())] * 5
    )
    assert unlocked(state) == UserState(ANNA, last_logon=NOW)


ENDS = st.builds(
    lambda offset, granted, correct, password, factor, unanswered: finish(
        uuid4(),
        now=NOW + seconds(offset),
        granted=granted,
        password_correct=correct,
        password_failure=wrong_password(password) if password else None,
        factor_failure=RULE if factor else None,
        unanswered=RULE if unanswered else None,
    ),
    st.integers(-3600, 3600),
    st.booleans(),
    st.booleans(),
    st.sampled_from([b"", b"a", b"b"]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(ENDS, max_size=30))
def test_no_lock_is_ever_shortened_and_no_counter_reaches_its_limit(ends: list[Finish]) -> None:
    state = FRESH
    for end in ends:
        before, state = state, after_finish(state, end)
        for name in ("password_locked_until", "factor_locked_until", "prompts_paused_until", "last_logon"):
            old, new = getattr(before, name), getattr(state, name)
            assert old is None or new >= old
        for count in (state.password_failures, state.factor_failures, state.unanswered):
            assert 0 <= count < RULE.limit
        assert state.epoch == before.epoch
