"""What can go wrong on the LDAP wire, and whose fault it was.

::

    LdapError
    ├── ProtocolViolation        the peer broke RFC 4511; carries the result code for the notice of disconnection
    │   └── MessageTooLarge      the peer announced more octets than this side accepts
    ├── LocalMisuse              this side asked for something the protocol forbids; nothing was sent
    ├── FilterError              a filter's text is not RFC 4515; carries the position
    └── DistinguishedNameError   a name's text is not RFC 4514; carries the position

Decoders raise `ProtocolViolation`; the sessions turn it into an event, since the events before it still count. After a
violation a session is closed for good. After `LocalMisuse` it is exactly as usable as before the call. No message of
these errors repeats bytes of the peer: they may hold a password.
"""

from mfa_server.ldap.results import ResultCode

__all__ = [
    "DistinguishedNameError",
    "FilterError",
    "LdapError",
    "LocalMisuse",
    "MessageTooLarge",
    "ProtocolViolation",
]


class LdapError(Exception):
    """Base of everything this room raises."""


class ProtocolViolation(LdapError):  # noqa: N818 - named for what happened, as its subclasses are
    """The peer sent what RFC 4511 forbids; the connection cannot go on.

    `result_code` is what a notice of disconnection should carry (RFC 4511 section 4.4.1).
    """

    def __init__(self, message: str, result_code: ResultCode = ResultCode.PROTOCOL_ERROR) -> None:
        super().__init__(message)
        self.result_code = result_code


class MessageTooLarge(ProtocolViolation):
    """The peer announced a message above the limit; refused by its header, before any of it is waited for."""


class LocalMisuse(LdapError):  # noqa: N818 - named for what happened
    """This side broke a rule of the protocol or of the session; the session is unchanged and nothing was sent."""


class FilterError(LdapError):
    """A search filter's text is not RFC 4515. `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"filter, character {position}: {message}")
        self.position = position


class DistinguishedNameError(LdapError):
    """A distinguished name's text is not RFC 4514. `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"distinguished name, character {position}: {message}")
        self.position = position
