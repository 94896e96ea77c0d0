"""Searches this program makes for itself, under the server group's own account, many at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.directories.errors import OwnBindRefusedError, SearchFailedError
from mfa_server.directories.servers import Servers
from mfa_server.directories.settings import DirectorySettings
from mfa_server.directories.shared import BindKind, Credential, SharedConnections, SharedLimits, SharedRequest
from mfa_server.ldap import (
    Control,
    Frame,
    LDAPMessage,
    LDAPResult,
    ProtocolViolation,
    ResultCode,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    Tag,
    decode_controls,
    decode_operation,
    encode_message,
)
from mfa_server.ldap.framing import parse_frame

__all__ = ["OwnSearches", "SearchCollector", "SearchOutcome", "request_frame"]

_LIMITS: Final = SharedLimits(refused_seconds=60.0)
"""A refused bind of the own account is repeated once a minute, so that a mended password works without a restart."""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search brought. References are left out: they name other servers."""

    entries: tuple[SearchResultEntry, ...]
    result: LDAPResult
    controls: tuple[Control, ...] = ()


def request_frame(request: SearchRequest, controls: Sequence[Control] = ()) -> Frame:
    """Encode a search as a frame that a connection forwards."""
    return parse_frame(encode_message(LDAPMessage(1, request, tuple(controls))))


class SearchCollector:
    """Gathers the responses of one search into ``outcome``; more than ``limit`` entries fail it."""

    def __init__(self, limit: int) -> None:
        self.outcome: asyncio.Future[SearchOutcome] = asyncio.get_running_loop().create_future()
        self._entries: list[SearchResultEntry] = []
        self._limit = limit

    def response(self, frame: Frame, *, final: bool) -> None:
        """Take one response."""
        if self.outcome.done():
            return
        try:
            if final:
                self._finish(frame)
            elif frame.tag == Tag.SEARCH_RESULT_ENTRY:
                self._add(frame)
        except ProtocolViolation as error:
            self._fail(SearchFailedError(f"the directory's answer is no LDAP: {error}", result_code=ResultCode.OTHER))

    def failed(self, result_code: int, text: str) -> None:
        """Take the news that the directory could not be asked."""
        if result_code == ResultCode.INVALID_CREDENTIALS:
            hint = "directory.bindSecretRef must hold the name and the present password of an account that may search"
            self._fail(OwnBindRefusedError(text, result_code=result_code, hint=hint))
        else:
            self._fail(DirectoryUnavailableError(text))

    def lost(self, error: DirectoryUnavailableError) -> None:
        """Take the news that the connection is gone."""
        self._fail(error)

    def _add(self, frame: Frame) -> None:
        if len(self._entries) >= self._limit:
            self._fail(
                SearchFailedError(f"more than {self._limit} entries", result_code=ResultCode.SIZE_LIMIT_EXCEEDED)
            )
            return
        entry = decode_operation(frame.tag, frame.content)
        if isinstance(entry, SearchResultEntry):
            self._entries.append(entry)

    def _finish(self, frame: Frame) -> None:
        done = decode_operation(frame.tag, frame.content)
        if isinstance(done, SearchResultDone):
            self.outcome.set_result(SearchOutcome(tuple(self._entries), done.result, decode_controls(frame.controls)))

    def _fail(self, error: DirectoryUnavailableError) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


class OwnSearches:
    """Searches under the own account. ``search`` may be called any number of times at once."""

    def __init__(self, servers: Servers, settings: DirectorySettings) -> None:
        self._servers = servers
        credential = Credential(settings.bind_name, settings.bind_password, BindKind.OWN)
        self._connections = SharedConnections(servers, credential, _LIMITS)
        self._timeout = settings.timeout_seconds

    async def search(self, request: SearchRequest, *, limit: int = 1000) -> SearchOutcome:
        """Search and return what came, whatever the result. Raises DirectoryUnavailableError when no answer came."""
        collector = SearchCollector(limit)
        shared = SharedRequest(request_frame(request), collector, self._timeout)
        self._servers.counters.own_searches += 1
        self._connections.submit(shared)
        try:
            return await collector.outcome
        finally:
            self._connections.cancel(shared)

    def close(self) -> None:
        """Close the connections; what is on its way fails."""
        self._connections.close()
