"""Lock-out: below the directory's threshold, delay first, lock last."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mfa_server.auth.attempt import LockoutPolicy
from mfa_server.auth.lockout import check_delay, check_lockout, factor_rule, is_repeat, password_rule, retry_delay
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
