r"""The entries of the demonstration directory and what it answers about them, the way a domain controller would.

Names that bind: DN, UPN and DOMAIN\user. ``memberOf`` follows from the groups' ``member``, ``objectGUID`` from the DN
where the LDIF gives none. Passwords are ``userPassword`` values, clear or ``{SSHA}``; they never leave this module.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mfa_server.demo.ldif import LdifEntry, LdifError, parse_ldif
from mfa_server.demo.matching import matches
from mfa_server.ldap import (
    Attribute,
    DistinguishedName,
    DistinguishedNameError,
    LDAPResult,
    ResultCode,
    Scope,
    SearchRequest,
    SearchResultEntry,
    parse_name,
)

__all__ = ["DemoEntry", "DemoTree", "ad_refusal"]

_NAMESPACE: Final = uuid.UUID("6f8f4f0a-60f2-5a3c-9a54-2c7a39b7e7a1")
_SECRET: Final = "userpassword"  # noqa: S105 - an attribute's name
_DISABLED_FLAG: Final = 0x2
_WRONG_PASSWORD, _DISABLED, _MUST_CHANGE, _LOCKED = "52e", "533", "773", "775"


def ad_refusal(sub_code: str) -> LDAPResult:
    """Return Active Directory's answer to a bind that fails: 49, and the reason in the text."""
    text = f"80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data {sub_code}, v4f7c"
    return LDAPResult(ResultCode.INVALID_CREDENTIALS, "", text)


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """One entry. ``values`` has lower-case names and no password."""

    dn: str
    name: DistinguishedName
    attributes: tuple[Attribute, ...]
    values: Mapping[str, Sequence[bytes]]
    passwords: tuple[bytes, ...] = field(default=(), repr=False)

    def first(self, attribute: str) -> str:
        """Return an attribute's first value as text, or nothing."""
        values = self.values.get(attribute.lower(), ())
        return values[0].decode("utf-8", "replace") if values else ""


class DemoTree:
    """All entries of one domain. Raises LdifError for entries that cannot be a domain."""

    def __init__(self, entries: Iterable[LdifEntry]) -> None:
        records = list(entries)
        memberships: dict[str, list[bytes]] = {}
        for record in records:
            for member in _lower(record.attributes).get("member", ()):
                memberships.setdefault(_parsed(member.decode("utf-8", "replace")).key, []).append(record.dn.encode())
        self._entries: dict[str, DemoEntry] = {}
        for record in records:
            entry = _entry(record, memberships)
            self._entries[entry.name.key] = entry
        domain = next((entry for entry in self._entries.values() if "domaindns" in _classes(entry)), None)
        if domain is None:
            raise LdifError("no entry is the domain itself", hint="one entry needs objectClass: domainDNS")
        self.domain = domain
        self.configuration = _parsed(f"CN=Configuration,{domain.dn}")
        self.short_name = next((each.first("nETBIOSName") for each in self if each.first("nETBIOSName")), "")
        self.dns_name = ".".join(str(rdn[0].value) for rdn in domain.name.rdns).lower()
        self._by_name = self._bind_names()

    @classmethod
    def from_ldif(cls, text: str) -> "DemoTree":
        """Read a domain from LDIF. Raises LdifError."""
        return cls(parse_ldif(text))

    def __iter__(self) -> Iterator[DemoEntry]:
        return iter(self._entries.values())

    def get(self, dn: str) -> DemoEntry | None:
        """Return an entry by any spelling of its DN."""
        try:
            return self._entries.get(parse_name(dn).key)
        except DistinguishedNameError:
            return None

    def who(self, bind_name: str) -> DemoEntry | None:
        """Return the entry that a bind name stands for."""
        return self._by_name.get(bind_name.lower()) or self.get(bind_name)

    def check(self, bind_name: str, password: bytes) -> tuple[LDAPResult, DemoEntry | None]:
        """Check a password: the answer, and the entry where the bind is granted.

        As in Active Directory only the right password learns that an account is disabled or must change its password.
        """
        entry = self.who(bind_name)
        right = _password_is(entry.passwords if entry is not None else (), password)
        if entry is None or not right:
            return ad_refusal(_WRONG_PASSWORD), None
        if entry.first("lockoutTime") not in ("", "0"):
            return ad_refusal(_LOCKED), None
        flags = entry.first("userAccountControl")
        if flags.isdecimal() and int(flags) & _DISABLED_FLAG:
            return ad_refusal(_DISABLED), None
        if entry.first("pwdLastSet") == "0":
            return ad_refusal(_MUST_CHANGE), None
        return LDAPResult(ResultCode.SUCCESS), entry

    def search(self, request: SearchRequest) -> tuple[list[SearchResultEntry], LDAPResult]:
        """Return every matching entry with the attributes asked for; limits are the caller's."""
        try:
            base = parse_name(request.base_object)
        except DistinguishedNameError:
            return [], LDAPResult(ResultCode.INVALID_DN_SYNTAX, "", "the base is no distinguished name")
        if base.key not in self._entries:
            return [], LDAPResult(ResultCode.NO_SUCH_OBJECT, self._nearest(base), "0000208D: NameErr: NO_OBJECT")
        found = [
            _selected(entry, request)
            for entry in self._in_scope(base, request.scope)
            if matches(entry.values, request.filter)
        ]
        return found, LDAPResult(ResultCode.SUCCESS)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _bind_names(self) -> dict[str, DemoEntry]:
        names: dict[str, DemoEntry] = {}
        for entry in self:
            account = entry.first("sAMAccountName")
            if account:
                names[f"{self.short_name}\\{account}".lower()] = entry
                names[f"{account}@{self.dns_name}".lower()] = entry
        for entry in self:
            if entry.first("userPrincipalName"):
                names[entry.first("userPrincipalName").lower()] = entry
        return names

    def _in_scope(self, base: DistinguishedName, scope: int) -> Iterator[DemoEntry]:
        if scope == Scope.BASE_OBJECT:
            yield self._entries[base.key]
            return
        elsewhere = not base.is_under(self.configuration)  # another naming context: only its own searches go there
        for entry in self:
            if not entry.name.is_under(base) or (elsewhere and entry.name.is_under(self.configuration)):
                continue
            if scope == Scope.SINGLE_LEVEL and len(entry.name.rdns) != len(base.rdns) + 1:
                continue
            yield entry

    def _nearest(self, name: DistinguishedName) -> str:
        parent = name.parent
        while parent is not None and parent.key not in self._entries:
            parent = parent.parent
        return self._entries[parent.key].dn if parent is not None else ""


