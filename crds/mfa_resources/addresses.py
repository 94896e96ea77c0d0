"""Addresses as manifests write them: one address, a CIDR without host bits, or `first-last`.

Pure values for "which range does this peer fall into, and which of several is the most specific". A peer's IPv4-mapped IPv6
address (RFC 4291 section 2.5.5.2) counts as the IPv4 address it carries, because a dual-stack socket reports it so; a
manifest writes the IPv4 address, as Kubernetes demands.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from typing_extensions import override

__all__ = ["MAXIMUM_RANGE", "PATTERN", "Address", "AddressRange", "parse_range", "unmapped"]

Address = IPv4Address | IPv6Address

MAXIMUM_RANGE = 65_536
"""Addresses in one `first-last` at most; a larger area is written as a CIDR."""

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_V6 = "[0-9a-fA-F]*:[0-9a-fA-F:.]+"
PATTERN = rf"^({_V4}(/(3[0-2]|[12]?[0-9])|-{_V4})?|{_V6}(/(12[0-8]|1[01][0-9]|[1-9]?[0-9])|-{_V6})?)$"
"""The shape, for schemas: IPv4 exactly, IPv6 roughly (the rest is for `parse_range`)."""


def unmapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv4-mapped IPv6 address, any other address unchanged."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@dataclass(frozen=True, slots=True)
class AddressRange:
    """All addresses from `first` to `last`, both included and of one family; `text` is what was written."""

    first: Address
    last: Address
    text: str

    def __contains__(self, address: object) -> bool:
        """Whether the address (IPv4-mapped counts as IPv4) lies in the range; another family never does."""
        if not isinstance(address, IPv4Address | IPv6Address):
            return False
        plain = unmapped(address)
        return plain.version == self.first.version and int(self.first) <= int(plain) <= int(self.last)

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.first.version

    @property
    def prefix_length(self) -> int:
        """Length in bits of the smallest CIDR that covers the range: the larger, the more specific."""
        return self.first.max_prefixlen - (int(self.first) ^ int(self.last)).bit_length()

    @property
    def covering(self) -> IPv4Network | IPv6Network:
        """The smallest CIDR that covers the range."""
        return ip_network((int(self.first) if self.version == 4 else self.first, self.prefix_length), strict=False)

    def overlaps(self, other: "AddressRange") -> bool:
        """Whether any address lies in both."""
        return (
            self.version == other.version and int(self.first) <= int(other.last) and int(other.first) <= int(self.last)
        )

    @override
    def __str__(self) -> str:
        """Return what was written."""
        return self.text


def parse_range(text: str) -> AddressRange:
    """Return the range that the text names.

    Raises ValueError with a message for people: not an address, host bits set, first after last, two families,
    more than 65,536 addresses in `first-last`, a zone (`%eth0`), which means nothing to another machine.
    """
    if "%" in text:
        msg = "holds a zone (%…), which means nothing on another machine: write the address without it"
        raise ValueError(msg)
    if "-" in text:
        return _first_to_last(text)
    if "/" in text:
        return _network(text)
    address = _address(text)
    return AddressRange(address, address, text)


def _address(text: str) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        msg = f"“{text[:64]}” is not an IP address: write one address, a CIDR such as 192.0.2.0/24, or first-last"
        raise ValueError(msg) from None
    if unmapped(address) is not address:
        msg = f"“{text[:64]}” is an IPv4-mapped address: write {unmapped(address)}"
        raise ValueError(msg)
    return address


def _network(text: str) -> AddressRange:
    base, _, length = text.partition("/")
    if not length.isascii() or not length.isdigit():
        msg = f"“{text[:64]}” is not a CIDR: after the slash comes the prefix length, such as /24"
        raise ValueError(msg)
    address = _address(base)
    try:
        network = ip_network(f"{base}/{length}", strict=False)
    except ValueError:
        msg = f"“{text[:64]}” is not a CIDR: the prefix length is 0 to {address.max_prefixlen}"
        raise ValueError(msg) from None
    if network.network_address != address:
        msg = f"“{text[:64]}” has host bits set: write {network} for the whole network, or {base} for the one address"
        raise ValueError(msg)
    return AddressRange(network[0], network[-1], text)


def _first_to_last(text: str) -> AddressRange:
    left, _, right = text.partition("-")
    first, last = _address(left), _address(right)
    if first.version != last.version:
        msg = f"“{text[:96]}” mixes IPv4 and IPv6: write one range for each"
        raise ValueError(msg)
    if int(first) > int(last):
        msg = f"“{text[:96]}” ends before it begins: write the lower address first"
        raise ValueError(msg)
    if int(last) - int(first) >= MAXIMUM_RANGE:
        msg = f"“{text[:96]}” holds more than {MAXIMUM_RANGE:,} addresses: write it as a CIDR, or as several ranges"
        raise ValueError(msg)
    return AddressRange(first, last, text)
