"""The root DSE as a gateway may see it: the directory's own, less what does not pass here.

A client decides by it which mechanisms and extensions to use and where else to look (RFC 4512 §5.1), so it must not
promise a way around the second factor.
"""

from collections.abc import Iterable
from typing import Final

from mfa_server.directories.controls import SEARCH_CONTROLS
from mfa_server.ldap import Attribute, oids

__all__ = ["rewrite_root_dse"]

_EXTENSIONS: Final = (oids.START_TLS.encode(), oids.WHO_AM_I.encode())
_HIDDEN: Final = frozenset({"supportedsaslmechanisms", "altserver"})


def rewrite_root_dse(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Return the attributes to show: simple binds, StartTLS and "Who am I?", version 3, controls that may be sent."""
    shown: list[Attribute] = []
    for attribute in attributes:
        match attribute.description.lower():
            case "supportedextension" | "supportedldapversion":
                continue
            case "supportedcontrol":
                passing = tuple(
                    value for value in attribute.values if value.decode("ascii", "replace") in SEARCH_CONTROLS
                )
                shown.append(Attribute(attribute.description, passing))
            case hidden if hidden in _HIDDEN:
                continue
            case _:
                shown.append(attribute)
    shown.append(Attribute("supportedExtension", _EXTENSIONS))
    shown.append(Attribute("supportedLDAPVersion", (b"3",)))
    return tuple(shown)
