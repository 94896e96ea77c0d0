"""The searches of one connection that a service account has bound: passed on, and service accounts kept out of sight.

Requests and responses go byte for byte. Two things are looked at: an entry's name, since entries of the client's
service accounts are dropped whole unless they are to be seen, and references, which would lead a gateway past this
server. Every service account that matched a search is remembered until the connection's next bind, shown or not: a
service account that was searched for was typed by a person (design: service accounts are exempt by verified identity).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from mfa_server.auth.attempt import ClientPolicy, References
from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.ldap import (
    DistinguishedNameError,
    Frame,
    LDAPResult,
    OperationRequested,
    ProtocolViolation,
    ResultCode,
    SearchRequested,
    ServerSession,
    entry_dn,
    oids,
    parse_name,
)
from mfa_server.ldap.ber import ENUMERATED, read_element, read_integer
from mfa_server.ldap.messages import CompareRequest
from mfa_server.servers.ldap_front import LdapFront
from mfa_server.servers.ports import RelaySession, ServiceAccount

__all__ = ["KNOWN_SECONDS", "PASSWORD_ATTRIBUTES", "Searches", "entry_key"]

KNOWN_SECONDS: Final = 60.0
"""How long a connection goes by the service accounts it was told of."""

PASSWORD_ATTRIBUTES: Final = frozenset({"userpassword", "2.5.4.35", "unicodepwd", "1.2.840.113556.1.4.90"})
"""Attributes that are never compared: a compare with one is a password check without a second factor."""

_UNAVAILABLE = LDAPResult(ResultCode.UNAVAILABLE, "", "the directory cannot be searched at present; try again later")
_NO_ENTRY = LDAPResult(ResultCode.NO_SUCH_OBJECT, "", "no such entry here")
_NO_COMPARE = LDAPResult(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "", "passwords are checked by a bind only")
_AS_SOMEBODY_ELSE: Final = frozenset({oids.PROXIED_AUTHORIZATION, oids.PROXIED_AUTHORIZATION_V1})
_NO_PROXY = LDAPResult(ResultCode.AUTHORIZATION_DENIED, "", "requests pass under the identity that was bound only")
_NOT_ANY_MORE = LDAPResult(
    ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "", "this account is not one of the client's service accounts any more"
)
_ELSEWHERE = LDAPResult(ResultCode.UNWILLING_TO_PERFORM, "", "the directory refers to another server")

_Request = SearchRequested | OperationRequested

log = structlog.get_logger("ldap")


def entry_key(name: bytes) -> str:
    """Return the comparable form of an entry's name. Raises DistinguishedNameError.

    Active Directory's extended form, ``<GUID=...>;<SID=...>;CN=...`` (MS-ADTS 3.1.1.3.4.1.5), is read too.
    """
    while name.startswith(b"<"):
        _, found, name = name.partition(b">;")
        if not found:
            raise DistinguishedNameError("an extended name that does not end in a name", 0)
    return parse_name(name).key


class Searches:
    """The relayed requests of one connection, from a service account's bind to the connection's next bind.

    ``bound_as`` is the key of that account's name: where a reload takes it from the client's list, its searches end too.
    """

    __slots__ = (
        "_bound_as",
        "_front",
        "_hidden",
        "_known",
        "_known_until",
        "_policy",
        "_relay",
        "_resolving",
        "_session",
        "_sinks",
        "_waiting",
        "_write",
        "matched",
    )

    def __init__(
        self,
        front: LdapFront,
        session: ServerSession,
        relay: RelaySession,
        bound_as: str,
        write: Callable[[bytes], None],
    ) -> None:
        self._front = front
        self._bound_as = bound_as
        self._session = session
        self._relay = relay
        self._policy: ClientPolicy | None = None  # whose service accounts are known
        self._known_until = 0.0
        self._write = write
        self._known: frozenset[str] = frozenset()
        self._hidden: frozenset[str] = frozenset()
        self._resolving: asyncio.Task[None] | None = None
        self._waiting: list[_Request] = []
        self._sinks: dict[_Request, _Sink] = {}
        self.matched: set[str] = set()
        """Keys of the service accounts that matched a search."""

    def request(self, request: _Request, policy: ClientPolicy) -> None:
        """Pass a search or a compare on, as soon as the client's service accounts are known."""
        if policy is not self._policy:
            self._policy = policy
            self._known_until = 0.0
        if self._front.clock.monotonic() < self._known_until:
            self._pass_on(request)
            return
        self._waiting.append(request)
        if self._resolving is None:
            self._resolving = self._front.loop.create_task(self._resolve())

    def abandon(self, request: _Request) -> None:
        """The client wants no answer any more."""
        if request in self._waiting:
            self._waiting.remove(request)
        sink = self._sinks.pop(request, None)
        if sink is not None:
            self._relay.abandon(sink.token)

    def pause(self) -> None:
        """The client does not read: take no more from the directory, where that holds nobody else up."""
        self._relay.pause()

    def resume(self) -> None:
        """The client reads again."""
        self._relay.resume()

    def close(self) -> None:
        """Stop everything; nothing is written any more."""
        if self._resolving is not None:
            self._resolving.cancel()
        self._waiting = []
        self._sinks = {}
        self._relay.close()

    # Service accounts

    async def _resolve(self) -> None:
        """Learn the service accounts; searches that are under way go by what was known when they began or by newer."""
        accounts: Sequence[ServiceAccount] | None = None
        policy = None
        try:
            while policy is not self._policy:  # a reload may come between
                policy = self._policy
                accounts = await self._front.parts.service_accounts.resolve(policy) if policy else ()
        except DirectoryUnavailableError:
            accounts = None
        except Exception:  # whatever it was, the next search is to be answered
            log.exception("a fault in this program kept service accounts from being known")
            accounts = None
        self._resolving = None
        waiting, self._waiting = self._waiting, []
        if accounts is None:
            for request in waiting:
                self.refuse(request, _UNAVAILABLE)
            return
        self._known = frozenset(account.identity.dn_key for account in accounts)
        self._hidden = frozenset(account.identity.dn_key for account in accounts if not account.visible)
        self._known_until = self._front.clock.monotonic() + KNOWN_SECONDS
        for request in waiting:
            self._pass_on(request)

    def _omits(self, name: bytes) -> bool:
        """Whether an entry of this name stays out of sight; notes it when it is a service account's."""
        if not self._known:
            return False
        try:
            key = entry_key(name)
        except DistinguishedNameError:
            return True  # cannot be told from a service account's
        if key in self._known:
            self.matched.add(key)
        return key in self._hidden

    # Passing on

    def _pass_on(self, request: _Request) -> None:
        """Forward a request, if whoever is bound here is still one of the client's service accounts."""
        if self._bound_as in self._known:
            self._forward(request)
        else:
            self.refuse(request, _NOT_ANY_MORE)

    def _forward(self, request: _Request) -> None:
        if isinstance(request, OperationRequested):
            refusal = self._compare_refusal(request)
            if refusal is not None:
                self.refuse(request, refusal)
                return
        try:
            controls = request.controls if isinstance(request, SearchRequested) else request.decode_controls()
        except ProtocolViolation as violation:
            self.refuse(request, LDAPResult(ResultCode.PROTOCOL_ERROR, "", str(violation)))
            return
        if any(control.control_type in _AS_SOMEBODY_ELSE for control in controls):
            self.refuse(request, _NO_PROXY)
            return
        sink = _Sink(self, request)
        self._sinks[request] = sink
        sink.token = self._relay.forward(request.frame, controls, sink)

    def _compare_refusal(self, request: OperationRequested) -> LDAPResult | None:
        try:
            operation = request.decode()
        except ProtocolViolation as violation:
            return LDAPResult(ResultCode.PROTOCOL_ERROR, "", str(violation))
        if not isinstance(operation, CompareRequest):
            return _NO_COMPARE
        if operation.attribute.partition(";")[0].strip().lower() in PASSWORD_ATTRIBUTES:
            return _NO_COMPARE
        return _NO_ENTRY if self._omits(operation.entry.encode()) else None

    def entry(self, request: _Request, frame: Frame) -> None:
        """Pass an entry on, or leave it out."""
        try:
            omitted = self._omits(entry_dn(frame.operation)) if self._known else False
        except ProtocolViolation:
            omitted = True
        if omitted:
            self._front.stats.entries_hidden += 1
        else:
            self.forward(request, frame)

    @property
    def _references(self) -> References:
        return self._policy.references if self._policy is not None else References.DROP

    def reference(self, request: _Request, frame: Frame) -> None:
        """Pass a reference on, drop it, or end the search with a refusal, as the policy says."""
        policy = self._references
        if policy is References.PASS:
            self.forward(request, frame)
        elif policy is References.REFUSE:
            self.abandon(request)
            self.refuse(request, _ELSEWHERE)

    def done(self, request: _Request, frame: Frame) -> None:
        """Pass the final answer on; one that refers elsewhere becomes one of our own."""
        self._sinks.pop(request, None)
        policy = self._references
        if policy is not References.PASS and _result_code(frame) == ResultCode.REFERRAL:
            self.refuse(request, _NO_ENTRY if policy is References.DROP else _ELSEWHERE)
            return
        self.forward(request, frame)

    def forward(self, request: _Request, frame: Frame) -> None:
        """Write a response as it came, under the client's message id."""
        self._write(self._session.forward(request, frame))

    def failed(self, request: _Request, result_code: int, text: str) -> None:
        """Answer a request that the directory did not."""
        self._sinks.pop(request, None)
        self.refuse(request, LDAPResult(result_code, "", text))

    def refuse(self, request: _Request, result: LDAPResult) -> None:
        """End a request with a result of our own."""
        self._write(self._session.refuse(request, result))


class _Sink:
    """Where the relay puts the responses to one request."""

    __slots__ = ("_request", "_searches", "token")

    def __init__(self, searches: Searches, request: _Request) -> None:
        self._searches = searches
        self._request = request
        self.token: object = None

    def entry(self, frame: Frame) -> None:
        self._searches.entry(self._request, frame)

    def reference(self, frame: Frame) -> None:
        self._searches.reference(self._request, frame)

    def intermediate(self, frame: Frame) -> None:
        self._searches.forward(self._request, frame)

    def done(self, frame: Frame) -> None:
        self._searches.done(self._request, frame)

    def failed(self, result_code: int, text: str) -> None:
        self._searches.failed(self._request, result_code, text)


def _result_code(frame: Frame) -> int:
    """The result code of a final response; an unreadable one counts as a referral, which is never passed on unseen."""
    try:
        tag, start, stop = read_element(frame.data, frame.content_start, frame.operation_end)
        if tag == ENUMERATED:
            return read_integer(frame.data, start, stop)
    except ProtocolViolation:
        pass
    return ResultCode.REFERRAL
