"""TLS contexts made from certificate files: the internal listener and its callers. Nothing older than TLS 1.3 on either side.

No session tickets: a resumed session would skip the check of the peer's certificate, and with it a newer authority.
"""

import ssl
from pathlib import Path

from mfa_server.certificates.authority import CertificateError
from mfa_server.certificates.files import authority_file, internal_file
from mfa_server.certificates.names import Role

__all__ = ["internal_client_context", "internal_server_context", "peer_uris"]


def internal_server_context(directory: Path) -> ssl.SSLContext:
    """Return a context that serves as this server and takes only callers with a certificate of the internal authority.

    Raises CertificateError when a file is missing or unusable.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, directory, Role.SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0
    return context


def internal_client_context(directory: Path, role: Role = Role.SERVER) -> ssl.SSLContext:
    """Return a context that calls as ``role``.

    It checks the authority only: who answers is told by the URI in its certificate (``peer_uris``), as servers move between
    addresses. Raises CertificateError when a file is missing or unusable.
    """
    context = _context(ssl.PROTOCOL_TLS_CLIENT, directory, role)
    context.check_hostname = False
    return context


def peer_uris(certificate: object) -> tuple[str, ...]:
    """Return the URI names of a peer's certificate as ``SSLObject.getpeercert()`` gives it; empty for anything else."""
    if not isinstance(certificate, dict):
        return ()
    return tuple(value for kind, value in certificate.get("subjectAltName", ()) if kind == "URI")


def _context(protocol: int, directory: Path, role: Role) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    path, trusted = internal_file(directory, role), authority_file(directory, "internal")
    try:
        context.load_cert_chain(path)
        context.load_verify_locations(trusted)
    except OSError as error:  # ssl.SSLError is one
        raise CertificateError(f"{path} and {trusted} cannot be used for TLS: {error.strerror or error}") from error
    return context
