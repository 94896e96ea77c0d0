"""What each type of directory calls people and groups."""

from dataclasses import dataclass
from typing import Final

from mfa_server.ldap.filters import EqualityMatch, Filter, Or

__all__ = ["Preset", "preset_for"]


@dataclass(frozen=True, slots=True)
class Preset:
    """One type of directory."""

    people: Filter
    """Which entries are people."""
    group_classes: frozenset[str]
    """Object classes of groups, in lower case."""
    member_attributes: tuple[str, ...] = ()
    """Attributes of a group that hold its members' DNs; none where ``memberOf`` tells all."""
    member_name_attribute: str = ""
    """Attribute of a group that holds its members' user names."""
    primary_group: bool = False
    """Whether people have one group that ``memberOf`` does not tell (Active Directory's ``primaryGroupID``)."""


_ACTIVE_DIRECTORY: Final = Preset(
    # SAM_NORMAL_USER_ACCOUNT (MS-SAMR 2.2.1.9): as exact as objectCategory with objectClass, and indexed
    people=EqualityMatch("sAMAccountType", b"805306368"),
    group_classes=frozenset({"group"}),
    primary_group=True,
)
_OTHER: Final = Preset(
    people=Or((EqualityMatch("objectClass", b"person"), EqualityMatch("objectClass", b"posixAccount"))),
    group_classes=frozenset({"groupofnames", "groupofuniquenames", "groupofmembers", "posixgroup", "group"}),
    member_attributes=("member", "uniqueMember"),
    member_name_attribute="memberUid",
)


def preset_for(directory_type: str) -> Preset:
    """Return the preset for ``ActiveDirectory``, ``OpenLDAP`` or ``Other``."""
    return _ACTIVE_DIRECTORY if directory_type == "ActiveDirectory" else _OTHER
