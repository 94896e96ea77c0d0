import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.ber import (
    ENUMERATED,
    MAX_INT,
    OCTET_STRING,
    SEQUENCE,
    Reader,
    encode_boolean,
    encode_element,
    encode_integer,
    encode_length,
    encode_octets,
    read_element,
    read_integer,
)
from mfa_server.ldap.errors import ProtocolViolation


@pytest.mark.parametrize(
    ("encoded", "start", "stop"),
    [
        ("04 00", 2, 2),
        ("04 02 61 62", 2, 4),
        ("04 81 02 61 62", 3, 5),
        ("04 82 00 02 61 62", 4, 6),
        ("04 83 00 00 02 61 62", 5, 7),
        ("04 84 00 00 00 02 61 62", 6, 8),
    ],
)
def test_an_element_may_spell_its_length_longer_than_needed(encoded, start, stop):
    data = bytes.fromhex(encoded)
    assert read_element(data, 0, len(data)) == (OCTET_STRING, start, stop)


@pytest.mark.parametrize(
    ("encoded", "complaint"),
    [
        ("", "cut off in its header"),
        ("04", "cut off in its header"),
        ("04 01", "ends outside"),
        ("04 80 00 00", "indefinite"),
        ("04 81", "cut off in its length"),
        ("04 82 00", "cut off in its length"),
        ("04 82 00 01", "ends outside"),
        ("04 84 00 00 00 01", "ends outside"),
        ("04 85 00 00 00 00 00", "5 octets"),
        ("04 ff", "127 octets"),
        ("1f 01 00", "tag numbers above 30"),
        ("7f 81 00 00", "tag numbers above 30"),
    ],
)
def test_a_malformed_element_is_an_error_and_never_a_wish_for_more(encoded, complaint):
    data = bytes.fromhex(encoded)
    with pytest.raises(ProtocolViolation, match=complaint):
        read_element(data, 0, len(data))


def test_an_element_ends_inside_its_parent_even_if_the_message_goes_on():
    data = bytes.fromhex("04 03 61 62 63")
    with pytest.raises(ProtocolViolation, match="ends outside"):
        read_element(data, 0, 4)


@pytest.mark.parametrize(
    ("encoded", "value"), [("00", 0), ("7f", 127), ("00 80", 128), ("7f ff ff ff", MAX_INT), ("00 00 01", 1)]
)
def test_numbers_are_read(encoded, value):
    data = bytes.fromhex(encoded)
    assert read_integer(data, 0, len(data)) == value


@pytest.mark.parametrize("encoded", ["", "80", "ff", "ff ff", "80 00 00 00", "00 00 00 00 01"])
def test_numbers_outside_rfc_4511_are_refused(encoded):
    data = bytes.fromhex(encoded)
    with pytest.raises(ProtocolViolation):
        read_integer(data, 0, len(data))


@given(st.integers(0, MAX_INT))
def test_a_number_survives_the_wire(value):
    encoded = encode_integer(value, ENUMERATED)
    assert Reader(encoded, 0, len(encoded)).integer(ENUMERATED) == value
    assert len(encoded) <= 6


@pytest.mark.parametrize("value", [-1, MAX_INT + 1])
def test_a_number_outside_the_range_is_not_written(value):
    with pytest.raises(ValueError, match="outside"):
        encode_integer(value)


@given(st.sampled_from([0, 1, 127, 128, 255, 256, 65535, 65536, 70000]))
def test_a_string_of_any_length_survives_the_wire(length):
    encoded = encode_octets(bytes(length))
    reader = Reader(encoded, 0, len(encoded))
    assert reader.octets() == bytes(length)
    reader.finish()


def test_a_length_is_written_in_the_fewest_octets():
    assert [encode_length(n).hex() for n in (0, 127, 128, 255, 256, 65536)] == [
        "00",
        "7f",
        "8180",
        "81ff",
        "820100",
        "83010000",
    ]


def test_true_is_ff_on_output_and_anything_but_0_on_input():
    assert encode_boolean(True) == b"\x01\x01\xff"
    assert encode_boolean(False) == b"\x01\x01\x00"
    assert [Reader(bytes((1, 1, octet)), 0, 3).boolean() for octet in (0, 1, 0x80, 0xFF)] == [False, True, True, True]


def test_a_boolean_of_two_octets_is_refused():
    with pytest.raises(ProtocolViolation, match="BOOLEAN"):
        Reader(b"\x01\x02\x00\x00", 0, 4).boolean()


def test_a_reader_walks_its_element_and_refuses_what_is_left():
    data = encode_element(SEQUENCE, encode_octets(b"a") + encode_octets(b"b"))
    reader = Reader(data, 0, len(data))
    inner = reader.enter(SEQUENCE)
    reader.finish()
    assert not reader
    assert reader.next_tag() == -1
    assert inner.next_tag() == OCTET_STRING
    assert inner.octets() == b"a"
    assert inner.position == 5
    with pytest.raises(ProtocolViolation, match="3 octets too many"):
        inner.finish()


def test_a_reader_refuses_another_tag_than_the_one_that_is_due():
    with pytest.raises(ProtocolViolation, match="tag 0x04 where 0x30 is due"):
        Reader(b"\x04\x00", 0, 2).enter(SEQUENCE)


def test_text_is_utf_8():
    with pytest.raises(ProtocolViolation, match="not UTF-8"):
        Reader(b"\x04\x01\xff", 0, 3).text()


@given(st.binary(max_size=40))
def test_any_bytes_give_an_element_inside_them_or_the_documented_error(data):
    try:
        _, start, stop = read_element(data, 0, len(data))
    except ProtocolViolation:
        return
    assert 2 <= start <= stop <= len(data)
