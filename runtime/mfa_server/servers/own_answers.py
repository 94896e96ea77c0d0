"""What is answered without asking the directory: the root DSE, which anybody may read, and "Who am I?"."""

from typing import Final

from mfa_server.auth.ports import Identity
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

__all__ = ["answer_extended", "answer_root_dse", "is_root_dse_search", "select"]

_SUCCESS: Final = LDAPResult(ResultCode.SUCCESS)
_UNKNOWN_OPERATION: Final = LDAPResult(ResultCode.PROTOCOL_ERROR, "", "this extended operation is not offered")
_NO_PASSWORD_CHANGE: Final = LDAPResult(ResultCode.UNWILLING_TO_PERFORM, "", "passwords are not changed here")
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


def answer_root_dse(session: ServerSession, event: SearchRequested, root_dse: RootDse) -> bytes:
    """Answer a base search of the root DSE (RFC 4512 §5.1)."""
    if any(control.criticality for control in event.controls):
        return session.refuse(event, _CRITICAL)
    try:
        entry = select(root_dse(), event)
    except ProtocolViolation as violation:
        return session.refuse(event, LDAPResult(ResultCode.PROTOCOL_ERROR, "", str(violation)))
    found = session.reply(event, entry) if entry is not None else b""
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
