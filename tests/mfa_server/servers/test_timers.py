"""The wheel of deadlines under a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mfa_server.servers.timers import TimerWheel
from tests.support.clock import ManualClock


class Entry:
    def __init__(self) -> None:
        self.timer_slot: int | None = None
        self.fired = 0

    def timed_out(self) -> None:
        self.fired += 1


@pytest.fixture
def wheel(clock: ManualClock) -> TimerWheel:
    return TimerWheel(clock)


@given(seconds=st.floats(0, 1000), resolution=st.sampled_from([0.25, 1.0, 5.0]), start=st.floats(0, 10))
def test_a_deadline_is_never_early_and_at_most_one_resolution_late(
    seconds: float, resolution: float, start: float
) -> None:
    clock = ManualClock()
    clock.advance(start)
    wheel, entry = TimerWheel(clock, resolution), Entry()
    wheel.set(entry, seconds)
    clock.advance(max(0.0, seconds - 0.001))
    wheel.tick()
    assert entry.fired == 0
    clock.advance(resolution + 0.002)
    wheel.tick()
    assert entry.fired == 1
    assert (len(wheel), entry.timer_slot) == (0, None)


def test_setting_again_replaces_the_deadline(wheel: TimerWheel, clock: ManualClock) -> None:
    entry = Entry()
    wheel.set(entry, 5)
    wheel.set(entry, 50)
    clock.advance(10)
    wheel.tick()
    assert (entry.fired, len(wheel)) == (0, 1)


def test_tightening_only_ever_shortens(wheel: TimerWheel, clock: ManualClock) -> None:
    entry = Entry()
    wheel.tighten(entry, 10)
    wheel.tighten(entry, 100)
    clock.advance(5)
    wheel.tighten(entry, 10)
    clock.advance(6)
    wheel.tick()
    assert entry.fired == 1


def test_a_cleared_deadline_does_not_fire(wheel: TimerWheel, clock: ManualClock) -> None:
    entry = Entry()
    wheel.set(entry, 5)
    wheel.clear(entry)
    wheel.clear(entry)
    clock.advance(10)
    wheel.tick()
    assert (entry.fired, len(wheel)) == (0, 0)


def test_one_that_times_out_may_clear_another_of_the_same_moment(wheel: TimerWheel, clock: ManualClock) -> None:
    class Clearing(Entry):
        other: Entry

        @override
        def timed_out(self) -> None:
            super().timed_out()
            wheel.clear(self.other)

    one, two = Clearing(), Clearing()
    one.other, two.other = two, one
    wheel.set(one, 5)
    wheel.set(two, 5)
    clock.advance(10)
    wheel.tick()
    assert one.fired + two.fired == 1


def test_one_that_times_out_may_set_a_new_deadline(wheel: TimerWheel, clock: ManualClock) -> None:
    class Again(Entry):
        @override
        def timed_out(self) -> None:
            super().timed_out()
            wheel.set(self, 5)

    entry = Again()
    wheel.set(entry, 5)
    for _ in range(3):
        clock.advance(7)
        wheel.tick()
    assert entry.fired == 3
