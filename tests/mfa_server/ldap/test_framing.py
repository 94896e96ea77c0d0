import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mfa_server.ldap.codec import decode_message, encode_message
from mfa_server.ldap.errors import MessageTooLarge, ProtocolViolation
from mfa_server.ldap.framing import Framer, encode_message_bytes, parse_frame, rewrite_message_id
from mfa_server.ldap.messages import Attribute, LDAPMessage, LDAPResult, SearchResultDone, SearchResultEntry

from .strategies import chunks_of, message_ids, messages

_DONE = encode_message(LDAPMessage(2, SearchResultDone(LDAPResult(0))))
_TWO_GIB = bytes.fromhex("30 84 7f ff ff ff")


@given(st.lists(messages, max_size=4), st.data())
def test_any_chunking_gives_the_same_messages(sent, data):
    encoded = b"".join([encode_message(message) for message in sent])
    framer = Framer(1 << 20)
    frames = [frame for chunk in data.draw(chunks_of(encoded)) for frame in framer.feed(chunk)]
    assert [decode_message(frame.data) for frame in frames] == sent
    assert framer.buffered == 0
    assert framer.failure is None


@given(st.binary(max_size=200), st.data())
def test_any_bytes_in_any_chunking_end_alike(encoded, data):
    whole, pieces = Framer(100), Framer(100)
    at_once = whole.feed(encoded)
    bit_by_bit = [frame for chunk in data.draw(chunks_of(encoded)) for frame in pieces.feed(chunk)]
    assert at_once == bit_by_bit
    assert str(whole.failure) == str(pieces.failure)


@given(messages, message_ids)
def test_a_message_moves_to_another_id_with_all_else_untouched(message, message_id):
    frame = parse_frame(encode_message(message))
    moved = rewrite_message_id(frame, message_id)
    assert decode_message(moved) == LDAPMessage(message_id, message.operation, message.controls)
    assert parse_frame(moved).operation == frame.operation
    assert parse_frame(moved).controls == frame.controls


@pytest.mark.parametrize("size", [0, 100, 118, 119, 121, 122, 123, 250, 300, 65500, 65523, 65530, 70000])
@pytest.mark.parametrize("message_id", [0, 1, 127, 128, 255, 32767, 32768, (1 << 24) - 1, 1 << 24, (1 << 31) - 1])
def test_every_shape_of_header_is_read_back(size, message_id):
    operation = SearchResultEntry("x" * size)
    message = LDAPMessage(message_id, operation)
    encoded = encode_message(message)
    assert decode_message(encoded) == message
    assert Framer(1 << 20).feed(encoded)[0].message_id == message_id


@pytest.mark.parametrize("message_id", [-1, 1 << 31])
def test_an_id_outside_the_range_is_not_written(message_id):
    with pytest.raises(ValueError, match="outside"):
        encode_message_bytes(message_id, b"\x42\x00")


def test_ids_of_four_octets_have_headers_of_one_shape():
    heads = {encode_message_bytes(message_id, b"\x42\x00")[:4] for message_id in (1 << 24, 1 << 30, (1 << 31) - 1)}
    assert heads == {bytes.fromhex("30 08 02 04")}


def test_two_gib_are_refused_by_their_header_before_anything_is_waited_for():
    framer = Framer(64 * 1024)
    started = time.perf_counter()
    assert framer.feed(_TWO_GIB) == []
    assert time.perf_counter() - started < 0.005
    assert isinstance(framer.failure, MessageTooLarge)
    assert framer.buffered == 0


def test_nothing_is_buffered_after_a_refusal():
    framer = Framer(64 * 1024)
    framer.feed(_TWO_GIB)
    tracemalloc.start()
    try:
        for _ in range(1000):
            assert framer.feed(bytes(64 * 1024)) == []
        assert tracemalloc.get_traced_memory()[1] < 256 * 1024
    finally:
        tracemalloc.stop()
    assert framer.buffered == 0


def test_a_message_of_exactly_the_limit_passes_and_one_octet_more_does_not():
    framer = Framer(len(_DONE))
    assert len(framer.feed(_DONE)) == 1
    framer.limit = len(_DONE) - 1
    assert framer.feed(_DONE) == []
    assert isinstance(framer.failure, MessageTooLarge)


def test_what_precedes_a_violation_still_counts():
    framer = Framer(1024)
    assert len(framer.feed(_DONE + _DONE + b"\x00")) == 2
    assert isinstance(framer.failure, ProtocolViolation)
    assert framer.feed(_DONE) == []


def test_a_raised_limit_holds_from_the_next_message_on():
    big = encode_message(LDAPMessage(2, SearchResultEntry("cn=x", (Attribute("a", (bytes(2000),)),))))
    framer = Framer(100)
    framer.feed(_DONE)
    framer.limit = 4000
    assert len(framer.feed(big)) == 1


def test_clear_forgets_what_waits():
    framer = Framer(1024)
    framer.feed(_DONE[:5])
    assert framer.buffered == 5
    framer.clear()
    assert framer.buffered == 0
    assert len(framer.feed(_DONE)) == 1


def _steps_of_slow_filler(octets):
    """How many times the framer looks at a message's start while the message comes octet by octet."""
    looks = []

    class Counting(Framer):
        @override
        def _cut(self, data, frames):
            looks.append(len(data))
            return super()._cut(data, frames)

    framer = Counting(1 << 20)
    message = encode_message(LDAPMessage(2, SearchResultEntry("cn=x", (Attribute("a", (bytes(octets),)),))))
    frames = []
    for octet in message:
        frames += framer.feed(bytes((octet,)))
    assert len(frames) == 1
    return looks


def test_slow_filler_is_never_framed_again():
    short, long = _steps_of_slow_filler(1000), _steps_of_slow_filler(50_000)
    assert len(short) == len(long) <= 5
    assert sum(long) < 51_000


def test_a_frame_owns_its_octets_and_pins_no_others():
    framer = Framer(1 << 20)
    frames = framer.feed(_DONE * 100)
    assert all(len(frame.data) == len(_DONE) for frame in frames)


def test_the_spans_of_a_frame_are_the_operation_and_the_controls():
    frame = parse_frame(
        bytes.fromhex("30 1c 02 01 01 60 07 02 01 03 04 00 80 00 a0 0e 30 0c 04 05 31 2e 32 2e 33 01 01 01 04 00")
    )
    assert frame.operation == bytes.fromhex("60 07 02 01 03 04 00 80 00")
    assert frame.content == bytes.fromhex("02 01 03 04 00 80 00")
    assert frame.controls.hex() == "a00e300c0405312e322e330101010400"
    assert "data" not in repr(frame)
