r"""What a bind name may stand for, and what an entry says about itself: decisions only.

Three forms of a name are understood, and only with Active Directory the last two: a distinguished name, a user principal
name, and ``DOMAIN\user``. Active Directory itself tries more (display names, GUIDs, SIDs, service principal names …); a
name in another form stands for nobody here, since two names of one person must never become two people.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from mfa_server.directories.settings import DirectoryType
from mfa_server.ldap import DistinguishedName, DistinguishedNameError, SearchResultEntry, parse_name
from mfa_server.ldap.filters import And, EqualityMatch, Filter, Or

__all__ = [
    "NameForm",
    "ParsedName",
    "dns_domain",
    "down_level_filter",
    "entry_text",
    "entry_values",
    "parse_bind_name",
    "principal_filter",
    "upn_of",
    "user_id_of",
    "username_of",
]

MAX_NAME_CHARACTERS: Final = 1024
"""Longer than any UPN (1024 by schema) and any DN a directory answers by."""

_USER: Final = EqualityMatch("objectClass", b"user")


class NameForm(Enum):
    """How a bind name is written."""

    DN = auto()
    PRINCIPAL = auto()
    DOWN_LEVEL = auto()


@dataclass(frozen=True, slots=True)
class ParsedName:
    r"""A bind name taken apart: ``user`` at ``domain``, or a distinguished name."""

    form: NameForm
    user: str = ""
    domain: str = ""
    dn: DistinguishedName | None = None


def parse_bind_name(name: str, directory: DirectoryType) -> ParsedName | None:
    """Take a bind name apart; None for a form that stands for nobody."""
    if not name or len(name) > MAX_NAME_CHARACTERS or "\x00" in name or "\ufffd" in name:
        return None
    if "=" in name:
        try:
            dn = parse_name(name)
        except DistinguishedNameError:
            dn = None
        if dn is not None and dn.rdns:
            return ParsedName(NameForm.DN, dn=dn)
    if directory is not DirectoryType.ACTIVE_DIRECTORY:
        return None
    if "\\" in name:
        domain, _, user = name.partition("\\")
        well_formed = domain and user and not any(character in user for character in "\\/@")
        return ParsedName(NameForm.DOWN_LEVEL, user, domain) if well_formed else None
    user, found, domain = name.rpartition("@")
    return ParsedName(NameForm.PRINCIPAL, user, domain) if found and user and domain else None


def dns_domain(base: DistinguishedName) -> str:
    """Return the DNS name of the domain that a base DN lies in (``dc=example,dc=com`` → ``example.com``); empty if none."""
    labels: list[str] = []
    for rdn in reversed(base.rdns):
        if len(rdn) != 1 or rdn[0].type.lower() != "dc" or not isinstance(rdn[0].value, str):
            break
        labels.append(rdn[0].value)
    return ".".join(reversed(labels)).lower()


def principal_filter(name: ParsedName, own_domain: str) -> Filter:
    """Return the filter for a UPN: the one the entry has, or the implicit one in the directory's own domain."""
    written = EqualityMatch("userPrincipalName", f"{name.user}@{name.domain}".encode())
    if name.domain.lower() != own_domain:
        return And((_USER, written))
    return And((_USER, Or((written, EqualityMatch("sAMAccountName", name.user.encode())))))


def down_level_filter(name: ParsedName) -> Filter:
    r"""Return the filter for the user of ``DOMAIN\user``; that the domain is the right one is checked before."""
    return And((_USER, EqualityMatch("sAMAccountName", name.user.encode())))


def entry_values(entry: SearchResultEntry, attribute: str) -> tuple[bytes, ...]:
    """Return an attribute's values, its name compared without case; none when it is absent."""
    wanted = attribute.lower()
    for each in entry.attributes:
        if each.description.lower() == wanted:
            return each.values
    return ()


def entry_text(entry: SearchResultEntry, attribute: str) -> str:
    """Return an attribute's first value as text; empty when it has none or is not text."""
    for value in entry_values(entry, attribute)[:1]:
        try:
            return value.decode("utf-8").strip()
        except UnicodeDecodeError:
            return ""
    return ""


def user_id_of(entry: SearchResultEntry, id_attribute: str) -> str:
    """Return the entry's immutable id as canonical text; empty when it cannot be read.

    ``objectGUID`` is a GUID whose first three fields are little-endian (MS-DTYP 2.3.4.2); ``entryUUID`` is text
    (RFC 4530). Another attribute must hold one value of text.
    """
    values = entry_values(entry, id_attribute)
    if len(values) != 1 or not values[0]:
        return ""
    value = values[0]
    try:
        match id_attribute.lower():
            case "objectguid":
                return str(uuid.UUID(bytes_le=value))
            case "entryuuid":
                return str(uuid.UUID(value.decode("ascii")))
            case _:
                text = value.decode("utf-8").strip()
                return text if len(text) <= 128 and text.isprintable() else ""
    except ValueError:
        return ""


def username_of(entry: SearchResultEntry, attributes: Sequence[str]) -> str:
    """Return the first of these attributes that has a value; else the value of the entry's own RDN, else nothing."""
    for attribute in attributes:
        text = entry_text(entry, attribute)
        if text:
            return text
    try:
        rdns = parse_name(entry.object_name).rdns
    except DistinguishedNameError:
        return ""
    return str(rdns[0][0].value) if rdns and isinstance(rdns[0][0].value, str) else ""


def upn_of(entry: SearchResultEntry, own_domain: str) -> str:
    """Return Active Directory's user principal name: the written one, else the implicit one of the domain."""
    account = entry_text(entry, "sAMAccountName")
    return entry_text(entry, "userPrincipalName") or (f"{account}@{own_domain}" if account and own_domain else "")
