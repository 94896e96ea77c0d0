"""The certificate files: made once, kept, renewed when due, always whole; an authority is never replaced."""

import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mfa_server.certificates.authority import Authority, CertificateError
from mfa_server.certificates.decision import CertificateReason
from mfa_server.certificates.files import (
    CertificateFile,
    FrontRequest,
    ProvidedCertificate,
    authority_file,
    ensure_front,
    ensure_internal,
    front_files,
    inspect,
    internal_file,
    not_after,
)
from mfa_server.certificates.names import Role

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REQUEST = FrontRequest(("mfa.example.com",), ("192.0.2.1",), ("ECDSA", "RSA"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def reasons(files: Sequence[CertificateFile]) -> list[CertificateReason]:
    return [file.verdict.reason for file in files]


def test_the_first_time_everything_is_made_and_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    files = ensure_front(tmp_path, REQUEST, NOW)
    assert [file.name for file in files] == ["front/ecdsa", "front/rsa"]
    assert reasons(files) == [CertificateReason.MISSING] * 2
    assert front_files(tmp_path) == tuple(file.path for file in files)
    secrets = [*front_files(tmp_path), tmp_path / "authorities" / "front.pem"]
    assert [mode(path) for path in secrets] == [0o600] * 3
    assert mode(tmp_path / "front") == mode(tmp_path / "authorities") == 0o700
    assert b"PRIVATE" not in authority_file(tmp_path, "front").read_bytes()


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    ensure_front(tmp_path, REQUEST, NOW)
    ensure_internal(tmp_path, "mfa", "main", ["mfa-0"], NOW)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*.*")}
    assert set(reasons(ensure_front(tmp_path, REQUEST, NOW))) == {CertificateReason.KEPT}
    assert set(reasons(ensure_internal(tmp_path, "mfa", "main", ["mfa-0"], NOW))) == {CertificateReason.KEPT}
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize(
    ("request_", "later", "reason"),
    [
        (REQUEST, timedelta(days=61), CertificateReason.RENEWAL_DUE),
        (REQUEST, timedelta(days=91), CertificateReason.NOT_VALID),
        (replace(REQUEST, dns_names=("other.example.com",)), timedelta(), CertificateReason.WRONG_NAMES),
    ],
)
def test_a_certificate_that_is_due_or_wrong_is_issued_anew_by_the_same_authority(
    tmp_path: Path, request_: FrontRequest, later: timedelta, reason: CertificateReason
) -> None:
    old = ensure_front(tmp_path, REQUEST, NOW)
    authority = authority_file(tmp_path, "front").read_bytes()
    new = ensure_front(tmp_path, request_, NOW + later)
    assert reasons(new) == [reason] * 2
    assert all(a.not_after <= b.not_after for a, b in zip(old, new, strict=True))
    assert authority_file(tmp_path, "front").read_bytes() == authority


def test_names_differ_neither_by_case_nor_by_notation(tmp_path: Path) -> None:
    ensure_front(tmp_path, FrontRequest(("MFA.example.com",), ("2001:DB8:0::1",)), NOW)
    again = ensure_front(tmp_path, FrontRequest(("mfa.example.com",), ("2001:db8::1",)), NOW)
    assert reasons(again) == [CertificateReason.KEPT]


def test_a_key_type_that_is_not_asked_for_any_more_goes(tmp_path: Path) -> None:
    ensure_front(tmp_path, REQUEST, NOW)
    ensure_front(tmp_path, replace(REQUEST, key_types=("RSA",)), NOW)
    assert [path.name for path in front_files(tmp_path)] == ["rsa.pem"]


def test_a_damaged_certificate_is_issued_anew(tmp_path: Path) -> None:
    (file, _) = ensure_front(tmp_path, REQUEST, NOW)
    file.path.write_bytes(file.path.read_bytes()[:200])
    assert reasons(ensure_front(tmp_path, REQUEST, NOW)) == [CertificateReason.UNREADABLE, CertificateReason.KEPT]


@pytest.mark.parametrize(
    ("content", "when", "message"),
    [(b"damaged", NOW, "cannot be read as a certificate"), (None, NOW + timedelta(days=4000), "expired at")],
)
def test_an_authority_that_cannot_be_used_is_an_error_and_never_replaced(
    tmp_path: Path, content: bytes | None, when: datetime, message: str
) -> None:
    ensure_front(tmp_path, REQUEST, NOW)
    path = tmp_path / "authorities" / "front.pem"
    if content is not None:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(CertificateError, match=message) as caught:
        ensure_front(tmp_path, REQUEST, when)
    assert "restore" in caught.value.hint
    assert path.read_bytes() == before


def test_a_certificate_the_user_provides_is_served_as_it_is(tmp_path: Path) -> None:
    authority = Authority.create("Corp", NOW)
    issued = authority.issue_server(["mfa.example.com"], [], "RSA", NOW, timedelta(days=365))
    certificate, key = issued.pem.split(b"-----BEGIN PRIVATE KEY-----")
    provided = ProvidedCertificate(certificate, b"-----BEGIN PRIVATE KEY-----" + key, authority.certificate_pem)
    ensure_front(tmp_path, REQUEST, NOW)
    (file,) = ensure_front(tmp_path, provided, NOW)
    assert front_files(tmp_path) == (file.path,) == (tmp_path / "front" / "secret.pem",)
    assert authority_file(tmp_path, "front").read_bytes() == authority.certificate_pem
    assert file.not_after == not_after(file.path) == NOW + timedelta(days=365)
    assert mode(file.path) == 0o600
    (expired,) = ensure_front(tmp_path, provided, NOW + timedelta(days=366))
    assert expired.verdict.reason is CertificateReason.NOT_VALID


def test_an_unusable_certificate_of_the_user_leaves_the_old_one_serving(tmp_path: Path) -> None:
    (file, _) = ensure_front(tmp_path, REQUEST, NOW)
    pem = file.path.read_bytes()
    other = Authority.create("Corp", NOW)
    with pytest.raises(CertificateError, match="belongs to another certificate") as caught:
        ensure_front(
            tmp_path, ProvidedCertificate(file.path.read_bytes().split(b"-----BEGIN PRIVATE")[0], other.pem), NOW
        )
    assert "PRIVATE" not in str(caught.value)
    assert file.path.read_bytes() == pem


def test_internal_certificates_name_their_role(tmp_path: Path) -> None:
    ensure_internal(tmp_path, "mfa", "main", ["mfa-0"], NOW)
    for role in (Role.SERVER, Role.OPERATOR):
        facts = inspect(internal_file(tmp_path, role).read_bytes(), None)
        assert facts.names == {f"mfa://mfa/main/{role}", "mfa-0"}
        assert mode(internal_file(tmp_path, role)) == 0o600


def test_a_file_that_is_no_certificate_has_no_end(tmp_path: Path) -> None:
    assert not_after(tmp_path / "none.pem") is None
    (tmp_path / "bad.pem").write_text("bad")
    assert not_after(tmp_path / "bad.pem") is None
