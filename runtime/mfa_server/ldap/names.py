r"""Distinguished names: RFC 4514 text to a value, and names that mean the same compared equal.

Text comes in many spellings of one name: case, spaces, `\2C` or `\,`, the order inside a multi-valued RDN, an attribute
type by name or by number, composed or decomposed characters. `DistinguishedName.canonical` is one spelling for all of
them, prepared as RFC 4518 asks for caseIgnoreMatch. Attributes whose values are case-sensitive would compare too equal;
no directory in use names entries by one, and where it matters the directory's own answer decides.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from mfa_server.ldap.ber import read_element
from mfa_server.ldap.errors import DistinguishedNameError, ProtocolViolation

__all__ = [
    "MAX_NAME_OCTETS",
    "MAX_RDNS",
    "MAX_RDN_ATTRIBUTES",
    "DistinguishedName",
    "NameAttribute",
    "escape_name_value",
    "parse_name",
    "prepare",
]

MAX_NAME_OCTETS: Final = 8192
"""Octets of a name's text in UTF-8."""

MAX_RDNS: Final = 128
"""Levels of a name."""

MAX_RDN_ATTRIBUTES: Final = 16
"""Attributes of one RDN."""

_TYPE = re.compile(r" *((?:[oO][iI][dD]\.)?[0-9]+(?:\.[0-9]+)+|[A-Za-z][A-Za-z0-9-]*) *= *")
_PLAIN = re.compile(r'[^"+,;<>\\\x00]+')
_QUOTED_PLAIN = re.compile(r'[^"\\\x00]+')
_HEX = re.compile(r"((?:[0-9A-Fa-f]{2})+) *")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_ESCAPABLE = frozenset(' "#+,;<=>\\')
_TO_ESCAPE = re.compile(r'["+,;<>\\\x00-\x1f\x7f]')

# RFC 4514 section 3 (and the longer names of RFC 4519), so that a type's number and its names compare equal
_SHORT_TYPES: Final = {
    "2.5.4.3": "cn",
    "commonname": "cn",
    "2.5.4.7": "l",
    "localityname": "l",
    "2.5.4.8": "st",
    "stateorprovincename": "st",
    "2.5.4.10": "o",
    "organizationname": "o",
    "2.5.4.11": "ou",
    "organizationalunitname": "ou",
    "2.5.4.6": "c",
    "countryname": "c",
    "2.5.4.9": "street",
    "streetaddress": "street",
    "0.9.2342.19200300.100.1.25": "dc",
    "domaincomponent": "dc",
    "0.9.2342.19200300.100.1.1": "uid",
    "userid": "uid",
    "2.5.4.4": "sn",
    "surname": "sn",
}

# OCTET STRING, UTF8String, PrintableString, TeletexString and IA5String: a `#` value that is one of them is text
_STRING_TAGS = frozenset((0x04, 0x0C, 0x13, 0x14, 0x16))

# RFC 4518 section 2.2
_TO_NOTHING = (
    *range(0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    *(0xAD, 0x34F, 0x6DD, 0x70F, 0x1806),
    *range(0x180B, 0x180F),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2064),
    *range(0x206A, 0x2070),
    *range(0xFE00, 0xFE10),
    *(0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC),
    *range(0x1D173, 0x1D17B),
    0xE0001,
    *range(0xE0020, 0xE0080),
)
_MAPPED: Final[dict[int, str | None]] = {
    **dict.fromkeys(_TO_NOTHING),
    **dict.fromkeys((*range(0x09, 0x0E), 0x85), " "),
}


@dataclass(frozen=True, slots=True)
class NameAttribute:
    """One attribute type and its value in an RDN. `bytes` is a value given as `#` and hexadecimal BER."""

    type: str
    value: str | bytes

    # `override` is not in Python 3.11's standard library, and this room imports nothing else
    def __str__(self) -> str:  # type: ignore[explicit-override]
        value = f"#{self.value.hex()}" if isinstance(self.value, bytes) else escape_name_value(self.value)
        return f"{self.type}={value}"


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """A name as a sequence of RDNs, the entry's own first. Names are equal when their `canonical` forms are.

    `str()` gives RFC 4514 text with the spelling of the input.
    """

    rdns: tuple[tuple[NameAttribute, ...], ...] = field(compare=False)
    canonical: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        canonical = tuple("+".join(sorted([_canonical(attribute) for attribute in rdn])) for rdn in self.rdns)
        object.__setattr__(self, "canonical", canonical)

    # `override` is not in Python 3.11's standard library, and this room imports nothing else
    def __str__(self) -> str:  # type: ignore[explicit-override]
        return ",".join("+".join(str(attribute) for attribute in rdn) for rdn in self.rdns)

    @property
    def key(self) -> str:
        """The canonical form as text: equal names, and only they, have equal keys."""
        return ",".join(self.canonical)

    @property
    def parent(self) -> "DistinguishedName | None":
        """The name one level up; None for the empty name."""
        return DistinguishedName(self.rdns[1:]) if self.rdns else None

    def is_under(self, base: "DistinguishedName") -> bool:
        """Whether this is `base` itself or an entry anywhere below it; everything is under the empty name."""
        levels = len(base.canonical)
        return levels <= len(self.canonical) and self.canonical[len(self.canonical) - levels :] == base.canonical


