"""Which request controls pass with a search, and which of them may travel on a connection that several clients share."""

from collections.abc import Iterable
from typing import Final

from mfa_server.ldap import Control, ProtocolViolation, oids
from mfa_server.ldap.ber import INTEGER, SEQUENCE, Reader, encode_element, encode_integer, encode_octets

__all__ = [
    "SEARCH_CONTROLS",
    "STATELESS_CONTROLS",
    "keeps_state",
    "paged_results",
    "paged_results_cookie",
    "password_must_change",
]

_POLICY_ERROR: Final = 0x81
_CHANGE_AFTER_RESET: Final = b"\x02"

STATELESS_CONTROLS: Final = frozenset(
    {
        "2.16.840.1.113730.3.4.2",  # ManageDsaIT, RFC 3296
        "1.3.6.1.4.1.4203.1.10.1",  # Subentries, RFC 3672
        "1.2.826.0.1.3344810.2.3",  # Matched values, RFC 3876
        "1.3.6.1.1.12",  # Assertion, RFC 4528
        oids.SERVER_SORT,  # without paging or views it keeps nothing
        "1.2.840.113556.1.4.417",  # Show deleted, MS-ADTS 3.1.1.3.4.1
        "1.2.840.113556.1.4.529",  # Extended DN
        "1.2.840.113556.1.4.801",  # Security descriptor flags
        "1.2.840.113556.1.4.1339",  # Domain scope
        "1.2.840.113556.1.4.1340",  # Search options
        "1.2.840.113556.1.4.1504",  # Attribute-scoped query
        "1.2.840.113556.1.4.2064",  # Show recycled
        "1.2.840.113556.1.4.2065",  # Show deactivated links
    }
)
"""Controls that leave nothing behind at the directory once the request is answered."""

SEARCH_CONTROLS: Final = STATELESS_CONTROLS | {
    oids.PAGED_RESULTS,
    oids.VIRTUAL_LIST_VIEW,
    oids.DIR_SYNC,
    oids.PERSISTENT_SEARCH,
    oids.SYNC_REQUEST,
    "1.2.840.113556.1.4.528",  # Change notification, MS-ADTS 3.1.1.3.4.1.9
}
"""Controls that may be announced: they pass with searches and have their full effect."""


def keeps_state(controls: Iterable[Control]) -> bool:
    """Tell whether a request with these controls needs a connection of its own: a stateful one among them, or an unknown one."""
    return any(control.control_type not in STATELESS_CONTROLS for control in controls)


def paged_results(size: int, cookie: bytes) -> Control:
    """Return the control that asks for the next ``size`` entries (RFC 2696); the first time ``cookie`` is empty."""
    value = encode_element(SEQUENCE, encode_integer(size) + encode_octets(cookie))
    return Control(oids.PAGED_RESULTS, criticality=True, value=value)


def paged_results_cookie(controls: Iterable[Control]) -> bytes:
    """Return the cookie for the next page; empty: that was the last one. Raises ``ldap.ProtocolViolation``.

    The size beside it is an estimate and the number of entries in a page says nothing (RFC 2696 §3).
    """
    for control in controls:
        if control.control_type == oids.PAGED_RESULTS and control.value is not None:
            outer = Reader(control.value, 0, len(control.value))
            inner = outer.enter(SEQUENCE)
            inner.integer(INTEGER)
            return inner.octets()
    return b""


def password_must_change(controls: Iterable[Control]) -> bool:
    """Tell whether the answer to a bind says that the password was right but must be changed before anything else.

    OpenLDAP grants such a bind and refuses what follows (draft-behera-ldap-password-policy §6.2, changeAfterReset); who
    looks at the result alone lets the person in. A malformed control counts as saying so.
    """
    for control in controls:
        if control.control_type == oids.PASSWORD_POLICY and control.value is not None:
            try:
                inner = Reader(control.value, 0, len(control.value)).enter(SEQUENCE)
                while inner:
                    tag = inner.next_tag()
                    content = inner.octets(tag)
                    if tag == _POLICY_ERROR and content == _CHANGE_AFTER_RESET:
                        return True
            except ProtocolViolation:
                return True
    return False
