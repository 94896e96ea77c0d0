"""Which entries a client's service accounts are: names as an administrator wrote them, turned into verified identities.

A name that stands for nobody exempts nobody; it is reported once and looked up again after half a minute. When the
directory cannot be asked nothing is known, and whoever asked must refuse.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import structlog

from mfa_resources.addresses import AddressRange
from mfa_server.auth.attempt import ClientPolicy
from mfa_server.auth.ports import Directory, Identity
from mfa_server.clock import Clock

__all__ = ["ResolvedServiceAccount", "ServiceAccounts"]

log = structlog.get_logger("directory")
_FOUND_SECONDS: Final = 300.0
_NOT_FOUND_SECONDS: Final = 30.0
_MAX_NAMES: Final = 4096


@dataclass(frozen=True, slots=True)
class ResolvedServiceAccount:
    """A service account of one client."""

    identity: Identity
    visible: bool
    """Whether its entry is shown in search results to that client."""
    addresses: tuple[AddressRange, ...] = ()
    """Where it may come from; none: any address of the client."""


class ServiceAccounts:
    """Resolves service accounts and remembers them for five minutes."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Identity | None]] = OrderedDict()
        self._reported: set[tuple[str, str]] = set()

    async def resolve(self, policy: ClientPolicy) -> tuple[ResolvedServiceAccount, ...]:
        """Return the service accounts of a client that exist, in the order they are written.

        Raises DirectoryUnavailableError when one cannot be looked up now.
        """
        resolved: list[ResolvedServiceAccount] = []
        for written, visible, addresses in policy.service_accounts:
            identity = await self._identity(written)
            if identity is not None:
                self._reported.discard((policy.client, written))
                resolved.append(ResolvedServiceAccount(identity, visible, addresses))
            else:
                self._report(policy.client, written)
        return tuple(resolved)

    async def _identity(self, written: str) -> Identity | None:
        now = self._clock.monotonic()
        known = self._known.get(written)
        if known is not None and now < known[0]:
            return known[1]
        identity = await self._directory.resolve(written)
        seconds = _NOT_FOUND_SECONDS if identity is None else _FOUND_SECONDS
        self._known[written] = (now + seconds, identity)
        self._known.move_to_end(written)
        if len(self._known) > _MAX_NAMES:
            self._known.popitem(last=False)
        return identity

    def _report(self, client: str, written: str) -> None:
        if (client, written) in self._reported or len(self._reported) >= _MAX_NAMES:
            return
        self._reported.add((client, written))
        log.warning(
            "a service account is not in the directory: it is not exempt",
            client=client,
            identity=written,
            hint="serviceAccounts[].identity must be the DN, UPN or DOMAIN\\user of exactly one entry under baseDN",
        )
