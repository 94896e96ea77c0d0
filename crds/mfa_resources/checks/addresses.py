"""Addresses: ranges that two clients claim, and trusted ranges that must not be trusted."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mfa_resources.addresses import AddressRange
from mfa_resources.checks.objects import Objects, error
from mfa_resources.findings import Finding, ObjectId
from mfa_resources.v1alpha1 import LdapClient, MfaServerGroup, RadiusClient, TrustedIPRange

__all__ = ["check_addresses", "check_trusted_ranges"]

_Client = LdapClient | RadiusClient


@dataclass(frozen=True, slots=True)
class _Claim:
    client: _Client
    index: int
    range: AddressRange


def check_addresses(objects: Objects) -> Iterator[Finding]:
    """Yield an error for the younger of two clients of one group and kind that claim the same address and look the same.

    In one namespace the more specific range wins, so only equally specific ones conflict; across namespaces any overlap
    does, because nobody may take addresses away from another team.
    """
    for attached in objects.attached.values():
        for kind in (LdapClient, RadiusClient):
            clients: list[_Client] = [item for item in attached if isinstance(item, kind)]
            yield from _conflicts(objects, clients)


def _conflicts(objects: Objects, clients: list[_Client]) -> Iterator[Finding]:
    claims = [_Claim(client, index, one) for client in clients for index, one in enumerate(client.spec.addresses)]
    pairs: list[tuple[_Claim, _Claim]] = []
    for pair in _overlapping(claims):
        if _ambiguous(*pair):
            older, younger = sorted(pair, key=lambda claim: objects.seniority(claim.client))
            pairs.append((older, younger))
    out: set[ObjectId] = set()
    for older, younger in sorted(pairs, key=lambda both: objects.seniority(both[1].client)):
        if older.client.id not in out and younger.client.id not in out:  # who is out claims nothing
            out.add(younger.client.id)
            yield _conflict(older, younger)


def _conflict(older: _Claim, younger: _Claim) -> Finding:
    means = "match.listener or match.bindIdentities" if isinstance(younger.client, LdapClient) else "nasIdentifier"
    text = (
        f"{younger.range} overlaps {older.range} of {older.client.id}, and nothing tells the two apart;"
        f" change the addresses, or give both {means}"
    )
    return error(younger.client.id, f"spec.addresses[{younger.index}]", "Conflicted", text)


def _overlapping(claims: list[_Claim]) -> Iterator[tuple[_Claim, _Claim]]:
    """Yield pairs of overlapping ranges of different clients: one sweep over the ranges by their first address."""
    open_claims: list[_Claim] = []
    for claim in sorted(claims, key=lambda one: (one.range.version, int(one.range.first), -int(one.range.last))):
        open_claims = [one for one in open_claims if one.range.overlaps(claim.range)]
        for other in open_claims:
            if other.client.id != claim.client.id:
                yield other, claim
        open_claims.append(claim)


def _ambiguous(left: _Claim, right: _Claim) -> bool:
    across = left.client.metadata.namespace != right.client.metadata.namespace
    if not across and left.range.prefix_length != right.range.prefix_length:
        return False
    if isinstance(left.client, LdapClient) and isinstance(right.client, LdapClient):
        return _same_match(left.client, right.client)
    if isinstance(left.client, RadiusClient) and isinstance(right.client, RadiusClient):
        names = (left.client.spec.nas_identifier, right.client.spec.nas_identifier)
        return None in names or names[0] == names[1]
    return False


def _same_match(left: LdapClient, right: LdapClient) -> bool:
    listeners = {left.spec.match.listener, right.spec.match.listener}
    if listeners == {"LDAP", "LDAPS"}:
        return False
    mine = {name.casefold() for name in left.spec.match.bind_identities}
    theirs = {name.casefold() for name in right.spec.match.bind_identities}
    return not mine or not theirs or bool(mine & theirs)


def check_trusted_ranges(objects: Objects) -> Iterator[Finding]:
    """Yield an error for a trusted range that holds a listed proxy: behind it everybody would look trusted."""
    for name, attached in objects.attached.items():
        group = objects.items[name]
        if not isinstance(group, MfaServerGroup):
            continue
        proxies = list(_proxies(group))
        for item in attached:
            if isinstance(item, TrustedIPRange):
                yield from _trusted(item, proxies)


def _trusted(item: TrustedIPRange, proxies: list[tuple[str, AddressRange]]) -> Iterator[Finding]:
    for index, one in enumerate(item.spec.ranges):
        for place, proxy in proxies:
            if one.overlaps(proxy):
                text = f"{one} holds the proxy {proxy} of the group's {place}: everybody behind it would be trusted; leave it out"
                yield error(item.id, f"spec.ranges[{index}]", "ProxyTrusted", text)
                break


def _proxies(group: MfaServerGroup) -> Iterator[tuple[str, AddressRange]]:
    spec = group.spec
    places: defaultdict[str, tuple[AddressRange, ...]] = defaultdict(tuple)
    if spec.listeners.proxy_protocol is not None:
        places["listeners.proxyProtocol.from"] = spec.listeners.proxy_protocol.from_
    if spec.portal is not None:
        places["portal.trustedProxies"] = spec.portal.trusted_proxies
    if spec.webhooks is not None:
        places["webhooks.trustedProxies"] = spec.webhooks.trusted_proxies
    for place, ranges in places.items():
        for one in ranges:
            yield place, one
