"""Cutting a byte stream into messages without decoding them.

A `Frame` knows its message id, the tag of its operation and where the operation and the controls lie; the bytes of the
operation go on to the other side untouched under another message id. A `Framer` collects: it refuses a message by its
header before it waits for the rest, and it never looks twice at octets it has seen, however small the pieces are.
"""

from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from mfa_server.ldap.ber import INTEGER, MAX_INT, SEQUENCE, encode_element, encode_integer, read_element, read_integer
from mfa_server.ldap.errors import MessageTooLarge, ProtocolViolation

__all__ = [
    "MAX_BIND_REQUEST",
    "MAX_MESSAGE_FROM_CLIENT",
    "MAX_MESSAGE_FROM_DIRECTORY",
    "MAX_MESSAGE_FROM_STRANGER",
    "Frame",
    "Framer",
    "encode_message_bytes",
    "parse_frame",
    "rewrite_message_id",
]

MAX_MESSAGE_FROM_STRANGER: Final = 64 * 1024
"""Octets of a message before the first successful bind."""

MAX_MESSAGE_FROM_CLIENT: Final = 1024 * 1024
"""Octets of a message after it."""

MAX_MESSAGE_FROM_DIRECTORY: Final = 16 * 1024 * 1024
"""Octets of a message from the directory: an entry with photographs and certificates."""

MAX_BIND_REQUEST: Final = 8 * 1024
"""Octets of a BindRequest, bound or not: a name, a password and a control or two."""

_CONTROLS = 0xA0
_LONG_FORM = 0x80
_FOUR_OCTETS = 1 << 24
_ONE_OCTET_ID = b"\x02\x01"
_HEAD_4 = Struct(">BBBBI")
_HEAD_LONG_4 = Struct(">BBHBBI")
_HEAD_LONG_1 = Struct(">BBHBBB")


@dataclass(slots=True)
class Frame:
    """One complete message. Treat it as read-only: it is not frozen only because making a frozen one costs double.

    `data` is the whole message, `operation_start` where the operation's element begins in it, `content_start` where the
    operation's content begins and `operation_end` where the controls, if any, follow.
    """

    data: bytes = field(repr=False)
    message_id: int
    tag: int
    operation_start: int
    content_start: int
    operation_end: int

    @property
    def operation(self) -> bytes:
        """The operation's element, tag and length included."""
        return self.data[self.operation_start : self.operation_end]

    @property
    def content(self) -> bytes:
        """The operation's content, without tag and length."""
        return self.data[self.content_start : self.operation_end]

    @property
    def controls(self) -> bytes:
        """The controls' element, tag and length included; empty when there are none."""
        return self.data[self.operation_end :]


def encode_message_bytes(message_id: int, operation_and_controls: bytes) -> bytes:
    """Wrap an encoded operation, followed by encoded controls if any, into a message.

    Ids from 2**24 on take four octets, so all messages under such ids have headers of one shape. The frequent shapes
    are written out, with two octets for a length of 128 and more. Raises `ValueError` for an id outside 0..2**31-1.
    """
    length = len(operation_and_controls)
    if _FOUR_OCTETS <= message_id <= MAX_INT:
        length += 6
        if length < _LONG_FORM:
            return _HEAD_4.pack(SEQUENCE, length, INTEGER, 4, message_id) + operation_and_controls
        if length <= 0xFFFF:
            return _HEAD_LONG_4.pack(SEQUENCE, 0x82, length, INTEGER, 4, message_id) + operation_and_controls
    elif 0 <= message_id < _LONG_FORM:
        length += 3
        if length < _LONG_FORM:
            return bytes((SEQUENCE, length, INTEGER, 1, message_id)) + operation_and_controls
        if length <= 0xFFFF:
            return _HEAD_LONG_1.pack(SEQUENCE, 0x82, length, INTEGER, 1, message_id) + operation_and_controls
    return encode_element(SEQUENCE, encode_integer(message_id) + operation_and_controls)


def rewrite_message_id(frame: Frame, message_id: int) -> bytes:
    """The same message under another id (0..2**31-1); the operation and the controls are copied as they are."""
    return encode_message_bytes(message_id, frame.data[frame.operation_start :])