def _entry(record: LdifEntry, memberships: Mapping[str, list[bytes]]) -> DemoEntry:
    name = _parsed(record.dn)
    attributes = dict(record.attributes)
    lower = {key.lower() for key in attributes}
    passwords = tuple(value for key, values in attributes.items() if key.lower() == _SECRET for value in values)
    attributes = {key: values for key, values in attributes.items() if key.lower() != _SECRET}
    attributes.setdefault("distinguishedName", (record.dn.encode(),))
    if "objectguid" not in lower:
        attributes["objectGUID"] = (uuid.uuid5(_NAMESPACE, name.key).bytes_le,)
    if name.key in memberships:
        attributes["memberOf"] = tuple(memberships[name.key])
    return DemoEntry(
        dn=record.dn,
        name=name,
        attributes=tuple(Attribute(key, values) for key, values in attributes.items()),
        values=_lower(attributes),
        passwords=passwords,
    )


def _selected(entry: DemoEntry, request: SearchRequest) -> SearchResultEntry:
    wanted = {attribute.lower() for attribute in request.attributes}
    every = not wanted or "*" in wanted
    chosen = (attribute for attribute in entry.attributes if every or attribute.description.lower() in wanted)
    if request.types_only:
        chosen = (Attribute(attribute.description) for attribute in chosen)
    return SearchResultEntry(entry.dn, tuple(chosen))


def _lower(attributes: Mapping[str, tuple[bytes, ...]]) -> dict[str, tuple[bytes, ...]]:
    return {key.lower(): values for key, values in attributes.items()}


def _classes(entry: DemoEntry) -> set[str]:
    return {value.decode("ascii", "replace").lower() for value in entry.values.get("objectclass", ())}


def _parsed(dn: str) -> DistinguishedName:
    try:
        return parse_name(dn)
    except DistinguishedNameError as error:
        raise LdifError(f"{dn!r}: {error}") from None


def _password_is(kept: Sequence[bytes], password: bytes) -> bool:
    """Compare in constant time; an account that is not there takes as long as one that is."""
    right = False
    for value in kept or (b"{SSHA}" + base64.b64encode(bytes(28)),):
        right |= _one_password_is(value, password)
    return right and bool(kept)


def _one_password_is(kept: bytes, password: bytes) -> bool:
    if not kept.startswith(b"{SSHA}"):
        return hmac.compare_digest(kept, password)
    try:
        raw = base64.b64decode(kept[len(b"{SSHA}") :], validate=True)
    except binascii.Error:
        return False
    digest, salt = raw[:20], raw[20:]
    return hmac.compare_digest(hashlib.sha1(password + salt, usedforsecurity=False).digest(), digest)
