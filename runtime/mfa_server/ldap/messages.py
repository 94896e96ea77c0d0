"""The LDAP operations as values, under their RFC 4511 names.

Each class is one arm of `LDAPMessage.protocolOp` (section 4.1.1) or a part of one. A `LDAPDN`, `LDAPString` or
`LDAPOID` is a `str`, an `OCTET STRING` is `bytes`, a `SET OF` keeps the order of the wire. Passwords never show in a `repr`.
Turning them into bytes and back is `codec`'s work; what may be sent when is the sessions'.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from mfa_server.ldap.filters import Filter

__all__ = [
    "AbandonRequest",
    "AddRequest",
    "AddResponse",
    "Attribute",
    "Authentication",
    "BindRequest",
    "BindResponse",
    "Change",
    "CompareRequest",
    "CompareResponse",
    "Control",
    "DelRequest",
    "DelResponse",
    "DerefAliases",
    "ExtendedRequest",
    "ExtendedResponse",
    "IntermediateResponse",
    "LDAPMessage",
    "LDAPResult",
    "ModifyDNRequest",
    "ModifyDNResponse",
    "ModifyOperation",
    "ModifyRequest",
    "ModifyResponse",
    "Operation",
    "OtherAuthentication",
    "RawOperation",
    "SaslCredentials",
    "Scope",
    "SearchRequest",
    "SearchResultDone",
    "SearchResultEntry",
    "SearchResultReference",
    "SimpleAuthentication",
    "UnbindRequest",
]


class Scope(IntEnum):
    """SearchRequest.scope (section 4.5.1.2)."""

    BASE_OBJECT = 0
    SINGLE_LEVEL = 1
    WHOLE_SUBTREE = 2
    SUBORDINATE_SUBTREE = 3  # draft-sermersheim-ldap-subordinate-scope; OpenLDAP knows it


class DerefAliases(IntEnum):
    """SearchRequest.derefAliases (section 4.5.1.3)."""

    NEVER = 0
    IN_SEARCHING = 1
    FINDING_BASE_OBJECT = 2
    ALWAYS = 3


class ModifyOperation(IntEnum):
    """What a change of a ModifyRequest does (section 4.6; increment is RFC 4525)."""

    ADD = 0
    DELETE = 1
    REPLACE = 2
    INCREMENT = 3


@dataclass(frozen=True, slots=True)
class Control:
    """Section 4.1.11. `value` is None when absent, which is not the same as empty."""

    control_type: str
    criticality: bool = False
    value: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LDAPResult:
    """Section 4.1.9, the part all responses share. `result_code` may be a number `ResultCode` does not list."""

    result_code: int
    matched_dn: str = ""
    diagnostic_message: str = ""
    referral: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimpleAuthentication:
    """A name and a password (section 4.2, choice [0]); both empty is the anonymous bind of RFC 4513 5.1.1."""

    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SaslCredentials:
    """One step of a SASL mechanism (section 4.2, choice [3])."""

    mechanism: str
    credentials: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OtherAuthentication:
    """A choice RFC 4511 does not define, such as Active Directory's Sicily (tags 0x89 to 0x8B, MS-ADTS 5.1.1.1.3)."""

    tag: int
    content: bytes = field(repr=False)


Authentication = SimpleAuthentication | SaslCredentials | OtherAuthentication


@dataclass(frozen=True, slots=True)
class BindRequest:
    r"""Section 4.2. Any version 0..127 is representable; a server answers protocolError to all but 3.

    `name` is not always a distinguished name: Active Directory takes UPN and DOMAIN\user as well. Octets in it that are
    not UTF-8 decode to U+FFFD, which no directory name contains, so that such a bind is answered rather than cut off.
    """

    version: int
    name: str
    authentication: Authentication


@dataclass(frozen=True, slots=True)
class BindResponse:
    """Section 4.2.2."""

    result: LDAPResult
    server_sasl_creds: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UnbindRequest:
    """Section 4.3: the client is leaving; it has no response."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Section 4.5.1. Limits of 0 mean none asked for; `time_limit_seconds` is RFC 4511's timeLimit."""

    base_object: str
    scope: int
    filter: Filter
    attributes: tuple[str, ...] = ()
    deref_aliases: int = DerefAliases.NEVER
    size_limit: int = 0
    time_limit_seconds: int = 0
    types_only: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """PartialAttribute or Attribute (section 4.1.7): a description and its values, which may be none."""

    description: str
    values: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SearchResultEntry:
    """Section 4.5.2."""

    object_name: str
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResultReference:
    """Section 4.5.3: where else to look."""

    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchResultDone:
    """Section 4.5.2."""

    result: LDAPResult


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a ModifyRequest; `operation` may be a number `ModifyOperation` does not list."""

    operation: int
    modification: Attribute


@dataclass(frozen=True, slots=True)
class ModifyRequest:
    """Section 4.6. Changes apply in order, all or none."""

    object: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ModifyResponse:
    """Section 4.6."""

    result: LDAPResult


@dataclass(frozen=True, slots=True)
class AddRequest:
    """Section 4.7."""

    entry: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class AddResponse:
    """Section 4.7."""

    result: LDAPResult


@dataclass(frozen=True, slots=True)
class DelRequest:
    """Section 4.8."""

    entry: str


@dataclass(frozen=True, slots=True)
class DelResponse:
    """Section 4.8."""

    result: LDAPResult


@dataclass(frozen=True, slots=True)
class ModifyDNRequest:
    """Section 4.9."""

    entry: str
    new_rdn: str
    delete_old_rdn: bool
    new_superior: str | None = None


@dataclass(frozen=True, slots=True)
class ModifyDNResponse:
    """Section 4.9."""

    result: LDAPResult


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """Section 4.10."""

    entry: str
    attribute: str
    assertion_value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CompareResponse:
    """Section 4.10: compareTrue, compareFalse or an error."""

    result: LDAPResult


@dataclass(frozen=True, slots=True)
class AbandonRequest:
    """Section 4.11; it has no response."""

    message_id: int


@dataclass(frozen=True, slots=True)
class ExtendedRequest:
    """Section 4.12. The value may hold a password (RFC 3062), so it is not shown."""

    request_name: str
    request_value: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ExtendedResponse:
    """Section 4.12; with message id 0 an unsolicited notification (section 4.4)."""

    result: LDAPResult
    response_name: str | None = None
    response_value: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class IntermediateResponse:
    """Section 4.13."""

    response_name: str | None = None
    response_value: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RawOperation:
    """An operation whose tag RFC 4511 does not assign, or one that is left undecoded on purpose."""

    tag: int
    content: bytes = field(repr=False)


Operation = (
    BindRequest
    | BindResponse
    | UnbindRequest
    | SearchRequest
    | SearchResultEntry
    | SearchResultDone
    | SearchResultReference
    | ModifyRequest
    | ModifyResponse
    | AddRequest
    | AddResponse
    | DelRequest
    | DelResponse
    | ModifyDNRequest
    | ModifyDNResponse
    | CompareRequest
    | CompareResponse
    | AbandonRequest
    | ExtendedRequest
    | ExtendedResponse
    | IntermediateResponse
    | RawOperation
)


@dataclass(frozen=True, slots=True)
class LDAPMessage:
    """The envelope (section 4.1.1). Message id 0 is for unsolicited notifications."""

    message_id: int
    operation: Operation
    controls: tuple[Control, ...] = ()
