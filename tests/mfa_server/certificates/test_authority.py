"""The authority: what it signs verifies with OpenSSL's own chain building, and only what it may sign does."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from mfa_server.certificates.authority import AUTHORITY_LIFETIME, Authority, CertificateError, Issued, KeyType
from mfa_server.certificates.names import InternalIdentity, Role
from tests.support.processes import run

NOW = datetime.now(UTC).replace(microsecond=0)
DAYS = timedelta(days=90)


@pytest.fixture(scope="module")
def front() -> Authority:
    return Authority.create("Front", NOW)


@pytest.fixture(scope="module")
def internal() -> Authority:
    return Authority.create("Internal", NOW, namespace="mfa")


def verify(authority: Authority, issued: Issued, folder: Path, purpose: str) -> str:
    """Let OpenSSL say whether it trusts the certificate; strict, so that the extensions are checked too."""
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    (folder / "leaf.pem").write_bytes(issued.pem)
    return run(
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        purpose,
        "-CAfile",
        str(folder / "ca.pem"),
        str(folder / "leaf.pem"),
    )


@pytest.mark.parametrize(("key_type", "key_class"), [("ECDSA", ec.EllipticCurvePublicKey), ("RSA", rsa.RSAPublicKey)])
def test_a_server_certificate_names_what_was_asked_and_openssl_trusts_it(
    front: Authority, tmp_path: Path, key_type: KeyType, key_class: type
) -> None:
    issued = front.issue_server(["mfa.example.com"], ["192.0.2.1", "2001:db8::1"], key_type, NOW, DAYS)
    names = issued.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mfa.example.com"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("192.0.2.1"), ip_address("2001:db8::1")]
    assert isinstance(issued.certificate.public_key(), key_class)
    assert issued.certificate.not_valid_after_utc == NOW + DAYS
    assert "OK" in verify(front, issued, tmp_path, "sslserver")


def test_a_front_certificate_is_no_client_certificate(front: Authority, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"unsuitable certificate purpose|unsupported certificate purpose"):
        verify(front, front.issue_server(["mfa.example.com"], [], "ECDSA", NOW, DAYS), tmp_path, "sslclient")


def test_a_certificate_without_names_is_refused(front: Authority) -> None:
    with pytest.raises(ValueError, match="at least one name"):
        front.issue_server([], [], "ECDSA", NOW, DAYS)


@pytest.mark.parametrize("purpose", ["sslserver", "sslclient"])
def test_an_internal_certificate_serves_and_calls(internal: Authority, tmp_path: Path, purpose: str) -> None:
    issued = internal.issue_internal(InternalIdentity("mfa", "main", Role.SERVER), ["mfa-0"], NOW, DAYS)
    assert "OK" in verify(internal, issued, tmp_path, purpose)


def test_the_internal_authority_cannot_speak_for_another_namespace(internal: Authority, tmp_path: Path) -> None:
    issued = internal.issue_internal(InternalIdentity("other", "main", Role.SERVER), [], NOW, DAYS)
    with pytest.raises(RuntimeError, match="permitted subtree violation"):
        verify(internal, issued, tmp_path, "sslclient")


def test_an_authority_lasts_ten_years_and_signs_no_further_authority(front: Authority) -> None:
    certificate = front.certificate
    assert certificate.not_valid_after_utc == NOW + AUTHORITY_LIFETIME
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.path_length == 0
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_an_authority_reads_back_what_it_wrote(front: Authority) -> None:
    again = Authority.from_pem(front.pem)
    assert again.certificate == front.certificate
    assert again.signed(front.issue_server(["a"], [], "ECDSA", NOW, DAYS).certificate)


def test_an_authority_knows_its_own_signature_from_that_of_a_namesake(front: Authority) -> None:
    namesake = Authority.create("Front", NOW)
    assert not front.signed(namesake.issue_server(["a"], [], "ECDSA", NOW, DAYS).certificate)


def test_what_cannot_sign_is_no_authority(front: Authority, internal: Authority) -> None:
    leaf = front.issue_server(["a"], [], "ECDSA", NOW, DAYS)
    mixed = front.certificate_pem + internal.pem.partition(b"-----END CERTIFICATE-----\n")[2]
    for pem, message in [
        (b"", "cannot be read"),
        (front.certificate_pem, "cannot be read"),
        (leaf.pem, "not a certificate that may sign"),
        (mixed, "does not belong"),
    ]:
        with pytest.raises(CertificateError, match=message):
            Authority.from_pem(pem)


def test_no_key_shows_in_a_repr(front: Authority) -> None:
    assert "PRIVATE" not in repr(front) + repr(front.issue_server(["a"], [], "ECDSA", NOW, DAYS))


def test_serial_numbers_are_unpredictable(front: Authority) -> None:
    serials = [front.issue_server(["a"], [], "ECDSA", NOW, DAYS).certificate.serial_number for _ in range(4)]
    assert all(abs(a - b) > 2**64 for a, b in pairwise(serials))
