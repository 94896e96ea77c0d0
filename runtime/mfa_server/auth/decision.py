"""How a logon ends: one ``Decision`` with one reason, and what the front end makes of it.

``Answer`` is the wire-neutral form: the LDAP server maps it to a result code, RADIUS to a packet, a web page to a text.
"""

from dataclasses import dataclass
from enum import StrEnum

from mfa_server.auth.ports import Identity, PasswordVerdict
from mfa_server.auth.reasons import GRANTS, Reason

__all__ = ["Answer", "Decision", "Role"]


class Answer(StrEnum):
    """What the gateway is told."""

    GRANTED = "granted"
    INVALID_CREDENTIALS = "invalidCredentials"
    """LDAP 49 without a directory sub-code: nothing is said about which factor failed."""
    DIRECTORY_ANSWER = "directoryAnswer"
    """The directory's own code and text, unchanged (``Decision.verdict``)."""
    UNAVAILABLE = "unavailable"
    """LDAP 52: try again later; not counted as a wrong password by gateways."""
    UNWILLING = "unwillingToPerform"
    CONFIDENTIALITY_REQUIRED = "confidentialityRequired"
    AUTH_METHOD_NOT_SUPPORTED = "authMethodNotSupported"
    PROTOCOL_ERROR = "protocolError"
    CRITICAL_EXTENSION = "unavailableCriticalExtension"


class Role(StrEnum):
    """What the connection is bound as after a grant."""

    NOBODY = "nobody"
    ANONYMOUS = "anonymous"
    SERVICE = "service"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Decision:
    """The end of a logon. ``granted`` follows from the reason alone."""

    reason: Reason
    answer: Answer
    role: Role = Role.NOBODY
    identity: Identity | None = None
    verdict: PasswordVerdict | None = None
    """The directory's answer, where ``answer`` is DIRECTORY_ANSWER."""

    @property
    def granted(self) -> bool:
        """Whether somebody gets in."""
        return self.reason in GRANTS
