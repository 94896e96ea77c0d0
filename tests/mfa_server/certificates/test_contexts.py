"""TLS contexts of the internal listener: who is let in is told in `tests/mfa_server/servers/test_http_server.py`."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mfa_server.certificates.authority import CertificateError
from mfa_server.certificates.contexts import internal_client_context, internal_server_context, peer_uris
from mfa_server.certificates.files import authority_file, ensure_internal
from mfa_server.certificates.names import Role


def test_the_server_asks_for_a_certificate_and_gives_no_tickets(tmp_path: Path) -> None:
    ensure_internal(tmp_path, "mfa", "main", [], datetime.now(UTC))
    context = internal_server_context(tmp_path)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.num_tickets == 0


def test_the_client_checks_the_authority_but_not_the_address(tmp_path: Path) -> None:
    ensure_internal(tmp_path, "mfa", "main", [], datetime.now(UTC))
    context = internal_client_context(tmp_path, Role.OPERATOR)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.check_hostname


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"internal/server\.pem"):
        internal_server_context(tmp_path)
    ensure_internal(tmp_path, "mfa", "main", [], datetime.now(UTC))
    authority_file(tmp_path, "internal").write_text("damaged")
    with pytest.raises(CertificateError, match=r"internal/ca\.crt"):
        internal_client_context(tmp_path)


@pytest.mark.parametrize(
    ("certificate", "uris"),
    [
        (None, ()),
        ({}, ()),
        (b"der", ()),
        (
            {"subjectAltName": (("DNS", "a"), ("URI", "mfa://mfa/main/server"), ("URI", "x"))},
            ("mfa://mfa/main/server", "x"),
        ),
    ],
)
def test_the_uris_of_a_peer(certificate: object, uris: tuple[str, ...]) -> None:
    assert peer_uris(certificate) == uris
