"""Durations: what is one, what it says, and that writing it gives the same again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_resources.durations import format_duration, parse_duration

GOOD = [
    ("30s", timedelta(seconds=30)),
    ("500ms", timedelta(milliseconds=500)),
    ("10m", timedelta(minutes=10)),
    ("8760h", timedelta(days=365)),
    ("1h30m", timedelta(minutes=90)),
    ("1h1m1s1ms", timedelta(hours=1, minutes=1, seconds=1, milliseconds=1)),
    ("0s", timedelta()),
]
BAD = ["", "30", "30 s", "s", "1d", "-30s", "1.5h", "30S", "100000h", "1h1m1s1ms1h", "30s\n", "٣s"]


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_a_duration_is_read(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", BAD)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write a number with its unit, such as 30s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(days=1), "24h"),
        (timedelta(seconds=90), "90s"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(days=3000, milliseconds=1), "72000h1ms"),
    ],
)
def test_the_shortest_form_is_written(value: timedelta, text: str) -> None:
    assert format_duration(value) == text


@pytest.mark.parametrize("value", [timedelta(seconds=-1), timedelta(hours=100_000, milliseconds=1)])
def test_what_no_manifest_can_hold_is_not_written(value: timedelta) -> None:
    with pytest.raises(ValueError, match="a duration is"):
        format_duration(value)


@given(st.integers(min_value=0, max_value=99_999 * 3_600_000))
def test_a_duration_survives_writing_and_reading(milliseconds: int) -> None:
    value = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(value)) == value
