"""Keep a certificate or issue it anew: a chain of checks over values, the first that speaks decides.

Missing, unreadable, wrong names, wrong issuer, wrong key type, not valid, due for renewal; else it is kept. Pure: the time and what
lies on disk are handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mfa_server.certificates.authority import KeyType

__all__ = ["CertificateReason", "Facts", "Verdict", "Wanted", "decide"]


class CertificateReason(StrEnum):
    """Why a certificate is issued, or that it is kept."""

    MISSING = "Missing"
    UNREADABLE = "Unreadable"
    WRONG_NAMES = "WrongNames"
    WRONG_ISSUER = "WrongIssuer"
    WRONG_KEY_TYPE = "WrongKeyType"
    NOT_VALID = "NotValid"
    RENEWAL_DUE = "RenewalDue"
    KEPT = "Kept"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the certificate should say."""

    names: frozenset[str]
    """DNS names, addresses and URIs in their canonical text."""
    key_type: KeyType


@dataclass(frozen=True, slots=True)
class Facts:
    """What a certificate on disk says. ``fault`` is why it could not be read; everything else means nothing then."""

    names: frozenset[str] = frozenset()
    key_type: str = ""
    issued_by_authority: bool = False
    """The authority in use signed it."""
    not_before: datetime | None = None
    not_after: datetime | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to issue, and why: ``reason`` for machines, ``message`` for people."""

    issue: bool
    reason: CertificateReason
    message: str


def decide(wanted: Wanted, found: Facts | None, now: datetime) -> Verdict:
    """Return the verdict of the first check that speaks; ``found`` is None when there is no certificate."""
    if found is None:
        return Verdict(issue=True, reason=CertificateReason.MISSING, message="there is no certificate yet")
    for reason, check in _CHAIN:
        message = check(wanted, found, now)
        if message:
            return Verdict(issue=True, reason=reason, message=message)
    return Verdict(
        issue=False, reason=CertificateReason.KEPT, message=f"valid until {found.not_after:%Y-%m-%d %H:%M} UTC"
    )


def _unreadable(_: Wanted, found: Facts, __: datetime) -> str:
    return f"the certificate cannot be used: {found.fault}" if found.fault else ""


def _wrong_names(wanted: Wanted, found: Facts, _: datetime) -> str:
    if wanted.names == found.names:
        return ""
    lacks, extra = sorted(wanted.names - found.names), sorted(found.names - wanted.names)
    parts = [f"lacks {', '.join(lacks)}" if lacks else "", f"names {', '.join(extra)} too much" if extra else ""]
    return "the certificate " + " and ".join(part for part in parts if part)


def _wrong_issuer(_: Wanted, found: Facts, __: datetime) -> str:
    return "" if found.issued_by_authority else "the certificate was not signed by the authority in use"


def _wrong_key_type(wanted: Wanted, found: Facts, _: datetime) -> str:
    if wanted.key_type == found.key_type:
        return ""
    return f"the certificate's key is {found.key_type or 'of an unknown type'}, {wanted.key_type} is wanted"


def _not_valid(_: Wanted, found: Facts, now: datetime) -> str:
    if found.not_before is None or found.not_after is None:
        return "the certificate has no validity"
    if now < found.not_before:
        return f"the certificate is not valid before {found.not_before:%Y-%m-%d %H:%M} UTC"
    return f"the certificate expired at {found.not_after:%Y-%m-%d %H:%M} UTC" if now >= found.not_after else ""


def _renewal_due(_: Wanted, found: Facts, now: datetime) -> str:
    if found.not_before is None or found.not_after is None:
        return ""
    due = found.not_before + (found.not_after - found.not_before) * 2 / 3
    return "two thirds of the certificate's lifetime are over" if now >= due else ""


_CHAIN: tuple[tuple[CertificateReason, Callable[[Wanted, Facts, datetime], str]], ...] = (
    (CertificateReason.UNREADABLE, _unreadable),
    (CertificateReason.WRONG_NAMES, _wrong_names),
    (CertificateReason.WRONG_ISSUER, _wrong_issuer),
    (CertificateReason.WRONG_KEY_TYPE, _wrong_key_type),
    (CertificateReason.NOT_VALID, _not_valid),
    (CertificateReason.RENEWAL_DUE, _renewal_due),
)
