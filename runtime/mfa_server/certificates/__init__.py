"""Certificates: two authorities, what they issue, and when a certificate is issued anew.

Belongs here: making authorities and certificates (``authority``), names and roles inside them (``names``), the pure decision to
keep or issue (``decision``), the files under the state directory (``files``) and TLS contexts made from them (``contexts``).
Does not belong here: sockets and listeners (``servers``), clocks (handed in) and reading manifests.
The front authority is what gateways trust; the internal one speaks for servers and web roles among themselves and is never handed out.
"""

from mfa_server.certificates.authority import Authority, CertificateError, Issued, KeyType
from mfa_server.certificates.decision import CertificateReason, Facts, Verdict, Wanted, decide
from mfa_server.certificates.names import InternalIdentity, Role

__all__ = [
    "Authority",
    "CertificateError",
    "CertificateReason",
    "Facts",
    "InternalIdentity",
    "Issued",
    "KeyType",
    "Role",
    "Verdict",
    "Wanted",
    "decide",
]
