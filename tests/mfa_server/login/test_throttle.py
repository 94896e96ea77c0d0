"""The throttle of service accounts."""

import pytest

from mfa_server.login.throttle import MAX_ACCOUNTS, ServiceThrottle


@pytest.mark.parametrize(("failures", "wait"), [(1, 1), (2, 2), (3, 4), (10, 60)])
def test_each_failure_doubles_the_wait_up_to_a_minute(failures, wait):
    throttle = ServiceThrottle()
    for _ in range(failures):
        throttle.failed("svc", 100.0)
    assert throttle.throttled("svc", 100.0 + wait - 0.1)
    assert not throttle.throttled("svc", 100.0 + wait)


def test_a_success_forgets_and_others_are_not_touched():
    throttle = ServiceThrottle()
    throttle.failed("svc", 100.0)
    assert not throttle.throttled("other", 100.0)
    throttle.succeeded("svc")
    assert not throttle.throttled("svc", 100.0)


def test_it_does_not_grow_without_bound():
    throttle = ServiceThrottle()
    for number in range(MAX_ACCOUNTS + 5):
        throttle.failed(str(number), 0.0)
    assert len(throttle._failures) <= MAX_ACCOUNTS
