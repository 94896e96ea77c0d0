"""Step 2 of a logon: can this request be looked at, and where does the password end and the typed code begin.

Everything here happens before the directory is asked, and a doubt ends the logon.
"""

from dataclasses import dataclass, field

from mfa_server.auth.attempt import LogonRequest
from mfa_server.auth.decision import Answer
from mfa_server.auth.reasons import Reason

__all__ = ["MAX_NAME", "MAX_PASSWORD", "Credentials", "FormFault", "read_form"]

MAX_NAME = 1024
"""Characters of a bind name; a DN of a real directory is far shorter."""
MAX_PASSWORD = 1024
"""Octets of a password with its appended code; Active Directory takes 256 characters."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed, split once."""

    password: bytes = field(repr=False)
    code: str = field(default="", repr=False)
    """The code typed after the password; empty: none was."""


@dataclass(frozen=True, slots=True)
class FormFault:
    """Why the request goes no further."""

    reason: Reason
    answer: Answer


def read_form(request: LogonRequest) -> Credentials | FormFault | None:
    """Return the credentials, the fault, or None for an anonymous bind (RFC 4513 §5.1.1)."""
    if request.version != 3:
        return FormFault(Reason.VERSION_NOT_SUPPORTED, Answer.PROTOCOL_ERROR)
    if not request.simple:
        return FormFault(Reason.AUTH_METHOD_NOT_SUPPORTED, Answer.AUTH_METHOD_NOT_SUPPORTED)
    if request.critical_control:
        return FormFault(Reason.CRITICAL_CONTROL, Answer.CRITICAL_EXTENSION)
    if not request.name and not request.password:
        return None
    if not request.tls and not request.policy.plaintext:
        return FormFault(Reason.CONFIDENTIALITY_REQUIRED, Answer.CONFIDENTIALITY_REQUIRED)
    if _malformed(request):
        return FormFault(Reason.MALFORMED_CREDENTIALS, Answer.UNWILLING)
    credentials = _split_code(request.password, request.policy.separator, request.policy.code_digits)
    if not credentials.password:
        # A name with an empty password is an "unauthenticated bind" (RFC 4513 §5.1.2): Active Directory answers it with success.
        return FormFault(Reason.EMPTY_PASSWORD, Answer.UNWILLING)
    return credentials


def _malformed(request: LogonRequest) -> bool:
    return (
        not request.name
        or len(request.name) > MAX_NAME
        or len(request.password) > MAX_PASSWORD
        or "\0" in request.name
        or b"\0" in request.password
    )


def _split_code(password: bytes, separator: str, digits: int) -> Credentials:
    """Split at the last separator if exactly ``digits`` decimal digits follow it: passwords may hold the separator too."""
    if not separator:
        return Credentials(password)
    head, found, tail = password.rpartition(separator.encode())
    if found and len(tail) == digits and tail.isdigit():
        return Credentials(head, tail.decode("ascii"))
    return Credentials(password)
