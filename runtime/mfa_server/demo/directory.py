"""A small read-only directory for demonstrations and tests, served over LDAPS and StartTLS.

It behaves as an Active Directory domain controller does where gateways and people can tell the difference: sub-codes in
the text of result 49, no search before a bind, at most 1,000 entries per answer, paging, no plain password. It is no
place for anybody's real accounts.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Final, cast

from typing_extensions import override

from mfa_server.demo.tree import DemoEntry, DemoTree
from mfa_server.ldap import (
    Attribute,
    BindRequested,
    Control,
    ExtendedRequested,
    ExtendedResponse,
    LDAPResult,
    OperationRequested,
    ProtocolViolated,
    ProtocolViolation,
    RequestRefused,
    ResultCode,
    Scope,
    SearchRequest,
    SearchRequested,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    ServerEvent,
    ServerSession,
    SimpleAuthentication,
    StartTlsRequested,
    Unbound,
    format_filter,
    oids,
)
from mfa_server.ldap.ber import INTEGER, SEQUENCE, Reader, encode_element, encode_integer, encode_octets

__all__ = ["DemoDirectory"]

_MAX_ENTRIES: Final = 1000
"""MaxPageSize of Active Directory (MS-ADTS 3.1.1.3.4.6)."""
_HANDSHAKE_SECONDS: Final = 10.0
_AD_CAPABILITY: Final = b"1.2.840.113556.1.4.800"


class DemoDirectory:
    """The server. ``on_event`` is told each bind and search in a sentence, without passwords."""

    def __init__(self, tree: DemoTree, on_event: Callable[[str], None] | None = None) -> None:
        self.tree = tree
        self.ldaps_port = 0
        self.ldap_port = 0
        self._on_event = on_event
        self._binds: Counter[str] = Counter()
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()
        self._context: ssl.SSLContext | None = None

    async def start(
        self, context: ssl.SSLContext, *, host: str = "127.0.0.1", ldaps_port: int = 0, ldap_port: int = 0
    ) -> None:
        """Listen; ports of 0 are chosen freely and stand in ``ldaps_port`` and ``ldap_port`` afterwards."""
        loop = asyncio.get_running_loop()
        self._context = context
        ldaps = await loop.create_server(
            lambda: _Connection(self, tls=True),
            host,
            ldaps_port or self.ldaps_port,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
        )
        self._servers.append(ldaps)
        plain = await loop.create_server(lambda: _Connection(self, tls=False), host, ldap_port or self.ldap_port)
        self._servers.append(plain)
        self.ldaps_port = ldaps.sockets[0].getsockname()[1]
        self.ldap_port = plain.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and close every connection; ``start`` listens on the same ports again."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.close()
        for server in self._servers:
            await server.wait_closed()
        self._servers = []

    def binds_of(self, dn: str) -> int:
        """Return how many binds named this entry, in whatever form, with whatever password."""
        entry = self.tree.who(dn)
        return self._binds[entry.name.key] if entry is not None else 0

    @property
    def connections(self) -> int:
        """Connections that are open."""
        return len(self._connections)

    # For the connections ----------------------------------------------------------------------------------------------

    def bind(self, name: str, password: bytes) -> tuple[LDAPResult, DemoEntry | None]:
        """Answer a bind and count it."""
        known = self.tree.who(name)
        if known is not None:
            self._binds[known.name.key] += 1
        result, entry = self.tree.check(name, password)
        outcome = "accepted" if entry is not None else f"refused ({_sub_code(result)})"
        self.tell(f"bind as {known.dn if known is not None else name}: {outcome}")
        return result, entry

    def tell(self, text: str) -> None:
        """Narrate."""
        if self._on_event is not None:
            self._on_event(text)

    def root_dse(self) -> SearchResultEntry:
        """Return what the server says of itself."""
        domain = self.tree.domain.dn
        facts = {
            "namingContexts": (domain, str(self.tree.configuration)),
            "defaultNamingContext": (domain,),
            "rootDomainNamingContext": (domain,),
            "configurationNamingContext": (str(self.tree.configuration),),
            "dnsHostName": (f"dc1.{self.tree.dns_name}",),
            "supportedControl": (oids.PAGED_RESULTS,),
            "supportedExtension": (oids.START_TLS, oids.WHO_AM_I),
            "supportedLDAPVersion": ("3",),
        }
        attributes = [Attribute(name, tuple(value.encode() for value in values)) for name, values in facts.items()]
        return SearchResultEntry("", (*attributes, Attribute("supportedCapabilities", (_AD_CAPABILITY,))))

    def joined(self, connection: "_Connection") -> ssl.SSLContext | None:
        """Note a connection; returns what StartTLS needs."""
        self._connections.add(connection)
        return self._context

    def left(self, connection: "_Connection") -> None:
        """Forget a connection."""
        self._connections.discard(connection)


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, directory: DemoDirectory, *, tls: bool) -> None:
        self._directory = directory
        self._session = ServerSession(tls=tls)
        self._context: ssl.SSLContext | None = None
        self._transport: asyncio.Transport | None = None
        self._upgrade: asyncio.Task[None] | None = None
        self._pages: dict[bytes, list[SearchResultEntry]] = {}
        self._next_cookie = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._context = self._directory.joined(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._session.close()
        self._directory.left(self)

    @override
    def data_received(self, data: bytes) -> None:
        self._handle(self._session.receive(data))

    def close(self) -> None:
        """Leave without a word, as a server that is switched off."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _handle(self, events: list[ServerEvent]) -> None:
        for event in events:
            match event:
                case BindRequested():
                    self._bind(event)
                case SearchRequested():
                    self._search(event)
                case ExtendedRequested():
                    self._extended(event)
                case OperationRequested():
                    text = "the demonstration directory is read-only"
                    self._write(self._session.refuse(event, LDAPResult(ResultCode.UNWILLING_TO_PERFORM, "", text)))
                case StartTlsRequested():
                    self._write(self._session.start_tls_response(event, LDAPResult(ResultCode.SUCCESS)))
                    self._upgrade = asyncio.get_running_loop().create_task(self._start_tls())
                case RequestRefused():
                    self._write(event.reply)
                case Unbound() | ProtocolViolated():
                    self._write(event.reply if isinstance(event, ProtocolViolated) else b"")
                    if self._transport is not None:
                        self._transport.close()
                case _:
                    pass  # BindSuperseded and OperationAbandoned: everything is answered at once

    async def _start_tls(self) -> None:
        if self._transport is None or self._context is None:
            return
        early = _Early(self)
        try:
            self._transport = await asyncio.get_running_loop().start_tls(
                self._transport, early, self._context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_SECONDS
            )
        except OSError:  # ssl.SSLError is one
            self.connection_lost(None)
            return
        self._session.tls_started()
        if self._transport is not None:
            self._transport.set_protocol(self)
        early.release()

    def _bind(self, event: BindRequested) -> None:
        request = event.request
        self._pages.clear()
        identity: DemoEntry | None = None
        if not isinstance(request.authentication, SimpleAuthentication):
            result = LDAPResult(ResultCode.AUTH_METHOD_NOT_SUPPORTED, "", "simple binds only")
        elif event.critical_controls:
            result = LDAPResult(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION)
        elif not request.name and not request.authentication.password:
            result = LDAPResult(ResultCode.SUCCESS)
        elif not self._session.tls:
            text = "00002028: LdapErr: DSID-0C090274, comment: The server requires binds to turn on integrity checking"
            result = LDAPResult(ResultCode.STRONGER_AUTH_REQUIRED, "", text)
        elif not request.authentication.password:
            result = LDAPResult(ResultCode.UNWILLING_TO_PERFORM, "", "a name without a password")
        else:
            result, identity = self._directory.bind(request.name, request.authentication.password)
        self._write(self._session.bind_response(event, result, identity=identity))
        self._handle(self._session.resume())

    def _extended(self, event: ExtendedRequested) -> None:
        if event.request.request_name != oids.WHO_AM_I:
            result = LDAPResult(ResultCode.PROTOCOL_ERROR, "", "no such extended operation")
            self._write(self._session.refuse(event, result))
            return
        who = self._session.identity
        name = ""
        if isinstance(who, DemoEntry):
            name = f"u:{self._directory.tree.short_name}\\{who.first('sAMAccountName')}"
        response = ExtendedResponse(LDAPResult(ResultCode.SUCCESS), None, name.encode())
        self._write(self._session.reply(event, response))

    # Searches ---------------------------------------------------------------------------------------------------------

    def _search(self, event: SearchRequested) -> None:
        try:
            request = event.decode()
            page = _page_asked(event.controls)
        except ProtocolViolation as error:
            self._done(event, LDAPResult(ResultCode.PROTOCOL_ERROR, "", str(error)))
            return
        if not request.base_object and request.scope == Scope.BASE_OBJECT:
            self._write(self._session.reply(event, self._directory.root_dse()))
            self._done(event, LDAPResult(ResultCode.SUCCESS))
        elif any(control.criticality and control.control_type != oids.PAGED_RESULTS for control in event.controls):
            self._done(event, LDAPResult(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION))
        elif self._session.identity is None:
            text = "000004DC: LdapErr: DSID-0C090A37, comment: a successful bind must be completed on the connection"
            self._done(event, LDAPResult(ResultCode.OPERATIONS_ERROR, "", text))
        elif page is None:
            self._answer_whole(event, request)
        else:
            self._answer_page(event, request, *page)

    def _answer_whole(self, event: SearchRequested, request: SearchRequest) -> None:
        found, result = self._directory.tree.search(request)
        self._tell_search(request, found)
        limit = min(request.size_limit or _MAX_ENTRIES, _MAX_ENTRIES)
        if len(found) > limit:
            found, result = found[:limit], LDAPResult(ResultCode.SIZE_LIMIT_EXCEEDED)
        self._entries(event, found)
        tree = self._directory.tree
        if request.scope == Scope.WHOLE_SUBTREE and tree.get(request.base_object) is tree.domain:
            elsewhere = f"ldap://dc1.{tree.dns_name}/{tree.configuration}"
            self._write(self._session.reply(event, SearchResultReference((elsewhere,))))
        self._done(event, result)

    def _answer_page(self, event: SearchRequested, request: SearchRequest, size: int, cookie: bytes) -> None:
        if cookie:
            rest, result = self._pages.pop(cookie, None), LDAPResult(ResultCode.SUCCESS)
            if rest is None:
                text = "00002040: a paging cookie of another connection, or one that was used"
                self._done(event, LDAPResult(ResultCode.UNWILLING_TO_PERFORM, "", text))
                return
        else:
            rest, result = self._directory.tree.search(request)
            self._tell_search(request, rest)
        size = min(size, _MAX_ENTRIES)
        self._entries(event, rest[:size])
        following = b""
        if len(rest) > size > 0:
            self._next_cookie += 1
            following = self._next_cookie.to_bytes(8, "big")
            self._pages[following] = rest[size:]
        value = encode_element(SEQUENCE, encode_integer(0) + encode_octets(following))
        self._done(event, result, (Control(oids.PAGED_RESULTS, value=value),))

    def _entries(self, event: SearchRequested, found: list[SearchResultEntry]) -> None:
        self._write(b"".join([self._session.reply(event, entry) for entry in found]))

    def _done(self, event: SearchRequested, result: LDAPResult, controls: tuple[Control, ...] = ()) -> None:
        self._write(self._session.reply(event, SearchResultDone(result), controls))

    def _tell_search(self, request: SearchRequest, found: list[SearchResultEntry]) -> None:
        count = f"{len(found)} {'entry' if len(found) == 1 else 'entries'}"
        self._directory.tell(f"search under {request.base_object} for {format_filter(request.filter)}: {count}")


class _Early(asyncio.Protocol):
    """Holds what a client sends at once behind its handshake, until the connection knows that it is inside TLS."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._held: list[bytes] = []
        self._lost = False

    @override
    def data_received(self, data: bytes) -> None:
        self._held.append(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True

    def release(self) -> None:
        """Hand on what came."""
        for data in self._held:
            self._connection.data_received(data)
        if self._lost:
            self._connection.connection_lost(None)


def _page_asked(controls: tuple[Control, ...]) -> tuple[int, bytes] | None:
    """Return size and cookie of the paging control (RFC 2696), if there is one."""
    for control in controls:
        if control.control_type == oids.PAGED_RESULTS and control.value is not None:
            inner = Reader(control.value, 0, len(control.value)).enter(SEQUENCE)
            return inner.integer(INTEGER), inner.octets()
    return None


def _sub_code(result: LDAPResult) -> str:
    _, found, rest = result.diagnostic_message.partition(", data ")
    return f"data {rest.split(',', 1)[0]}" if found else f"result {result.result_code}"