def parse_frame(data: bytes) -> Frame:
    """Take the envelope of one complete message apart.

    Raises `ProtocolViolation` unless the message is a message id, an operation and at most one element of controls,
    each inside the message and nothing after them. Message id 0 passes: only the sessions know who may send it.
    """
    tag, start, stop = read_element(data, 0, len(data))
    if tag != SEQUENCE or stop != len(data):
        raise ProtocolViolation("a message is one SEQUENCE")
    return _envelope(data, start)


def _envelope(data: bytes, position: int) -> Frame:
    """Take apart what the SEQUENCE of `data` holds from `position` on."""
    end = len(data)
    if data[position : position + 2] == _ONE_OCTET_ID and position + 2 < end and data[position + 2] < 0x80:
        operation_start = position + 3
        message_id = data[position + 2]
    else:
        tag, start, operation_start = read_element(data, position, end)
        if tag != INTEGER:
            raise ProtocolViolation(f"a message starts with its id, not with tag {tag:#04x}")
        message_id = read_integer(data, start, operation_start)
    tag, content_start, operation_end = read_element(data, operation_start, end)
    if operation_end != end:
        extra, _, stop = read_element(data, operation_end, end)
        if extra != _CONTROLS or stop != end:
            raise ProtocolViolation("a message holds something other than controls after its operation")
    return Frame(data, message_id, tag, operation_start, content_start, operation_end)


class Framer:
    """Collects bytes and yields complete messages.

    `limit` is the largest message in octets, header included; it may be changed at any time and holds from the next
    message on. After the peer's first violation `failure` tells it and nothing is read any more.
    """

    __slots__ = ("_buffer", "_needed", "failure", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.failure: ProtocolViolation | None = None
        self._buffer = bytearray()
        self._needed = 0

    @property
    def buffered(self) -> int:
        """Octets of an incomplete message that wait for the rest of it."""
        return len(self._buffer)

    def clear(self) -> None:
        """Forget what waits, as a change of the transport's security layer requires."""
        self._buffer = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes as they came and return the messages they complete, in order.

        Does not raise: what precedes a violation still counts, so the frames before it are returned and `failure` is
        set. Work is linear in the octets fed, whatever the pieces.
        """
        if self.failure is not None:
            return []
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return []
            data = bytes(self._buffer)
            self._buffer = bytearray()
        frames: list[Frame] = []
        try:
            position = self._cut(data, frames)
        except ProtocolViolation as violation:
            self.failure = violation
            return frames
        if position < len(data):
            self._buffer += data[position:]
        return frames

    def _cut(self, data: bytes, frames: list[Frame]) -> int:
        """Append every complete message of `data` to `frames`; where the incomplete rest starts."""
        position = 0
        end = len(data)
        while position < end:
            if data[position] != SEQUENCE:
                raise ProtocolViolation(f"a message starts with tag {data[position]:#04x} instead of a SEQUENCE")
            start = position + 2
            if start > end:
                self._needed = 2
                return position
            length = data[position + 1]
            if length >= _LONG_FORM:
                start += 2 if length == 0x82 else _length_octets(length)
                if start > end:
                    self._needed = start - position
                    return position
                if length == 0x82:
                    length = data[start - 2] << 8 | data[start - 1]
                else:
                    length = int.from_bytes(data[position + 2 : start], "big")
            stop = start + length
            if stop - position > self.limit:
                raise MessageTooLarge(f"a message of {stop - position} octets; the limit is {self.limit}")
            if stop > end:
                self._needed = stop - position
                return position
            # A frame owns its octets and no others: one that waits must not pin a whole read of the network.
            message = data if stop - position == end else data[position:stop]
            frames.append(_envelope(message, start - position))
            position = stop
        return position


def _length_octets(first: int) -> int:
    """How many octets follow the first one of a long length."""
    count = first & 0x7F
    if count == 0:
        raise ProtocolViolation("a message of indefinite length; RFC 4511 section 5.1 forbids it")
    if count > 4:
        raise ProtocolViolation(f"a message whose length has {count} octets; at most 4 are accepted")
    return count
