"""`decide`: the first check that speaks decides, in the order of the docstring."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mfa_server.certificates.decision import CertificateReason, Facts, Wanted, decide

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WANTED = Wanted(frozenset({"mfa.example.com", "192.0.2.1"}), "ECDSA")
GOOD = Facts(
    names=WANTED.names,
    key_type="ECDSA",
    issued_by_authority=True,
    not_before=NOW - timedelta(days=10),
    not_after=NOW + timedelta(days=80),
)

CASES = [
    ("no certificate", None, CertificateReason.MISSING, "there is no certificate yet"),
    (
        "unreadable comes before everything else",
        Facts(fault="its private key belongs to another certificate"),
        CertificateReason.UNREADABLE,
        "the certificate cannot be used: its private key belongs to another certificate",
    ),
    (
        "names come before the issuer",
        replace(GOOD, names=frozenset({"mfa.example.com", "old.example.com"}), issued_by_authority=False),
        CertificateReason.WRONG_NAMES,
        "the certificate lacks 192.0.2.1 and names old.example.com too much",
    ),
    (
        "a name that is lacking",
        replace(GOOD, names=frozenset({"192.0.2.1"})),
        CertificateReason.WRONG_NAMES,
        "the certificate lacks mfa.example.com",
    ),
    (
        "the issuer comes before the key type",
        replace(GOOD, issued_by_authority=False, key_type="RSA"),
        CertificateReason.WRONG_ISSUER,
        "the certificate was not signed by the authority in use",
    ),
    (
        "the key type comes before the validity",
        replace(GOOD, key_type="RSA", not_after=NOW),
        CertificateReason.WRONG_KEY_TYPE,
        "the certificate's key is RSA, ECDSA is wanted",
    ),
    (
        "a key of no known type",
        replace(GOOD, key_type=""),
        CertificateReason.WRONG_KEY_TYPE,
        "the certificate's key is of an unknown type, ECDSA is wanted",
    ),
    (
        "expired",
        replace(GOOD, not_after=NOW),
        CertificateReason.NOT_VALID,
        "the certificate expired at 2026-11-24 12:00 UTC",
    ),
    (
        "made by a clock that was ahead",
        replace(GOOD, not_before=NOW + timedelta(minutes=1)),
        CertificateReason.NOT_VALID,
        "the certificate is not valid before 2026-11-24 12:01 UTC",
    ),
    (
        "no validity at all",
        replace(GOOD, not_after=None),
        CertificateReason.NOT_VALID,
        "the certificate has no validity",
    ),
    (
        "exactly two thirds of 90 days are over",
        replace(GOOD, not_before=NOW - timedelta(days=60), not_after=NOW + timedelta(days=30)),
        CertificateReason.RENEWAL_DUE,
        "two thirds of the certificate's lifetime are over",
    ),
    (
        "one second before two thirds",
        replace(
            GOOD,
            not_before=NOW - timedelta(days=60) + timedelta(seconds=1),
            not_after=NOW + timedelta(days=30, seconds=1),
        ),
        CertificateReason.KEPT,
        "valid until 2026-12-24 12:00 UTC",
    ),
    ("nothing to do", GOOD, CertificateReason.KEPT, "valid until 2027-02-12 12:00 UTC"),
]


@pytest.mark.parametrize(("found", "reason", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_first_check_that_speaks_decides(found: Facts | None, reason: CertificateReason, message: str) -> None:
    verdict = decide(WANTED, found, NOW)
    assert (verdict.reason, verdict.message) == (reason, message)
    assert verdict.issue == (reason is not CertificateReason.KEPT)


def test_every_reason_is_in_the_table() -> None:
    assert {case[2] for case in CASES} == set(CertificateReason)
