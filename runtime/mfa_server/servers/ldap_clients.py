"""Which client a connection belongs to: candidates by source address, one of them by the first bind that gives a name."""

from mfa_server.auth.attempt import ClientPolicy
from mfa_server.servers.ports import Clients

__all__ = ["ClientChoice", "unmapped"]


class ClientChoice:
    """The clients of one connection; ``refresh`` after a reload."""

    __slots__ = ("_address", "_candidates", "_chosen", "_clients", "_listener", "_service_client")

    def __init__(self, address: str, listener: str) -> None:
        self._address = address
        self._listener = listener
        self._clients: Clients | None = None
        self._candidates: tuple[ClientPolicy, ...] = ()
        self._chosen: ClientPolicy | None = None
        self._service_client = ""

    def __bool__(self) -> bool:
        """Whether any client covers the source address."""
        return bool(self._candidates)

    def refresh(self, clients: Clients) -> None:
        """Follow a reload: the client that was chosen under its new rules, or none where it is gone."""
        if clients is self._clients:
            return
        self._clients = clients
        self._candidates = clients.candidates(self._address, self._listener)
        if self._chosen is not None:
            same = [policy for policy in self._candidates if policy.client == self._chosen.client]
            self._chosen = same[0] if same else None

    def for_bind(self, name: str) -> ClientPolicy | None:
        """Return the client whose rules hold for a bind; None: none fits.

        The first bind that gives a name decides for the connection. An anonymous one names nobody and decides nothing.
        """
        if self._chosen is not None or self._clients is None:
            return self._chosen
        chosen = self._clients.choose(self._candidates, name)
        if name:
            self._chosen = chosen
        return chosen

    @property
    def chosen(self) -> ClientPolicy | None:
        """The client that was chosen; None before that, or where it is not configured any more."""
        return self._chosen

    def note_service_bind(self, policy: ClientPolicy) -> None:
        """Remember that a service account of this client has bound on this connection."""
        self._service_client = policy.client

    def service_bound(self, policy: ClientPolicy) -> bool:
        """Whether a service account of the same client has bound on this connection before."""
        return bool(self._service_client) and self._service_client == policy.client

    def forget(self) -> None:
        """Drop what binds have decided: the connection starts TLS, and nothing from before counts."""
        self._chosen = None
        self._service_client = ""


def unmapped(address: str) -> str:
    """Return an IPv4 address that came over an IPv6 socket, written as IPv4 (RFC 4291 §2.5.5.2)."""
    return address[7:] if address.startswith("::ffff:") and "." in address else address
