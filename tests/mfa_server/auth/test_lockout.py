"""Lock-out: below the directory's threshold, delay first, lock last."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mfa_server.auth.attempt import LockoutPolicy
from mfa_server.auth.lockout import (
    check_delay,
    check_lockout,
    check_parallel,
    factor_rule,
    is_repeat,
    longest_repeat,
    password_rule,
    retry_delay,
)
from mfa_server.auth.reasons import Reason
from mfa_server.store.records import UserState
from tests.support.clock import START
from tests.support.logons import IDENTITY

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failures", "margin", "threshold", "limit"),
    [
        pytest.param(5, 2, 10, 5, id="our own limit where the directory's is far"),
        pytest.param(5, 2, 5, 3, id="the margin below the directory's threshold"),
        pytest.param(5, 2, 2, 1, id="at least one try"),
        pytest.param(5, 2, 1, 1, id="a directory that locks at once"),
        pytest.param(5, 2, 0, 5, id="a directory that locks nobody"),
        pytest.param(5, 2, None, 3, id="an unreadable threshold"),
        pytest.param(2, 2, None, 2, id="an unreadable threshold and a stricter policy"),
    ],
)
def test_the_password_limit_keeps_below_the_directory(failures, margin, threshold, limit):
    policy = LockoutPolicy(failures=failures, directory_margin=margin)
    assert password_rule(policy, replace(IDENTITY, lockout_threshold=threshold)).limit == limit


def test_factor_failures_count_by_the_policy_alone():
    assert factor_rule(LockoutPolicy(failures=7)).limit == 7


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (500, 60)])
def test_the_delay_doubles_up_to_a_minute(failures, seconds):
    assert retry_delay(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, None),
        ({"blocked_until": START + SECOND}, Reason.BLOCKED),
        ({"blocked_until": START}, None),
        ({"password_locked_until": START + SECOND}, Reason.PASSWORD_LOCKED),
        ({"factor_locked_until": START + SECOND}, Reason.FACTOR_LOCKED),
        ({"blocked_until": START + SECOND, "password_locked_until": START + SECOND}, Reason.BLOCKED),
    ],
)
def test_block_and_lock_hold_until_their_moment(state, reason):
    assert check_lockout(UserState("u", **state), START) is reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"password_last": START, "password_failures": 1}, Reason.TOO_SOON),
        ({"password_last": START - SECOND, "password_failures": 1}, None),
        ({"password_last": START - SECOND, "password_failures": 2}, Reason.TOO_SOON),
        ({"factor_last": START, "factor_failures": 1}, Reason.TOO_SOON),
        ({"factor_last": START, "factor_failures": 0}, None),
    ],
)
def test_a_try_right_after_a_failure_comes_too_soon(state, reason):
    assert check_delay(UserState("u", **state), START) is reason


@pytest.mark.parametrize(
    ("credential", "ago", "repeat"),
    [(b"same", 9, True), (b"same", 10, False), (b"other", 1, False), (b"", 1, False)],
)
def test_the_same_wrong_password_within_ten_seconds_is_a_repeat(credential, ago, repeat):
    state = UserState("u", wrong_credential=b"same", wrong_at=START - ago * SECOND)
    assert is_repeat(state, credential, START) is repeat


@pytest.mark.parametrize(
    ("going_on", "ago", "repeat"),
    [
        pytest.param(0, 10, False, id="the second bind may come after ten seconds"),
        pytest.param(10, 79, True, id="the third after eighty more"),
        pytest.param(10, 80, False, id="and not later"),
        pytest.param(700, 899, True, id="never later than wrong passwords are counted"),
        pytest.param(700, 900, False, id="at the longest"),
    ],
)
def test_the_longer_one_wrong_password_is_repeated_the_more_seldom_it_is_asked(going_on, ago, repeat):
    refused = START - ago * SECOND
    state = UserState("u", wrong_credential=b"same", wrong_at=refused, password_last=refused - going_on * SECOND)
    assert is_repeat(state, b"same", START, timedelta(minutes=15)) is repeat
    assert is_repeat(state, b"same", START) is (ago < 10)


@pytest.mark.parametrize(("threshold", "longest"), [(0, 10), (5, 900), (None, 900)])
def test_repeats_are_held_back_for_long_only_where_the_directory_locks(threshold, longest):
    assert longest_repeat(LockoutPolicy(), replace(IDENTITY, lockout_threshold=threshold)) == longest * SECOND


@pytest.mark.parametrize(
    ("failures", "in_check", "reason"),
    [(0, 0, None), (0, 4, None), (0, 5, Reason.TOO_SOON), (4, 1, Reason.TOO_SOON), (4, 0, None)],
)
def test_passwords_in_check_count_as_if_they_were_wrong(failures, in_check, reason):
    assert check_parallel(UserState("u", password_failures=failures), in_check, factor_rule(LockoutPolicy())) is reason
