"""Addresses: one, a CIDR, first-last; who is inside; which is the more specific."""

import re
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_resources.addresses import MAXIMUM_RANGE, PATTERN, parse_range, unmapped

GOOD = [
    ("192.0.2.10", "192.0.2.10", "192.0.2.10", 32),
    ("192.0.2.32/28", "192.0.2.32", "192.0.2.47", 28),
    ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", 0),
    ("192.0.2.70-192.0.2.79", "192.0.2.70", "192.0.2.79", 28),
    ("192.0.2.127-192.0.2.128", "192.0.2.127", "192.0.2.128", 24),
    ("192.0.2.5-192.0.2.5", "192.0.2.5", "192.0.2.5", 32),
    ("10.0.0.0-10.0.255.255", "10.0.0.0", "10.0.255.255", 16),
    ("2001:db8::1", "2001:db8::1", "2001:db8::1", 128),
    ("2001:DB8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", 64),
    ("2001:db8::1-2001:db8::ff", "2001:db8::1", "2001:db8::ff", 120),
]
BAD = [
    ("", "is not an IP address"),
    ("dc1.example.com", "is not an IP address"),
    ("192.0.2", "is not an IP address"),
    ("192.0.2.010", "is not an IP address"),
    ("192.0.2.256", "is not an IP address"),
    ("192.0.2.1/33", "the prefix length is 0 to 32"),
    ("192.0.2.0/", "after the slash comes the prefix length"),
    ("192.0.2.0/255.255.255.0", "after the slash comes the prefix length"),
    ("192.0.2.1/24", "has host bits set: write 192.0.2.0/24"),
    ("2001:db8::1/64", "has host bits set: write 2001:db8::/64"),
    ("192.0.2.9-192.0.2.1", "ends before it begins"),
    ("192.0.2.1-2001:db8::1", "mixes IPv4 and IPv6"),
    ("10.0.0.0-10.1.0.0", "holds more than 65,536 addresses"),
    ("192.0.2.1-", "is not an IP address"),
    ("192.0.2.1-192.0.2.2-192.0.2.3", "is not an IP address"),
    ("fe80::1%eth0", "holds a zone"),
    ("::ffff:192.0.2.1", "write 192.0.2.1"),
    ("::ffff:192.0.2.0/120", "is an IPv4-mapped address"),
    (" 192.0.2.1", "is not an IP address"),
]


@pytest.mark.parametrize(("text", "first", "last", "prefix_length"), GOOD)
def test_a_range_is_read(text: str, first: str, last: str, prefix_length: int) -> None:
    found = parse_range(text)
    assert (found.first, found.last, found.prefix_length) == (ip_address(first), ip_address(last), prefix_length)
    assert str(found) == text
    assert re.search(PATTERN, text)


@pytest.mark.parametrize(("text", "message"), BAD)
def test_anything_else_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "peer", "inside"),
    [
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.0/24", "::ffff:192.0.2.9", True),
        ("192.0.2.70-192.0.2.79", "192.0.2.80", False),
        ("::/0", "192.0.2.1", False),
        ("0.0.0.0/0", "::1", False),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
    ],
)
def test_a_peer_is_inside_or_not(text: str, peer: str, *, inside: bool) -> None:
    assert (ip_address(peer) in parse_range(text)) is inside


def test_what_is_no_address_is_never_inside() -> None:
    assert "192.0.2.1" not in parse_range("0.0.0.0/0")


def test_a_mapped_address_is_the_ipv4_address_it_carries() -> None:
    assert unmapped(ip_address("::ffff:192.0.2.1")) == ip_address("192.0.2.1")
    assert unmapped(ip_address("2001:db8::1")) == ip_address("2001:db8::1")


def test_ranges_overlap_only_within_one_family() -> None:
    assert parse_range("192.0.2.0/28").overlaps(parse_range("192.0.2.15-192.0.2.20"))
    assert not parse_range("192.0.2.0/28").overlaps(parse_range("192.0.2.16"))
    assert not parse_range("0.0.0.0/0").overlaps(parse_range("::/0"))


_v4 = st.integers(min_value=0, max_value=2**32 - 1)


@given(_v4, st.integers(min_value=0, max_value=MAXIMUM_RANGE - 1))
def test_the_covering_network_is_the_smallest_that_holds_both_ends(start: int, size: int) -> None:
    last = min(start + size, 2**32 - 1)
    found = parse_range(f"{ip_address(start)}-{ip_address(last)}")
    assert found.first in found.covering
    assert found.last in found.covering
    if found.prefix_length < 32:
        size_of_half = 2 ** (32 - found.prefix_length - 1)
        assert int(found.first) // size_of_half != int(found.last) // size_of_half


@given(_v4, st.integers(min_value=0, max_value=32))
def test_a_network_means_what_python_means(value: int, length: int) -> None:
    network = ip_network((value, length), strict=False)
    found = parse_range(str(network))
    assert (found.first, found.last, found.covering) == (network[0], network[-1], network)


@given(st.text(max_size=64))
def test_any_text_is_a_range_or_a_documented_error(text: str) -> None:
    try:
        found = parse_range(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - both ways out are right
    else:
        assert found.first in found
