"""Who is in the test directories: the same people in OpenLDAP and in Active Directory.

The first four are the ones tests speak of; the rest are there so that a directory is not empty. `tina` has no mobile
number. The states at the end exist only where the directory knows them (Active Directory's account flags).
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["GROUP", "MAIL_DOMAIN", "PEOPLE", "Account", "State", "display_name", "mail_of", "mobile_of", "password_of"]

GROUP = "mfa-users"
MAIL_DOMAIN = "example.test"
PEOPLE = (
    "anna", "bert", "carla", "dirk", "emma", "frank", "greta", "hans", "ines", "jonas",
    "karla", "lars", "mia", "nils", "olga", "paul", "quinn", "rosa", "sven", "tina",
)  # fmt: skip
WITHOUT_MOBILE = frozenset({"tina"})


class State(Enum):
    """What Active Directory holds against an account; the value is the `data` code of its refusal, in hexadecimal."""

    NORMAL = ""
    MUST_CHANGE = "773"
    DISABLED = "533"
    LOCKED = "775"
    EXPIRED = "701"
    PASSWORD_EXPIRED = "532"


@dataclass(frozen=True)
class Account:
    """One identity in a directory and all the ways to name it; `upn` and `logon_name` are Active Directory's."""

    name: str
    dn: str
    password: str
    mail: str = ""
    mobile: str = ""
    upn: str = ""
    logon_name: str = ""
    state: State = State.NORMAL


def password_of(name: str) -> str:
    """The right password; anything else is a wrong one."""
    return f"{name.capitalize()}-likes-tea-1"


def display_name(name: str) -> str:
    return f"{name.capitalize()} Example"


def mail_of(name: str) -> str:
    return f"{name}@{MAIL_DOMAIN}"


def mobile_of(name: str) -> str:
    """The number as a directory's administrators type it: national, with blanks; E.164 is +49 1511 2345 6nn."""
    if name in WITHOUT_MOBILE or name not in PEOPLE:
        return ""
    return f"01511 23456{PEOPLE.index(name):02d}"
