r"""Search filters as text (RFC 4515), read and written.

Read strictly, with one kindness to people who write manifests: white space between the parts of a filter is skipped.
Values keep every octet: an assertion value is bytes, `\xx` gives one octet of it.
"""

import re
from typing import Final

from mfa_server.ldap.errors import FilterError
from mfa_server.ldap.filters import (
    MAX_FILTER_DEPTH,
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

__all__ = ["MAX_FILTER_CHARACTERS", "escape_filter_value", "format_filter", "parse_filter"]

MAX_FILTER_CHARACTERS: Final = 64 * 1024
"""Characters of a filter's text."""

_SPACE = re.compile(r"[ \t\r\n]*")
_DESCRIPTION = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[A-Za-z0-9-]+)*"
_RULE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)"
_SIMPLE = re.compile(rf"({_DESCRIPTION})(=|~=|>=|<=)")
_EXTENSIBLE = re.compile(rf"({_DESCRIPTION})?(:[dD][nN])?(?::({_RULE}))?:=")
_VALUE = re.compile(r"[^()\x00]*")
_BACKSLASH = re.compile(r"\\([0-9A-Fa-f]{2})?")
_TO_ESCAPE = re.compile(r"[\x00-\x1f\x7f()*\\]")
_TO_ESCAPE_OCTETS = re.compile(rb"[\x00-\x1f\x7f-\xff()*\\]")
_COMPARISONS: Final[dict[str, type[GreaterOrEqual | LessOrEqual | ApproxMatch]]] = {
    ">=": GreaterOrEqual,
    "<=": LessOrEqual,
    "~=": ApproxMatch,
}
_OPERATORS: Final[dict[type[Filter], str]] = {EqualityMatch: "=", **{kind: sign for sign, kind in _COMPARISONS.items()}}


def parse_filter(text: str) -> Filter:
    """Parse a filter's text. Raises `FilterError` and nothing else."""
    if len(text) > MAX_FILTER_CHARACTERS:
        raise FilterError(f"{len(text)} characters; at most {MAX_FILTER_CHARACTERS} are accepted", 0)
    value, position = _filter(text, _skip(text, 0), MAX_FILTER_DEPTH)
    position = _skip(text, position)
    if position != len(text):
        raise FilterError("the filter is complete, but text follows it", position)
    return value


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


def _filter(text: str, position: int, depth: int) -> tuple[Filter, int]:
    """Read one parenthesised filter: it, and where it ends."""
    if text[position : position + 1] != "(":
        raise FilterError("an opening parenthesis is due here", position)
    operator = text[position + 1 : position + 2]
    if operator not in ("&", "|", "!"):
        value, end = _item(text, position + 1)
    elif depth <= 0:
        raise FilterError(f"and, or and not nest deeper than {MAX_FILTER_DEPTH}", position)
    else:
        value, end = _composite(text, position + 1, depth - 1)
    if text[end : end + 1] != ")":
        raise FilterError(
            "a closing parenthesis is due here; ( ) * and \\ in a value are written \\28 \\29 \\2a \\5c", end
        )
    return value, end + 1


def _composite(text: str, position: int, depth: int) -> tuple[Filter, int]:
    operator = text[position]
    start = position
    parts: list[Filter] = []
    position = _skip(text, position + 1)
    while text[position : position + 1] == "(":
        part, position = _filter(text, position, depth)
        parts.append(part)
        position = _skip(text, position)
    if operator == "&":
        return And(tuple(parts)), position
    if operator == "|":
        return Or(tuple(parts)), position
    if len(parts) != 1:
        raise FilterError(f"! takes one filter, not {len(parts)}", start)
    return Not(parts[0]), position


