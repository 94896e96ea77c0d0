"""Basic Encoding Rules as far as LDAP uses them (X.690, restricted by RFC 4511 section 5.1).

Reading is positions into one `bytes` value: `read_element(data, position, end)` returns where the content starts and
stops. The caller holds a complete message, so an element that leaves its parent is an error and never a wish for more
data. Only the definite form is read; a length may be longer than needed, up to four octets, since Active Directory
writes `84 00 00 xx xx` on every constructed element. Nothing here recurses.
"""

from typing import Final

from mfa_server.ldap.errors import ProtocolViolation

__all__ = [
    "BOOLEAN",
    "ENUMERATED",
    "INTEGER",
    "MAX_INT",
    "OCTET_STRING",
    "SEQUENCE",
    "SET",
    "Reader",
    "encode_boolean",
    "encode_element",
    "encode_integer",
    "encode_length",
    "encode_octets",
    "read_element",
    "read_integer",
]

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_INT: Final = 0x7FFFFFFF
"""maxInt of RFC 4511 section 4.1.1: the largest message id, size limit and time limit."""

_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 4


def read_element(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """Read one element's header at `position`: its tag, where its content starts and where it stops.

    Raises `ProtocolViolation` when the element is not complete before `end`, when its length is indefinite or has more
    than four octets, or when its tag number needs more than one octet (RFC 4511 assigns none of those).
    """
    start = position + 2
    if start > end:
        raise ProtocolViolation(f"octet {position}: an element is cut off in its header")
    tag = data[position]
    if tag & 0x1F == 0x1F:
        raise ProtocolViolation(f"octet {position}: tag numbers above 30 are not used in LDAP")
    length = data[position + 1]
    if length >= _LONG_FORM:
        if (
            length == 0x82 and start + 2 <= end
        ):  # by far the most frequent, and int.from_bytes costs as much as the rest
            length = data[start] << 8 | data[start + 1]
            start += 2
            if start + length > end:
                raise ProtocolViolation(
                    f"octet {position}: an element of {length} octets ends outside the one that holds it"
                )
            return tag, start, start + length
        count = length & 0x7F
        if count == 0:
            raise ProtocolViolation(f"octet {position}: indefinite lengths are forbidden by RFC 4511 section 5.1")
        if count > _MAX_LENGTH_OCTETS:
            raise ProtocolViolation(f"octet {position}: a length of {count} octets; at most 4 are accepted")
        length_end = start + count
        if length_end > end:
            raise ProtocolViolation(f"octet {position}: an element is cut off in its length")
        length = int.from_bytes(data[start:length_end], "big")
        start = length_end
    stop = start + length
    if stop > end:
        raise ProtocolViolation(f"octet {position}: an element of {length} octets ends outside the one that holds it")
    return tag, start, stop


def read_integer(data: bytes, start: int, stop: int) -> int:
    """Read the content of an INTEGER or ENUMERATED of 1 to 4 octets that is not negative (0..2**31-1).

    Every number of RFC 4511 is in that range. Leading zero octets are accepted: some clients write fixed widths.
    """
    if not start < stop <= start + 4:
        raise ProtocolViolation(f"octet {start}: a number of {stop - start} octets; 1 to 4 are accepted")
    if data[start] >= 0x80:
        raise ProtocolViolation(f"octet {start}: a negative number; RFC 4511 uses 0 to 2147483647")
    if stop - start == 1:
        return data[start]
    return int.from_bytes(data[start:stop], "big")


class Reader:
    """Reads the elements of one constructed element in order; for the operations that are not on the hot path."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self._data = data
        self._position = position
        self._end = end

    def __bool__(self) -> bool:
        """Whether elements remain."""
        return self._position < self._end

    @property
    def position(self) -> int:
        """Where the next element starts."""
        return self._position

    def next_tag(self) -> int:
        """The tag of the next element without reading it; -1 at the end."""
        return self._data[self._position] if self._position < self._end else -1

    def element(self, tag: int) -> tuple[int, int]:
        """Read the next element, which must have `tag`; where its content starts and stops."""
        position = self._position
        found, start, stop = read_element(self._data, position, self._end)
        if found != tag:
            raise ProtocolViolation(f"octet {position}: tag {found:#04x} where {tag:#04x} is due")
        self._position = stop
        return start, stop

    def octets(self, tag: int = OCTET_STRING) -> bytes:
        """Read an OCTET STRING, or what is tagged as one."""
        start, stop = self.element(tag)
        return self._data[start:stop]

    def text(self, tag: int = OCTET_STRING) -> str:
        """Read an LDAPString (RFC 4511 section 4.1.2): UTF-8, anything else is a violation."""
        start, stop = self.element(tag)
        try:
            return self._data[start:stop].decode("utf-8")
        except UnicodeDecodeError:
            raise ProtocolViolation(f"octet {start}: a string that is not UTF-8") from None

    def integer(self, tag: int = INTEGER) -> int:
        """Read a number of 0..2**31-1."""
        start, stop = self.element(tag)
        return read_integer(self._data, start, stop)

    def boolean(self, tag: int = BOOLEAN) -> bool:
        """Read a BOOLEAN: one octet, any value but 0 is true on input."""
        start, stop = self.element(tag)
        if stop - start != 1:
            raise ProtocolViolation(f"octet {start}: a BOOLEAN of {stop - start} octets")
        return self._data[start] != 0

    def enter(self, tag: int) -> "Reader":
        """Read a constructed element; a reader over what it holds."""
        start, stop = self.element(tag)
        return Reader(self._data, start, stop)

    def finish(self) -> None:
        """Raise `ProtocolViolation` unless everything has been read."""
        if self._position < self._end:
            raise ProtocolViolation(f"octet {self._position}: {self._end - self._position} octets too many")


def encode_length(length: int) -> bytes:
    """Encode a length in the fewest octets."""
    if length < _LONG_FORM:
        return bytes((length,))
    count = (length.bit_length() + 7) // 8
    return bytes((_LONG_FORM | count,)) + length.to_bytes(count, "big")


def encode_element(tag: int, content: bytes) -> bytes:
    """Encode one element from its finished content."""
    length = len(content)
    if length < _LONG_FORM:
        return bytes((tag, length)) + content
    return bytes((tag,)) + encode_length(length) + content


def encode_octets(content: bytes, tag: int = OCTET_STRING) -> bytes:
    """Encode an OCTET STRING, or one under another tag."""
    return encode_element(tag, content)


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """Encode a number of 0..2**31-1 in the fewest octets. Raises `ValueError` outside that range."""
    if not 0 <= value <= MAX_INT:
        raise ValueError(f"{value} is outside 0..{MAX_INT}")
    if value < _LONG_FORM:
        return bytes((tag, 1, value))
    count = value.bit_length() // 8 + 1
    return bytes((tag, count)) + value.to_bytes(count, "big")


def encode_boolean(value: bool, tag: int = BOOLEAN) -> bytes:  # noqa: FBT001 - the value itself, not a switch
    """Encode a BOOLEAN: true is 0xFF (RFC 4511 section 5.1)."""
    return bytes((tag, 1, 0xFF if value else 0))
