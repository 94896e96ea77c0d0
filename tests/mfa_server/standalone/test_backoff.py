"""Restarts: at once after the first death, slower while it goes on, anew after a long life."""

from mfa_server.standalone.backoff import Backoff


def test_waits_double_up_to_half_a_minute() -> None:
    backoff, waits = Backoff(), []
    for _ in range(10):
        backoff = backoff.died(0.1)
        waits.append(backoff.wait_seconds)
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_a_long_life_forgives() -> None:
    backoff = Backoff(deaths=8).died(30.0)
    assert backoff == Backoff(deaths=1)


def test_nothing_died_nothing_waits() -> None:
    assert Backoff().wait_seconds == 0.0


def test_deaths_without_end_do_not_overflow() -> None:
    assert Backoff(deaths=10_000).wait_seconds == 30.0