def _item(text: str, position: int) -> tuple[Filter, int]:
    match = _SIMPLE.match(text, position)
    if match is not None:
        raw, end = _raw_value(text, match.end())
        if match[2] == "=":
            return _equality(match[1], raw, match.end()), end
        return _COMPARISONS[match[2]](match[1], _unescape(raw, match.end())), end
    match = _EXTENSIBLE.match(text, position)
    if match is None:
        raise FilterError("an attribute and one of = ~= >= <= := are due here", position)
    if match[1] is None and match[3] is None:
        raise FilterError("an extensible match needs an attribute or a matching rule", position)
    raw, end = _raw_value(text, match.end())
    return ExtensibleMatch(_unescape(raw, match.end()), match[1], match[3], match[2] is not None), end


def _raw_value(text: str, position: int) -> tuple[str, int]:
    match = _VALUE.match(text, position)
    return ("", position) if match is None else (match[0], match.end())


def _equality(attribute: str, raw: str, position: int) -> Filter:
    if raw == "*":
        return Present(attribute)
    if "*" not in raw:
        return EqualityMatch(attribute, _unescape(raw, position))
    pieces = raw.split("*")
    if "" in pieces[1:-1]:
        raise FilterError("nothing stands between two *; one is enough", position)
    initial = _unescape(pieces[0], position) if pieces[0] else None
    final = _unescape(pieces[-1], position) if pieces[-1] else None
    return Substrings(attribute, initial, tuple(_unescape(piece, position) for piece in pieces[1:-1]), final)


def _unescape(raw: str, position: int) -> bytes:
    if "*" in raw:
        raise FilterError("a * in this value has to be written \\2a", position)
    try:
        if "\\" not in raw:
            return raw.encode("utf-8")
        octets = bytearray()
        done = 0
        for match in _BACKSLASH.finditer(raw):
            if match[1] is None:
                raise FilterError("a backslash is due before two hexadecimal digits", position + match.start())
            octets += raw[done : match.start()].encode("utf-8")
            octets.append(int(match[1], 16))
            done = match.end()
        octets += raw[done:].encode("utf-8")
        return bytes(octets)
    except UnicodeEncodeError:
        raise FilterError("a value with a lone surrogate has no UTF-8", position) from None


def escape_filter_value(value: str | bytes) -> str:
    """Escape an assertion value for a filter's text (RFC 4515 section 3).

    Octets that are not UTF-8 are all written as hexadecimal pairs, and so are control characters.
    """
    octets = value if isinstance(value, bytes) else value.encode("utf-8")
    try:
        return _TO_ESCAPE.sub(lambda match: f"\\{ord(match[0]):02x}", octets.decode("utf-8"))
    except UnicodeDecodeError:
        return _TO_ESCAPE_OCTETS.sub(lambda match: b"\\%02x" % match[0][0], octets).decode("ascii")


def format_filter(value: Filter) -> str:
    """Write a filter as text. Raises `FilterError` when it nests deeper than `MAX_FILTER_DEPTH`."""
    return _format(value, MAX_FILTER_DEPTH)


def _format(value: Filter, depth: int) -> str:
    if isinstance(value, And | Or | Not):
        if depth <= 0:
            raise FilterError(f"and, or and not nest deeper than {MAX_FILTER_DEPTH}", 0)
        if isinstance(value, Not):
            return f"(!{_format(value.part, depth - 1)})"
        sign = "&" if isinstance(value, And) else "|"
        return f"({sign}{''.join([_format(part, depth - 1) for part in value.parts])})"
    if isinstance(value, Present):
        return f"({value.attribute}=*)"
    if isinstance(value, Substrings):
        pieces = (value.initial or b"", *value.any, value.final or b"")
        return f"({value.attribute}={'*'.join([escape_filter_value(piece) for piece in pieces])})"
    if isinstance(value, ExtensibleMatch):
        rule = "" if value.matching_rule is None else f":{value.matching_rule}"
        dn = ":dn" if value.dn_attributes else ""
        return f"({value.attribute or ''}{dn}{rule}:={escape_filter_value(value.value)})"
    return f"({value.attribute}{_OPERATORS[type(value)]}{escape_filter_value(value.value)})"
