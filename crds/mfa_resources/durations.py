"""Durations as Gateway API writes them (GEP-2257): `90s`, `1h30m`, `500ms`; to and from `timedelta`."""

import re
from datetime import timedelta

__all__ = ["PATTERN", "format_duration", "parse_duration"]

PATTERN = "^([0-9]{1,5}(h|m|s|ms)){1,4}$"
"""Up to four numbers of at most five digits, each with its unit: hours, minutes, seconds, milliseconds."""

_WHOLE = re.compile(PATTERN)
_PART = re.compile("([0-9]+)(ms|h|m|s)")
_MILLISECONDS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def parse_duration(text: str) -> timedelta:
    """Return the length of time that the text names.

    Raises ValueError with a message for people when the text is not a duration.
    """
    if not _WHOLE.fullmatch(text):
        msg = "is not a duration: write a number with its unit, such as 30s, 10m, 8h or 1h30m"
        raise ValueError(msg)
    return timedelta(milliseconds=sum(int(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(text)))


def format_duration(value: timedelta) -> str:
    """Return the shortest text in one unit (hours at most, so `24h`), exact to the millisecond; zero is `0s`.

    Raises ValueError for a negative value or one above 99,999 hours.
    """
    total = value // timedelta(milliseconds=1)
    if total < 0:
        msg = "a duration is never negative"
        raise ValueError(msg)
    if total == 0:
        return "0s"
    for unit, size in _MILLISECONDS.items():
        if total % size == 0 and total // size <= 99_999:
            return f"{total // size}{unit}"
    return _in_several_units(total)


def _in_several_units(total: int) -> str:
    parts = []
    for unit, size in _MILLISECONDS.items():
        count, total = divmod(total, size)
        if count > 99_999:
            msg = "a duration is at most 99999h"
            raise ValueError(msg)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
