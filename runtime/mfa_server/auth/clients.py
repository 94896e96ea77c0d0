"""Step 1: which client is this. By source address, the most specific range wins; clients that share one are told apart later.

A client that no range covers is nobody: its connection is closed before a handshake.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from mfa_resources import LdapClient, MfaServerGroup
from mfa_resources.addresses import AddressRange, unmapped
from mfa_server.auth.attempt import ClientPolicy
from mfa_server.auth.policy import ldap_client_policy

__all__ = ["ClientTable"]


@dataclass(frozen=True, slots=True)
class _Entry:
    area: AddressRange
    listener: str
    identities: frozenset[str]
    policy: ClientPolicy


class ClientTable:
    """The configured LDAP clients of one group, ready to be looked up. Immutable; a reload makes a new one."""

    def __init__(self, group: MfaServerGroup, clients: Iterable[LdapClient]) -> None:
        self._entries: list[_Entry] = []
        self._policies: dict[str, ClientPolicy] = {}
        for client in clients:
            policy = ldap_client_policy(client, group)
            self._policies[policy.client] = policy
            match = client.spec.match
            identities = frozenset(_plain(name) for name in match.bind_identities)
            for area in client.spec.addresses:
                self._entries.append(_Entry(area, match.listener, identities, policy))

    @property
    def policies(self) -> tuple[ClientPolicy, ...]:
        """Every client's policy."""
        return tuple(self._policies.values())

    def policy_of(self, client: str) -> ClientPolicy | None:
        """Return the policy of ``namespace/name``, or None if it is not configured (any more)."""
        return self._policies.get(client)

    def candidates(self, address: str, listener: str) -> tuple[ClientPolicy, ...]:
        """Return the clients of the most specific range that covers the address, on this listener (``LDAP`` or ``LDAPS``).

        Empty: unknown source, or one whose clients serve the other listener only; a wider range's rules never take their place.
        Several: ``choose`` decides by the connection's first bind.
        """
        peer = unmapped(ip_address(address))
        covering = [entry for entry in self._entries if peer in entry.area]
        longest = max((entry.area.prefix_length for entry in covering), default=0)
        nearest = (e for e in covering if e.area.prefix_length == longest and e.listener in ("Any", listener))
        return tuple({entry.policy.client: entry.policy for entry in nearest}.values())

    def choose(self, candidates: tuple[ClientPolicy, ...], bind_name: str) -> ClientPolicy | None:
        """Return the client whose ``match.bindIdentities`` name the first bind of a connection.

        A client that names none takes what nobody else named, if it is the only such one. None: nobody fits.
        """
        wanted = {policy.client for policy in candidates}
        naming = {e.policy.client: e.policy for e in self._entries if e.policy.client in wanted and e.identities}
        named = {e.policy.client: e.policy for e in self._entries if _plain(bind_name) in e.identities}
        fitting = [policy for client, policy in named.items() if client in wanted]
        if not fitting:
            fitting = [policy for policy in candidates if policy.client not in naming]
        return fitting[0] if len(fitting) == 1 else None


def _plain(name: str) -> str:
    """Fold what people write differently: case, and blanks around the commas and equals signs of a DN."""
    folded = name.casefold().strip()
    for mark in (",", "="):
        folded = mark.join(part.strip() for part in folded.split(mark))
    return folded
