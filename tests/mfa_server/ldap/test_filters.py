import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.ber import encode_element
from mfa_server.ldap.errors import LocalMisuse, ProtocolViolation
from mfa_server.ldap.filters import (
    MAX_FILTER_DEPTH,
    And,
    ExtensibleMatch,
    Filter,
    Not,
    Or,
    Present,
    Substrings,
    check_filter,
    decode_filter,
    encode_filter,
)

from .strategies import filters

_LEAF = bytes.fromhex("87 02 63 6e")


def _nested(depth, tag=0xA2):
    encoded = _LEAF
    for _ in range(depth):
        encoded = encode_element(tag, encoded)
    return encoded


@given(filters)
def test_a_filter_survives_the_wire_and_passes_the_check(value):
    encoded = encode_filter(value)
    assert decode_filter(encoded, 0, len(encoded)) == (value, len(encoded))
    assert check_filter(encoded, 0, len(encoded)) == len(encoded)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_filter_or_the_documented_error(encoded):
    try:
        _, stop = decode_filter(encoded, 0, len(encoded))
    except ProtocolViolation:
        return
    assert check_filter(encoded, 0, len(encoded)) == stop


@pytest.mark.parametrize("tag", [0xA0, 0xA1, 0xA2])
def test_the_depth_limit_is_the_same_on_every_way_in(tag):
    deepest, too_deep = _nested(MAX_FILTER_DEPTH, tag), _nested(MAX_FILTER_DEPTH + 1, tag)
    decode_filter(deepest, 0, len(deepest))
    check_filter(deepest, 0, len(deepest))
    for walk in (decode_filter, check_filter):
        with pytest.raises(ProtocolViolation, match="too deep"):
            walk(too_deep, 0, len(too_deep))


def test_a_filter_20_000_deep_is_refused_without_recursion():
    encoded = _nested(20_000)
    limit = sys.getrecursionlimit()
    for walk in (decode_filter, check_filter):
        with pytest.raises(ProtocolViolation, match="too deep"):
            walk(encoded, 0, len(encoded))
    assert sys.getrecursionlimit() == limit


def test_a_filter_of_our_own_is_limited_as_well():
    value: Filter = Present("cn")
    for _ in range(MAX_FILTER_DEPTH + 1):
        value = Not(value)
    with pytest.raises(LocalMisuse, match="too deep"):
        encode_filter(value)


def test_the_empty_and_is_true_and_the_empty_or_false():
    assert encode_filter(And(())) == b"\xa0\x00"
    assert decode_filter(b"\xa1\x00", 0, 2) == (Or(()), 2)


@pytest.mark.parametrize(
    "value", [Substrings("cn"), Substrings("cn", b""), Substrings("cn", None, (b"",)), ExtensibleMatch(b"x")]
)
def test_what_has_no_legal_encoding_is_not_written(value):
    with pytest.raises(LocalMisuse):
        encode_filter(value)


@pytest.mark.parametrize(
    "encoded",
    [
        "a4 06 04 00 30 02 80 00",  # an empty piece
        "a4 0a 04 00 30 06 81 01 61 80 01 62",  # initial after any
        "a4 0a 04 00 30 06 82 01 61 82 01 62",  # two finals
        "a4 0a 04 00 30 06 80 01 61 80 01 62",  # two initials
        "a4 02 04 00",
        "a9 03 83 01 61",  # neither attribute nor rule
        "a9 05 83 01 61 84 00",
        "a9 06 83 01 61 81 01 62",  # the rule after the value
        "a3 04 04 01 61 04",
        "a3 06 04 00 04 00 04 00",
        "a3 04 02 00 04 00",
        "a7 00",
        "87 01",
        "a2 00",
        "aa 00",
        "",
    ],
)
def test_a_malformed_filter_is_refused_by_decoder_and_check(encoded):
    data = bytes.fromhex(encoded)
    for walk in (decode_filter, check_filter):
        with pytest.raises(ProtocolViolation):
            walk(data, 0, len(data))


def test_the_check_walks_beside_and_out_of_nested_filters():
    encoded = bytes.fromhex("a0 12 a1 06 87 01 61 87 01 62 a0 00 a2 02 a1 00 87 02 63 6e")
    value = And((Or((Present("a"), Present("b"))), And(()), Not(Or(())), Present("cn")))
    assert decode_filter(encoded, 0, len(encoded)) == (value, len(encoded))
    assert check_filter(encoded, 0, len(encoded)) == len(encoded)
