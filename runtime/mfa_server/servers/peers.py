"""Reaching the other servers of the group: a small HTTP/1.1 client that finds an owner's address in our own table.

An address is never taken from a challenge reference or a request: ``server_id`` is looked up among the registered servers, and an
incarnation that is not there is unreachable. Sibling processes are reached over their control socket (``unix:/path``); other
machines will be over https with mutual TLS (``_open`` is the place).

h11 speaks the protocol, because uvicorn has it loaded anyway: httpx would cost 11 MiB of memory in every installation for two
requests that fit into one segment each.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import h11
from typing_extensions import override

from mfa_server.auth.ports import Peers, PeerUnreachableError
from mfa_server.clock import Clock
from mfa_server.errors import MfaError
from mfa_server.store.records import Server

__all__ = ["ANSWERS_PATH", "METRICS_PATH", "SUPERSEDED_PATH", "HttpPeers", "PeerTimeouts"]

SUPERSEDED_PATH = "/internal/superseded"
ANSWERS_PATH = "/internal/answers"
METRICS_PATH = "/internal/metrics"

_LOOKUP_SECONDS = 1.0
"""How long a read of the table is good for ids it holds."""
_HEAD_OCTETS = 16_384
_READ_OCTETS = 65_536


@dataclass(frozen=True, slots=True)
class PeerTimeouts:
    """Seconds from the look-up to the complete answer."""

    superseded: float = 0.3
    answer: float = 2.0
    metrics: float = 1.0


class HttpPeers(Peers):
    """The other servers, addressed by server id. ``servers`` reads the table of registered servers."""

    def __init__(
        self,
        servers: Callable[[], Awaitable[Sequence[Server]]],
        clock: Clock,
        timeouts: PeerTimeouts = PeerTimeouts(),
    ) -> None:
        self._servers = servers
        self._clock = clock
        self._timeouts = timeouts
        self._known: Mapping[str, Server] = {}
        self._read_at = float("-inf")

    @override
    async def superseded(self, owner: str, attempt_id: UUID, generation: int, reason: str) -> None:
        body = {"attempt_id": str(attempt_id), "generation": generation, "reason": reason}
        await self._ask(owner, "POST", SUPERSEDED_PATH, body, self._timeouts.superseded)

    @override
    async def deliver_code(self, owner: str, attempt_id: UUID, code: str, actor: str) -> str:
        body = {"attempt_id": str(attempt_id), "code": code, "actor": actor}
        answer = await self._ask(owner, "POST", ANSWERS_PATH, body, self._timeouts.answer)
        try:
            outcome = json.loads(answer)["outcome"]
        except (ValueError, TypeError, KeyError, RecursionError):
            outcome = None
        if not isinstance(outcome, str):
            raise PeerUnreachableError(f"server {owner} gave an answer that is not understood")
        return outcome

    async def metrics(self, owner: str) -> bytes:
        """Return a server's metrics in Prometheus' text format. Raises PeerUnreachableError."""
        return await self._ask(owner, "GET", METRICS_PATH, None, self._timeouts.metrics, limit=4 * 1024 * 1024)

    async def _ask(
        self,
        owner: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        seconds: float,
        *,
        limit: int = 16_384,
    ) -> bytes:
        """Return the body of a 2xx answer; everything else, and every failure on the way, is a PeerUnreachableError."""
        try:
            async with asyncio.timeout(seconds):
                address = await self._address(owner)
                return await _exchange(address, method, path, body, limit)
        except TimeoutError:
            raise PeerUnreachableError(f"server {owner} did not answer within {seconds:g} s") from None
        except (OSError, EOFError, h11.ProtocolError, ValueError) as error:
            raise PeerUnreachableError(f"server {owner} cannot be reached: {type(error).__name__}") from error

    async def _address(self, owner: str) -> str:
        now = self._clock.monotonic()
        if owner not in self._known or now - self._read_at > _LOOKUP_SECONDS:
            try:
                self._known = {server.server_id: server for server in await self._servers()}
                self._read_at = now
            except MfaError:
                if owner not in self._known:  # an address read earlier is still this incarnation's
                    raise PeerUnreachableError(
                        f"server {owner} cannot be looked up: the store does not answer"
                    ) from None
        server = self._known.get(owner)
        if server is None:
            raise PeerUnreachableError(f"server {owner} is not registered: it ended, or started anew")
        return server.address


async def _open(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest.startswith("/"):
        return await asyncio.open_unix_connection(rest)
    raise ValueError("only unix: addresses are spoken to; https with mutual TLS comes with servers on several machines")


async def _exchange(address: str, method: str, path: str, body: Mapping[str, Any] | None, limit: int) -> bytes:
    reader, writer = await _open(address)
    try:
        wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_OCTETS)
        content = b"" if body is None else json.dumps(body).encode()
        headers = [("host", "peer"), ("connection", "close"), ("content-type", "application/json")]
        headers.append(("content-length", str(len(content))))
        request = h11.Request(method=method, target=path, headers=headers)
        parts = [wire.send(request), wire.send(h11.Data(data=content)), wire.send(h11.EndOfMessage())]
        writer.write(b"".join(part for part in parts if part))
        await writer.drain()
        return await _answer(wire, reader, limit)
    finally:
        writer.close()


async def _answer(wire: h11.Connection, reader: asyncio.StreamReader, limit: int) -> bytes:
    received = bytearray()
    while True:
        event = wire.next_event()
        if event is h11.NEED_DATA:
            wire.receive_data(await reader.read(_READ_OCTETS))
        elif isinstance(event, h11.Response):
            if not 200 <= event.status_code < 300:
                raise ValueError(f"status {event.status_code}")
        elif isinstance(event, h11.Data):
            received += event.data
            if len(received) > limit:
                raise ValueError("the answer is too long")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(received)
        elif isinstance(event, h11.ConnectionClosed):
            raise EOFError("closed before the answer")
