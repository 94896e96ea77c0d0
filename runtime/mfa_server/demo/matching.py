"""Whether an entry matches a search filter (RFC 4511 §4.5.1.7): three-valued, by simple rules.

Values compare as text without regard to case and outer blanks, names of entries as names, numbers as numbers where both
sides are. That is what the attributes of people and groups need; a schema it is not.
"""

from collections.abc import Mapping, Sequence

from mfa_server.ldap import DistinguishedNameError, parse_name
from mfa_server.ldap.filters import (
    And,
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
)

__all__ = ["matches"]

_BIT_AND, _BIT_OR = "1.2.840.113556.1.4.803", "1.2.840.113556.1.4.804"  # MS-ADTS 3.1.1.3.4.4


def matches(attributes: Mapping[str, Sequence[bytes]], condition: Filter) -> bool:
    """Tell whether an entry matches. ``attributes``: names in lower case. What is undefined does not match."""
    return _evaluate(attributes, condition) is True


def _evaluate(attributes: Mapping[str, Sequence[bytes]], condition: Filter) -> bool | None:
    match condition:
        case And():
            return _all([_evaluate(attributes, part) for part in condition.parts])
        case Or():
            return _any([_evaluate(attributes, part) for part in condition.parts])
        case Not():
            inner = _evaluate(attributes, condition.part)
            return None if inner is None else not inner
        case Present():
            return condition.attribute.lower() in attributes
        case ExtensibleMatch():
            return _extensible(attributes, condition)
        case _:
            values = attributes.get(condition.attribute.partition(";")[0].lower())
            return None if values is None else any(_holds(value, condition) for value in values)


def _all(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _any(parts: list[bool | None]) -> bool | None:
    if True in parts:
        return True
    return None if None in parts else False


def _holds(value: bytes, condition: EqualityMatch | ApproxMatch | GreaterOrEqual | LessOrEqual | Substrings) -> bool:
    match condition:
        case Substrings():
            return _contains(_fold(value), condition)
        case GreaterOrEqual():
            return _order(value, condition.value) >= 0
        case LessOrEqual():
            return _order(value, condition.value) <= 0
        case _:
            return (
                value == condition.value or _fold(value) == _fold(condition.value) or _same_name(value, condition.value)
            )


def _extensible(attributes: Mapping[str, Sequence[bytes]], condition: ExtensibleMatch) -> bool | None:
    values = attributes.get((condition.attribute or "").lower())
    if values is None or condition.matching_rule not in (_BIT_AND, _BIT_OR):
        return None
    try:
        wanted = int(condition.value)
        numbers = [int(value) for value in values]
    except ValueError:
        return None
    if condition.matching_rule == _BIT_AND:
        return any(number & wanted == wanted for number in numbers)
    return any(number & wanted for number in numbers)


def _fold(value: bytes) -> bytes:
    try:
        return value.decode("utf-8").strip().casefold().encode()
    except UnicodeDecodeError:
        return value


def _same_name(one: bytes, other: bytes) -> bool:
    if b"=" not in one or b"=" not in other:
        return False
    try:
        return parse_name(one) == parse_name(other)
    except DistinguishedNameError:
        return False


def _order(value: bytes, bound: bytes) -> int:
    if value.isdigit() and bound.isdigit():
        return (int(value) > int(bound)) - (int(value) < int(bound))
    one, other = _fold(value), _fold(bound)
    return (one > other) - (one < other)


def _contains(value: bytes, condition: Substrings) -> bool:
    position = 0
    if condition.initial is not None:
        initial = _fold(condition.initial)
        if not value.startswith(initial):
            return False
        position = len(initial)
    for piece in map(_fold, condition.any):
        found = value.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    final = b"" if condition.final is None else _fold(condition.final)
    return len(value) - position >= len(final) and value.endswith(final)
