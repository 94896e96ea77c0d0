"""Reading a directory through page by page, for directory sync: own connection per pass, own account.

The paging cookie belongs to its connection (RFC 2696 §3), so a pass whose connection is lost has failed; it is never
continued elsewhere.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.controls import paged_results, paged_results_cookie
from mfa_server.directories.errors import OwnBindRefusedError, SearchFailedError
from mfa_server.directories.naming import dns_domain, upn_of, user_id_of, username_of
from mfa_server.directories.search import SearchCollector, request_frame
from mfa_server.directories.servers import Servers
from mfa_server.directories.settings import DirectorySettings, DirectoryType
from mfa_server.ldap import ProtocolViolation, ResultCode, SearchRequest, SearchResultEntry, parse_name

__all__ = ["PagedReader", "ReadSession"]

_PAGE_ENTRIES: Final = 500
_PAGE_SECONDS: Final = 60.0
_MAX_PAGES: Final = 20_000
"""Ten million entries: beyond any directory, so a server that never ends is noticed."""


class ReadSession:
    """One pass's connection to the directory; made by ``PagedReader.session``. One search at a time."""

    def __init__(self, connection: LdapConnection, servers: Servers) -> None:
        self._connection = connection
        self._servers = servers

    async def pages(self, request: SearchRequest) -> AsyncIterator[tuple[SearchResultEntry, ...]]:
        """Yield the entries of a search page by page; pages may be short or empty, only the cookie ends them.

        Raises DirectoryUnavailableError; its subclass SearchFailedError tells the directory's result code.
        """
        cookie = b""
        for _ in range(_MAX_PAGES):
            entries, cookie = await self._page(request, cookie)
            yield entries
            if not cookie:
                return
        raise SearchFailedError("the directory's pages do not end", result_code=ResultCode.OTHER)

    async def _page(self, request: SearchRequest, cookie: bytes) -> tuple[tuple[SearchResultEntry, ...], bytes]:
        collector = SearchCollector(_PAGE_ENTRIES * 20)
        self._servers.counters.own_searches += 1
        frame = request_frame(request, (paged_results(_PAGE_ENTRIES, cookie),))
        self._connection.forward(frame, collector, _PAGE_SECONDS)
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


class PagedReader:
    """Reads entries of one directory; what ``sync`` asks for as its port."""

    def __init__(self, servers: Servers, settings: DirectorySettings) -> None:
        self._servers = servers
        self._settings = settings
        self._domain = dns_domain(parse_name(settings.base_dn))

    @property
    def type(self) -> str:
        """``ActiveDirectory``, ``OpenLDAP`` or ``Other``."""
        return self._settings.type.value

    @property
    def base_dn(self) -> str:
        """The directory's base DN."""
        return self._settings.base_dn

    @property
    def identity_attributes(self) -> tuple[str, ...]:
        """The attributes to ask for in every search whose entries become users."""
        principal = ("sAMAccountName", "userPrincipalName") if self.type == DirectoryType.ACTIVE_DIRECTORY else ()
        return tuple(dict.fromkeys((self._settings.id, *self._settings.usernames, *principal)))

    @property
    def username_attributes(self) -> tuple[str, ...]:
        """The attributes that hold a user's name, in order."""
        return self._settings.usernames

    def user_id(self, entry: SearchResultEntry) -> str:
        """Return the entry's immutable id as canonical text; empty when it has none that can be read."""
        return user_id_of(entry, self._settings.id)

    def username(self, entry: SearchResultEntry) -> str:
        """Return the name of the user that the entry is."""
        return username_of(entry, self._settings.usernames)

    def upn(self, entry: SearchResultEntry) -> str:
        """Return the entry's user principal name; empty where the directory has none."""
        return upn_of(entry, self._domain) if self.type == DirectoryType.ACTIVE_DIRECTORY else ""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ReadSession]:
        """Connect and bind for one pass. Raises DirectoryUnavailableError."""
        connection = await self._open()
        try:
            yield ReadSession(connection, self._servers)
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