def parse_name(text: str | bytes) -> DistinguishedName:
    """Parse the text of a distinguished name; bytes are UTF-8. The empty text is the empty name (the root DSE).

    Beside RFC 4514 the spellings of RFC 2253 section 4 are read: spaces around `,`, `+` and `=`, `;` for `,`, quoted
    values, `oid.` before a number. Raises `DistinguishedNameError` and nothing else.
    """
    text = _checked_text(text)
    if not text.strip(" "):
        return DistinguishedName(())
    rdns: list[tuple[NameAttribute, ...]] = []
    rdn: list[NameAttribute] = []
    position = 0
    while True:
        attribute, position = _attribute(text, position)
        rdn.append(attribute)
        separator = text[position : position + 1]
        if len(rdn) > MAX_RDN_ATTRIBUTES:
            raise DistinguishedNameError(f"more than {MAX_RDN_ATTRIBUTES} attributes in one RDN", position)
        if separator != "+":
            rdns.append(tuple(rdn))
            rdn = []
        if len(rdns) > MAX_RDNS:
            raise DistinguishedNameError(f"more than {MAX_RDNS} levels", position)
        if not separator:
            return DistinguishedName(tuple(rdns))
        if separator not in ("+", ",", ";"):
            raise DistinguishedNameError("a character that has to be escaped by a backslash", position)
        position += 1


def _checked_text(text: str | bytes) -> str:
    try:
        if isinstance(text, str):
            size = len(text.encode("utf-8"))
        else:
            size = len(text)
            text = text.decode("utf-8")
    except UnicodeError:
        raise DistinguishedNameError("the name is not UTF-8", 0) from None
    if size > MAX_NAME_OCTETS:
        raise DistinguishedNameError(f"the name has {size} octets; at most {MAX_NAME_OCTETS} are accepted", 0)
    return text


def _attribute(text: str, position: int) -> tuple[NameAttribute, int]:
    """Read `type=value` at `position`: the attribute, and where the separator or the end is."""
    match = _TYPE.match(text, position)
    if match is None:
        raise DistinguishedNameError("an attribute type and = are due here", position)
    attribute_type = match[1]
    if attribute_type[:4].lower() == "oid.":
        attribute_type = attribute_type[4:]
    position = match.end()
    opening = text[position : position + 1]
    if opening == "#":
        encoded = _HEX.match(text, position + 1)
        if encoded is None:
            raise DistinguishedNameError("pairs of hexadecimal digits are due after #", position + 1)
        return NameAttribute(attribute_type, bytes.fromhex(encoded[1])), encoded.end()
    if opening == '"':
        octets, position = _quoted(text, position + 1)
    else:
        octets, position = _unquoted(text, position)
    try:
        return NameAttribute(attribute_type, octets.decode("utf-8")), position
    except UnicodeDecodeError:
        raise DistinguishedNameError("the escaped octets before here are not UTF-8", position) from None


def _unquoted(text: str, position: int) -> tuple[bytes, int]:
    octets = bytearray()
    significant = 0  # spaces at the end count only when they are escaped
    while True:
        match = _PLAIN.match(text, position)
        if match is not None:
            octets += match[0].encode("utf-8")
            significant = max(significant, len(octets.rstrip(b" ")))
            position = match.end()
        if text[position : position + 1] != "\\":
            return bytes(octets[:significant]), position
        escaped, position = _escape(text, position)
        octets += escaped
        significant = len(octets)


def _quoted(text: str, position: int) -> tuple[bytes, int]:
    octets = bytearray()
    while True:
        match = _QUOTED_PLAIN.match(text, position)
        if match is not None:
            octets += match[0].encode("utf-8")
            position = match.end()
        following = text[position : position + 1]
        if following == '"':
            position += 1
            while text[position : position + 1] == " ":
                position += 1
            return bytes(octets), position
        if following != "\\":
            raise DistinguishedNameError("a quoted value is not closed", position)
        escaped, position = _escape(text, position)
        octets += escaped


def _escape(text: str, position: int) -> tuple[bytes, int]:
    """Read a backslash and what it escapes: the octets, and where it ends."""
    pair = text[position + 1 : position + 3]
    if _HEX_PAIR.fullmatch(pair):
        return bytes.fromhex(pair), position + 3
    if pair[:1] in _ESCAPABLE and pair:
        return pair[:1].encode(), position + 2
    raise DistinguishedNameError("a backslash is due before two hexadecimal digits or a special character", position)


def escape_name_value(value: str) -> str:
    """Escape an attribute value for the text of a name (RFC 4514 section 2.4). Control characters become hex pairs."""
    escaped = _TO_ESCAPE.sub(_escaped, value)
    if escaped[-1:] == " ":
        escaped = escaped[:-1] + "\\ "
    if value[:1] == "#" or (value[:1] == " " and len(value) > 1):
        escaped = "\\" + escaped
    return escaped


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if " " < character < "\x7f" else f"\\{ord(character):02x}"


def prepare(value: str) -> str:
    """Prepare a directory string for comparison: mapped, NFKC, case folded, insignificant spaces removed (RFC 4518)."""
    if not (value.isascii() and value.isprintable()):
        value = unicodedata.normalize("NFKC", value.translate(_MAPPED))
        value = unicodedata.normalize("NFKC", value.casefold())
    return " ".join(value.lower().split())


def _canonical(attribute: NameAttribute) -> str:
    attribute_type = attribute.type.lower()
    value = attribute.value
    if isinstance(value, bytes):
        text = _text_of(value)
        if text is None:
            return f"{_SHORT_TYPES.get(attribute_type, attribute_type)}=#{value.hex()}"
        value = text
    return f"{_SHORT_TYPES.get(attribute_type, attribute_type)}={escape_name_value(prepare(value))}"


def _text_of(encoded: bytes) -> str | None:
    """The text in a BER encoded value; None when it is no string."""
    try:
        tag, start, stop = read_element(encoded, 0, len(encoded))
        if tag not in _STRING_TAGS or stop != len(encoded):
            return None
        return encoded[start:stop].decode("utf-8")
    except (ProtocolViolation, UnicodeDecodeError):
        return None
