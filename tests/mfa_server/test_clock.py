"""Time and randomness."""

from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mfa_server.clock import SystemClock, SystemRandomness, uuid7
from tests.support.clock import START, ManualClock, ManualRandomness


def test_the_machines_clock_is_aware_and_never_goes_back():
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


@given(st.integers(1, 12))
def test_random_digits_are_as_many_as_asked_for(count):
    digits = SystemRandomness().digits(count)
    assert len(digits) == count
    assert digits.isdecimal()
    assert len(SystemRandomness().token_bytes(count)) == count


def test_an_id_carries_its_time_its_version_and_its_variant():
    made = uuid7(ManualClock(), ManualRandomness())
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(START.timestamp() * 1000)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_ids_made_later_sort_later_and_are_different(milliseconds):
    clock, randomness = ManualClock(), ManualRandomness()
    made = []
    for pause in milliseconds:
        clock.set_wall(clock.now() + timedelta(milliseconds=pause))
        made.append(uuid7(clock, randomness))
    assert made == sorted(made)
    assert len(set(made)) == len(made)
