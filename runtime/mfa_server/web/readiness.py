"""Whether this server may answer logons: a bundle, a certificate and a store that answers; never the directory.

One object for all who ask: the probes, ``/status`` and whoever closes the gateways' listeners.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mfa_server.errors import MfaError

__all__ = ["Readiness"]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each check is asked anew every time; the store has ``store_seconds`` for its answer."""

    bundle_loaded: Callable[[], bool]
    certificate_loaded: Callable[[], bool]
    ping_store: Callable[[], Awaitable[None]]
    """Raises MfaError when the store does not answer or cannot be written."""
    stopping: Callable[[], bool] = bool
    store_seconds: float = 2.0

    async def missing(self) -> tuple[str, ...]:
        """Return what is missing, as words for machines (``bundle``, ``certificate``, ``store``, ``stopping``); empty: ready."""
        found = []
        if self.stopping():
            found.append("stopping")
        if not self.bundle_loaded():
            found.append("bundle")
        if not self.certificate_loaded():
            found.append("certificate")
        try:
            async with asyncio.timeout(self.store_seconds):
                await self.ping_store()
        except (MfaError, TimeoutError):
            found.append("store")
        return tuple(found)
