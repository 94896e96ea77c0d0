"""What is answered without asking the directory: the root DSE, which anybody may read, and "Who am I?"."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from mfa_server.auth.ports import DirectoryUnavailableError, Identity
from mfa_server.clock import Clock
from mfa_server.ldap import (
    Attribute,
    ExtendedRequested,
    LDAPResult,
    ProtocolViolation,
    ResultCode,
    Scope,
    SearchRequest,
    SearchRequested,
    SearchResultDone,
    SearchResultEntry,
    ServerSession,
)
from mfa_server.ldap.filters import And, Filter, Or, Present
from mfa_server.ldap.messages import ExtendedResponse
from mfa_server.ldap.oids import PASSWORD_MODIFY, WHO_AM_I
from mfa_server.servers.ports import RootDse

__all__ = ["ROOT_DSE_SECONDS", "RootDseReader", "answer_extended", "is_root_dse_search", "select"]

log = structlog.get_logger("ldap")

ROOT_DSE_SECONDS: Final = 60.0
"""How old what is shown of the root DSE may be."""


_SUCCESS: Final = LDAPResult(ResultCode.SUCCESS)
_UNKNOWN_OPERATION: Final = LDAPResult(ResultCode.PROTOCOL_ERROR, "", "this extended operation is not offered")
_NO_PASSWORD_CHANGE: Final = LDAPResult(ResultCode.UNWILLING_TO_PERFORM, "", "passwords are not changed here")
_UNAVAILABLE: Final = LDAPResult(
    ResultCode.UNAVAILABLE, "", "the directory does not answer at present; try again later"
)
_CRITICAL: Final = LDAPResult(
    ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "", "the request carries a critical control that is not supported"
)


def answer_extended(session: ServerSession, event: ExtendedRequested) -> bytes:
    """Answer "Who am I?" (RFC 4532) for the identity the connection is bound as; refuse every other operation."""
    name = event.request.request_name
    if name != WHO_AM_I:
        return session.refuse(event, _NO_PASSWORD_CHANGE if name == PASSWORD_MODIFY else _UNKNOWN_OPERATION)
    try:
        critical = any(control.criticality for control in event.decode_controls())
    except ProtocolViolation as violation:
        return session.refuse(event, LDAPResult(ResultCode.PROTOCOL_ERROR, "", str(violation)))
    if critical:
        return session.refuse(event, _CRITICAL)
    identity = session.identity
    authorization = f"dn:{identity.dn}" if isinstance(identity, Identity) else ""  # empty: anonymous
    return session.reply(event, ExtendedResponse(_SUCCESS, None, authorization.encode()))


class RootDseReader:
    """Answers base searches of the root DSE for all connections; the directory is asked once a minute at most."""

    def __init__(self, read: RootDse, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._entry: SearchResultEntry | None = None
        self._fresh_until = 0.0
        self._reading: asyncio.Task[None] | None = None
        self._waiting: list[Callable[[SearchResultEntry | None], None]] = []

    def answer(self, session: ServerSession, event: SearchRequested, write: Callable[[bytes], None]) -> None:
        """Write the answer to one search, now or when the directory has answered; 52 if it cannot."""
        if any(control.criticality for control in event.controls):
            write(session.refuse(event, _CRITICAL))
            return
        if self._entry is not None and self._clock.monotonic() < self._fresh_until:
            write(_root_dse(session, event, self._entry))
            return
        self._waiting.append(lambda entry: write(_root_dse(session, event, entry)))
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._refresh())

    async def _refresh(self) -> None:
        try:
            self._entry = SearchResultEntry("", tuple(await self._read()))
            self._fresh_until = self._clock.monotonic() + ROOT_DSE_SECONDS
        except DirectoryUnavailableError:
            self._entry = None
        except Exception:  # whatever it was, the next one who asks is to be answered
            log.exception("a fault in this program kept the root DSE from being read")
            self._entry = None
        self._reading = None
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer(self._entry)

    def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
        self._waiting = []


def _root_dse(session: ServerSession, event: SearchRequested, entry: SearchResultEntry | None) -> bytes:
    """No bytes when the client does not wait any more."""
    if entry is None:
        return session.refuse(event, _UNAVAILABLE)
    try:
        chosen = select(entry, event)
    except ProtocolViolation as violation:
        return session.refuse(event, LDAPResult(ResultCode.PROTOCOL_ERROR, "", str(violation)))
    found = session.reply(event, chosen) if chosen is not None else b""
    return found + session.reply(event, SearchResultDone(_SUCCESS))


def is_root_dse_search(request: SearchRequested) -> bool:
    """Whether this is a base search of the entry with the empty name."""
    return not request.base_object and request.scope == Scope.BASE_OBJECT


def select(entry: SearchResultEntry, request: SearchRequested) -> SearchResultEntry | None:
    """Return what the search asked of the root DSE; None where its filter does not match.

    Filters of presence are answered, alone or joined by and/or: all that clients send. Any other matches nothing.
    Raises ProtocolViolation for a request whose strings are not UTF-8.
    """
    search = request.decode()
    names = {_plain(attribute.description) for attribute in entry.attributes} | {"objectclass"}
    if not _matches(search.filter, names):
        return None
    chosen = tuple(attribute for attribute in entry.attributes if _asked_for(attribute, search))
    if search.types_only:
        chosen = tuple(Attribute(attribute.description) for attribute in chosen)
    return SearchResultEntry("", chosen)


def _matches(condition: Filter, names: set[str]) -> bool:
    """Bounded by the session's limit of a filter's depth."""
    if isinstance(condition, Present):
        return _plain(condition.attribute) in names
    if isinstance(condition, And):
        return all(_matches(part, names) for part in condition.parts)
    if isinstance(condition, Or):
        return any(_matches(part, names) for part in condition.parts)
    return False


def _asked_for(attribute: Attribute, search: SearchRequest) -> bool:
    """Whether an attribute is in the list; none, ``*`` and ``+`` mean all: directories differ in which are operational."""
    asked = {_plain(name) for name in search.attributes}
    return not asked or "*" in asked or "+" in asked or _plain(attribute.description) in asked


def _plain(description: str) -> str:
    return description.partition(";")[0].lower()
