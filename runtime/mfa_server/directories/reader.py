"""Reading a directory through page by page, for directory sync: own connection per pass, own account.

The paging cookie belongs to its connection (RFC 2696 §3), so a pass whose connection is lost has failed; it is never
continued elsewhere.
"""

from collections.abc import AsyncIterator
from typing import Final

from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.controls import paged_results, paged_results_cookie
from mfa_server.directories.errors import OwnBindRefusedError, SearchFailedError
from mfa_server.directories.naming import user_id_of
from mfa_server.directories.search import SearchCollector, request_frame
from mfa_server.directories.servers import Servers
from mfa_server.directories.settings import DirectorySettings
from mfa_server.ldap import ProtocolViolation, ResultCode, SearchRequest, SearchResultEntry

__all__ = ["PagedReader"]

_PAGE_ENTRIES: Final = 500
_PAGE_SECONDS: Final = 60.0
_MAX_PAGES: Final = 20_000
"""Ten million entries: beyond any directory, so a server that never ends is noticed."""


class PagedReader:
    """Reads entries of one directory; what ``sync`` asks for as its port."""

    def __init__(self, servers: Servers, settings: DirectorySettings) -> None:
        self._servers = servers
        self._settings = settings

    @property
    def type(self) -> str:
        """``ActiveDirectory``, ``OpenLDAP`` or ``Other``."""
        return self._settings.type.value

    @property
    def base_dn(self) -> str:
        """The directory's base DN."""
        return self._settings.base_dn

    @property
    def id_attribute(self) -> str:
        """The attribute that holds the immutable id; ask for it in every search whose entries become users."""
        return self._settings.id

    @property
    def username_attributes(self) -> tuple[str, ...]:
        """The attributes that hold a user's name, in order."""
        return self._settings.usernames

    def user_id(self, entry: SearchResultEntry) -> str:
        """Return the entry's immutable id as canonical text; empty when it has none that can be read."""
        return user_id_of(entry, self._settings.id)

    async def pages(self, request: SearchRequest) -> AsyncIterator[tuple[SearchResultEntry, ...]]:
        """Yield the entries of a search page by page; pages may be short or empty, only the cookie ends them.

        Raises DirectoryUnavailableError; its subclass SearchFailedError tells the directory's result code.
        """
        connection = await self._open()
        try:
            cookie = b""
            for _ in range(_MAX_PAGES):
                entries, cookie = await self._page(connection, request, cookie)
                yield entries
                if not cookie:
                    return
            raise SearchFailedError("the directory's pages do not end", result_code=ResultCode.OTHER)
        finally:
            connection.close()

    async def _open(self) -> LdapConnection:
        connection = await self._servers.connect()
        self._servers.counters.own_binds += 1
        result = await connection.bind(self._settings.bind_name, self._settings.bind_password)
        if result.result_code != ResultCode.SUCCESS:
            connection.close()
            raise OwnBindRefusedError(
                f"{connection.server} refuses {self._settings.bind_name!r} with result {result.result_code}",
                result_code=result.result_code,
                hint="directory.bindSecretRef must hold the name and the present password of an account that may search",
            )
        return connection

    async def _page(
        self, connection: LdapConnection, request: SearchRequest, cookie: bytes
    ) -> tuple[tuple[SearchResultEntry, ...], bytes]:
        collector = SearchCollector(_PAGE_ENTRIES * 20)
        self._servers.counters.own_searches += 1
        connection.forward(request_frame(request, (paged_results(_PAGE_ENTRIES, cookie),)), collector, _PAGE_SECONDS)
        outcome = await collector.outcome
        if outcome.result.result_code != ResultCode.SUCCESS:
            raise SearchFailedError(
                f"the search under {request.base_object!r} ended with result {outcome.result.result_code}"
                f" ({outcome.result.diagnostic_message[:200]})",
                result_code=outcome.result.result_code,
            )
        try:
            return outcome.entries, paged_results_cookie(outcome.controls)
        except ProtocolViolation as error:
            text = f"the directory's paging control is malformed: {error}"
            raise SearchFailedError(text, result_code=ResultCode.OTHER) from None
