"""Search filters as values and as BER (RFC 4511 section 4.5.1.7); their text is `filter_text`'s work.

A filter is data here: whether an entry matches it is for whoever holds entries. Nesting is limited on every way in, so
that no filter can exhaust the stack: neither of a stranger nor of a manifest.
"""

from dataclasses import dataclass, field
from typing import Final

from mfa_server.ldap.ber import (
    OCTET_STRING,
    SEQUENCE,
    Reader,
    encode_boolean,
    encode_element,
    encode_octets,
    read_element,
)
from mfa_server.ldap.errors import LocalMisuse, ProtocolViolation

__all__ = [
    "MAX_FILTER_DEPTH",
    "And",
    "ApproxMatch",
    "EqualityMatch",
    "ExtensibleMatch",
    "Filter",
    "GreaterOrEqual",
    "LessOrEqual",
    "Not",
    "Or",
    "Present",
    "Substrings",
    "check_filter",
    "decode_filter",
    "encode_filter",
]

MAX_FILTER_DEPTH: Final = 50
"""How deep and, or and not may nest; gateways need 3 or 4."""

_AND, _OR, _NOT = 0xA0, 0xA1, 0xA2
_EQUALITY, _SUBSTRINGS, _GREATER, _LESS = 0xA3, 0xA4, 0xA5, 0xA6
_PRESENT, _APPROX, _EXTENSIBLE = 0x87, 0xA8, 0xA9
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_RULE, _TYPE, _MATCH_VALUE, _DN_ATTRIBUTES = 0x81, 0x82, 0x83, 0x84
_OTHER_LEAVES = frozenset((_SUBSTRINGS, _PRESENT, _EXTENSIBLE))


@dataclass(frozen=True, slots=True)
class And:
    """True when all parts are; without parts always true (RFC 4526)."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """True when a part is; without parts always false (RFC 4526)."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is false."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class EqualityMatch:
    """`(attribute=value)`."""

    attribute: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Substrings:
    """`(attribute=initial*any*any*final)`; at least one piece is present and no piece is empty."""

    attribute: str
    initial: bytes | None = None
    any: tuple[bytes, ...] = ()
    final: bytes | None = None


@dataclass(frozen=True, slots=True)
class GreaterOrEqual:
    """`(attribute>=value)`."""

    attribute: str
    value: bytes


@dataclass(frozen=True, slots=True)
class LessOrEqual:
    """`(attribute<=value)`."""

    attribute: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Present:
    """`(attribute=*)`."""

    attribute: str


@dataclass(frozen=True, slots=True)
class ApproxMatch:
    """`(attribute~=value)`."""

    attribute: str
    value: bytes


@dataclass(frozen=True, slots=True)
class ExtensibleMatch:
    """`(attribute:dn:rule:=value)`; a rule or an attribute is present, or both."""

    value: bytes
    attribute: str | None = None
    matching_rule: str | None = None
    dn_attributes: bool = field(default=False)


Filter = (
    And | Or | Not | EqualityMatch | Substrings | GreaterOrEqual | LessOrEqual | Present | ApproxMatch | ExtensibleMatch
)

_Assertion = EqualityMatch | GreaterOrEqual | LessOrEqual | ApproxMatch
_ASSERTIONS: Final[dict[int, type[_Assertion]]] = {
    _EQUALITY: EqualityMatch,
    _GREATER: GreaterOrEqual,
    _LESS: LessOrEqual,
    _APPROX: ApproxMatch,
}
_ASSERTION_TAGS: Final[dict[type[_Assertion], int]] = {kind: tag for tag, kind in _ASSERTIONS.items()}


def decode_filter(data: bytes, position: int, end: int, *, depth: int = MAX_FILTER_DEPTH) -> tuple[Filter, int]:
    """Decode the filter at `position`: the filter and where it stops.

    Raises `ProtocolViolation` when it is malformed or nests deeper than `depth`.
    """
    tag, start, stop = read_element(data, position, end)
    if tag in (_AND, _OR, _NOT):
        if depth <= 0:
            raise ProtocolViolation("the filter nests too deep")
        parts = _decode_parts(data, start, stop, depth - 1)
        if tag == _NOT:
            if len(parts) != 1:
                raise ProtocolViolation(f"octet {position}: not takes one filter")
            return Not(parts[0]), stop
        return (And(parts) if tag == _AND else Or(parts)), stop
    return _decode_leaf(tag, data, start, stop), stop


def _decode_parts(data: bytes, start: int, stop: int, depth: int) -> tuple[Filter, ...]:
    parts: list[Filter] = []
    while start < stop:
        part, start = decode_filter(data, start, stop, depth=depth)
        parts.append(part)
    return tuple(parts)


def _decode_leaf(tag: int, data: bytes, start: int, stop: int) -> Filter:
    reader = Reader(data, start, stop)
    if tag == _PRESENT:
        try:
            return Present(data[start:stop].decode("utf-8"))
        except UnicodeDecodeError:
            raise ProtocolViolation(f"octet {start}: an attribute description that is not UTF-8") from None
    if tag == _SUBSTRINGS:
        return _decode_substrings(reader)
    if tag == _EXTENSIBLE:
        return _decode_extensible(reader)
    kind = _ASSERTIONS.get(tag)
    if kind is None:
        raise ProtocolViolation(f"octet {start}: {tag:#04x} is no kind of filter")
    leaf = kind(reader.text(), reader.octets())
    reader.finish()
    return leaf


