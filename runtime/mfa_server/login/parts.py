"""What logons need from outside, handed in by the composition root and replaced as a whole at a reload."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mfa_resources.addresses import AddressRange
from mfa_server.auth.attempt import ClientPolicy, Method
from mfa_server.auth.decision import Decision
from mfa_server.auth.ports import CodeFactor, Directory, Identity, Peers, PromptFactor
from mfa_server.auth.state import Attempt
from mfa_server.clock import Clock, Randomness
from mfa_server.store import Store

__all__ = ["Observer", "Parts", "ServiceAccountPort", "ServiceAccountsPort"]


class ServiceAccountPort(Protocol):
    """One service account of a client as the directory knows it."""

    @property
    def identity(self) -> Identity:
        """The directory's entry."""
        ...

    @property
    def addresses(self) -> tuple[AddressRange, ...]:
        """Where it may come from; none: any address of the client."""
        ...


class ServiceAccountsPort(Protocol):
    """Knows the verified identities of a client's service accounts."""

    async def resolve(self, policy: ClientPolicy) -> Sequence[ServiceAccountPort]:
        """Return those that exist. Raises DirectoryUnavailableError when one cannot be looked up now."""
        ...


Observer = Callable[[Decision, Attempt], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a logon needs from outside. Replaced as a whole at a reload; pending logons go on."""

    store: Store
    directory: Directory
    service_accounts: ServiceAccountsPort
    peers: Peers
    code_factors: tuple[CodeFactor, ...]
    prompt_factors: Mapping[Method, PromptFactor]
    policy_of: Callable[[str], ClientPolicy | None]
    """The policy of a client (``namespace/name``) as configured now; None: it is not configured any more."""
    clock: Clock
    randomness: Randomness
    hash_key: bytes = field(repr=False)
    """Key of the keyed hashes of passwords."""
    observe: Observer = lambda _decision, _attempt: None
    """Told of every end; metrics and the log hang here."""