def _decode_substrings(reader: Reader) -> Substrings:
    attribute = reader.text()
    pieces = reader.enter(SEQUENCE)
    reader.finish()
    if not pieces:
        raise ProtocolViolation("a substrings filter without a piece")
    initial = pieces.octets(_INITIAL) if pieces.next_tag() == _INITIAL else None
    middle: list[bytes] = []
    while pieces.next_tag() == _ANY:
        middle.append(pieces.octets(_ANY))
    final = pieces.octets(_FINAL) if pieces.next_tag() == _FINAL else None
    pieces.finish()
    if initial == b"" or final == b"" or b"" in middle:
        raise ProtocolViolation("a substrings filter with an empty piece")
    return Substrings(attribute, initial, tuple(middle), final)


def _decode_extensible(reader: Reader) -> ExtensibleMatch:
    rule = reader.text(_RULE) if reader.next_tag() == _RULE else None
    attribute = reader.text(_TYPE) if reader.next_tag() == _TYPE else None
    value = reader.octets(_MATCH_VALUE)
    dn_attributes = reader.boolean(_DN_ATTRIBUTES) if reader.next_tag() == _DN_ATTRIBUTES else False
    reader.finish()
    if rule is None and attribute is None:
        raise ProtocolViolation("an extensible match without attribute and rule")
    return ExtensibleMatch(value, attribute, rule, dn_attributes)


def check_filter(data: bytes, position: int, end: int, *, depth: int = MAX_FILTER_DEPTH) -> int:
    """Check a filter's structure without building it; where it stops.

    This is what a filter that is passed on undecoded has to survive: a directory may close the shared connection over
    one it cannot parse. Walks in a loop; raises `ProtocolViolation` as `decode_filter` does, except that the strings
    inside are not looked at.
    """
    ends: list[int] = []
    while True:
        tag, start, stop = read_element(data, position, ends[-1] if ends else end)
        if tag in _ASSERTIONS:
            _check_assertion(data, start, stop)
            position = stop
        elif tag in _OTHER_LEAVES:
            if tag != _PRESENT:
                _decode_leaf(tag, data, start, stop)
            position = stop
        elif _AND <= tag <= _NOT:
            if tag == _NOT and (start >= stop or read_element(data, start, stop)[2] != stop):
                raise ProtocolViolation(f"octet {start}: not takes one filter")
            if len(ends) >= depth:
                raise ProtocolViolation("the filter nests too deep")
            ends.append(stop)
            position = start
        else:
            raise ProtocolViolation(f"octet {start}: {tag:#04x} is no kind of filter")
        while ends and position == ends[-1]:
            ends.pop()
        if not ends:
            return position


def _check_assertion(data: bytes, start: int, stop: int) -> None:
    """Check an attribute and a value; the short spelling, which is the usual one, without a call."""
    if start + 4 <= stop and data[start] == OCTET_STRING and data[start + 1] < 0x80:
        middle = start + 2 + data[start + 1]
        if middle + 2 <= stop and data[middle] == OCTET_STRING and data[middle + 1] < 0x80:
            if middle + 2 + data[middle + 1] == stop:
                return
            raise ProtocolViolation(f"octet {middle}: a value does not end with its assertion")
    first, _, middle = read_element(data, start, stop)
    second, _, last = read_element(data, middle, stop)
    if first != OCTET_STRING or second != OCTET_STRING or last != stop:
        raise ProtocolViolation(f"octet {start}: an assertion is an attribute and a value")


def encode_filter(value: Filter, *, depth: int = MAX_FILTER_DEPTH) -> bytes:
    """Encode a filter. Raises `LocalMisuse` when it nests deeper than `depth` or has no legal encoding."""
    if isinstance(value, And | Or | Not):
        if depth <= 0:
            raise LocalMisuse("the filter nests too deep to be sent")
        if isinstance(value, Not):
            return encode_element(_NOT, encode_filter(value.part, depth=depth - 1))
        tag = _AND if isinstance(value, And) else _OR
        return encode_element(tag, b"".join([encode_filter(part, depth=depth - 1) for part in value.parts]))
    if isinstance(value, Present):
        return encode_octets(value.attribute.encode(), _PRESENT)
    if isinstance(value, Substrings):
        return _encode_substrings(value)
    if isinstance(value, ExtensibleMatch):
        return _encode_extensible(value)
    content = encode_octets(value.attribute.encode()) + encode_octets(value.value)
    return encode_element(_ASSERTION_TAGS[type(value)], content)


def _encode_substrings(value: Substrings) -> bytes:
    pieces = [encode_octets(piece, _ANY) for piece in value.any]
    if value.initial is not None:
        pieces.insert(0, encode_octets(value.initial, _INITIAL))
    if value.final is not None:
        pieces.append(encode_octets(value.final, _FINAL))
    if not pieces or value.initial == b"" or value.final == b"" or b"" in value.any:
        raise LocalMisuse("a substrings filter needs a piece, and none may be empty")
    content = encode_octets(value.attribute.encode()) + encode_element(SEQUENCE, b"".join(pieces))
    return encode_element(_SUBSTRINGS, content)


def _encode_extensible(value: ExtensibleMatch) -> bytes:
    if value.attribute is None and value.matching_rule is None:
        raise LocalMisuse("an extensible match needs an attribute or a matching rule")
    content = b"" if value.matching_rule is None else encode_octets(value.matching_rule.encode(), _RULE)
    if value.attribute is not None:
        content += encode_octets(value.attribute.encode(), _TYPE)
    content += encode_octets(value.value, _MATCH_VALUE)
    if value.dn_attributes:  # DEFAULT FALSE is not encoded (RFC 4511 section 5.1)
        content += encode_boolean(True, _DN_ATTRIBUTES)
    return encode_element(_EXTENSIBLE, content)
