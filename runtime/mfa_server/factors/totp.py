"""Time-based one-time passwords of OATH tokens (RFC 6238 on top of RFC 4226).

A token is a secret shared with an authenticator app or a hardware device. ``match`` says which time step a typed code belongs to;
the caller keeps the newest accepted step and hands it back as ``last_step``, because a code counts once (RFC 6238 §5.2). Secrets
and codes appear in no error message.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from mfa_server.clock import Randomness
from mfa_server.errors import MfaError

__all__ = [
    "ALGORITHMS",
    "MINIMUM_SECRET_BYTES",
    "SECRET_BYTES",
    "SecretFormatError",
    "TotpMatch",
    "TotpOutcome",
    "code_at",
    "format_base32",
    "generate_secret",
    "match",
    "parse_base32",
    "provisioning_uri",
    "step_at",
]

ALGORITHMS = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
"""Names as in otpauth URIs, and the digest each stands for."""
SECRET_BYTES = 20
"""Length of generated secrets: 160 bit, as RFC 4226 §4 (R6) recommends."""
MINIMUM_SECRET_BYTES = 10
"""Shortest secret accepted from elsewhere: 80 bit, which older hardware tokens and authenticator services still use."""
MAXIMUM_SECRET_BYTES = 128
"""Longest secret accepted: the block size of SHA-512; HMAC would only hash a longer one."""
BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567")
SEPARATORS = frozenset(" \t\r\n-")
"""What people put between groups of Base32 letters."""


class SecretFormatError(MfaError):
    """A token secret is not Base32 or has an unusable length. The message never shows the secret."""

    code = "secretFormat"


class TotpOutcome(StrEnum):
    """How a typed code compares with a token."""

    ACCEPTED = "accepted"
    USED = "used"
    """The code is right for a time step, but that one or a later one was accepted before."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class TotpMatch:
    """The outcome; ``step`` is the time step that fitted, and -1 where the code is wrong."""

    outcome: TotpOutcome
    step: int = -1


def generate_secret(randomness: Randomness) -> bytes:
    """Return a new secret of ``SECRET_BYTES`` unpredictable bytes."""
    return randomness.token_bytes(SECRET_BYTES)


def step_at(now: datetime, period: int) -> int:
    """Return the time step that ``now`` (timezone-aware) falls into: periods of ``period`` seconds since 1970 (RFC 6238 §4.2)."""
    return int(now.timestamp()) // period


def code_at(secret: bytes, step: int, digits: int = 6, algorithm: str = "SHA1") -> str:
    """Return the code of one time step: ``digits`` (6 to 8) decimal digits, leading zeros kept (RFC 4226 §5.3).

    Raises ValueError for an algorithm that is not in ``ALGORITHMS``.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"unknown algorithm {algorithm!r}; use one of {', '.join(ALGORITHMS)}")
    digest = hmac.digest(secret, step.to_bytes(8, "big"), ALGORITHMS[algorithm])
    offset = digest[-1] & 0x0F  # dynamic truncation: the last four bits say where the 31 bits begin
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def match(  # noqa: PLR0913 - the token's parameters travel by name
    secret: bytes,
    code: str,
    now: datetime,
    *,
    period: int = 30,
    digits: int = 6,
    drift: int = 1,
    last_step: int = -1,
    algorithm: str = "SHA1",
) -> TotpMatch:
    """Compare a typed code with every time step from ``drift`` before now to ``drift`` after.

    Every step is compared in constant time and none ends the search, so the time taken tells nothing. Where a code happens to
    fit several steps the newest counts, so that accepting it uses up all of them. A step up to ``last_step`` is ``USED``.
    """
    typed = code.encode("utf-8", "replace")
    present = step_at(now, period)
    fitting = -1
    for step in range(max(0, present - drift), present + drift + 1):
        if hmac.compare_digest(code_at(secret, step, digits, algorithm).encode(), typed):
            fitting = step
    if fitting < 0:
        return TotpMatch(TotpOutcome.WRONG)
    return TotpMatch(TotpOutcome.ACCEPTED if fitting > last_step else TotpOutcome.USED, fitting)


def format_base32(secret: bytes) -> str:
    """Return a secret as authenticator apps want it typed: Base32 capitals without padding (RFC 4648 §6)."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def parse_base32(text: str) -> bytes:
    """Read a secret as people write it: any case, in groups, with or without padding (RFC 4648 §6).

    Raises SecretFormatError, which tells the position of a wrong character but neither the character nor the secret.
    """
    unpadded = text.rstrip("= \t\r\n")
    for position, character in enumerate(unpadded, start=1):
        if character not in BASE32 and character not in SEPARATORS:
            raise SecretFormatError(
                f"character {position} of the token secret is not Base32",
                hint="Base32 has the letters A to Z and the digits 2 to 7; a hexadecimal secret has to be converted first",
            )
    compact = "".join(character for character in unpadded if character not in SEPARATORS).upper()
    try:
        secret = base64.b32decode(compact + "=" * (-len(compact) % 8))
    except binascii.Error:
        raise SecretFormatError(
            f"the token secret has {len(compact)} Base32 characters, a number that cannot be",
            hint="check that no character got lost while copying",
        ) from None
    if not MINIMUM_SECRET_BYTES <= len(secret) <= MAXIMUM_SECRET_BYTES:
        raise SecretFormatError(
            f"the token secret has {len(secret)} bytes",
            hint=f"{MINIMUM_SECRET_BYTES} to {MAXIMUM_SECRET_BYTES} bytes are accepted, that is {MINIMUM_SECRET_BYTES * 8 // 5} Base32 characters or more",
        )
    return secret


def provisioning_uri(
    issuer: str, account: str, secret: bytes, *, digits: int = 6, period: int = 30, algorithm: str = "SHA1"
) -> str:
    """Return the ``otpauth://`` URI that authenticator apps read from a QR code. It contains the secret: show it once, keep it never.

    Follows what apps agree on: the issuer both in the label and as a parameter, ``%20`` for a blank, Base32 without padding.
    A colon divides the label, so one inside issuer or account becomes a blank.
    """
    plain_issuer, plain_account = issuer.replace(":", " "), account.replace(":", " ")
    label = f"{quote(plain_issuer, safe='')}:{quote(plain_account, safe='@')}"
    parameters = (
        ("secret", format_base32(secret)),
        ("issuer", quote(plain_issuer, safe="")),
        ("algorithm", algorithm),
        ("digits", str(digits)),
        ("period", str(period)),
    )
    return f"otpauth://totp/{label}?" + "&".join(f"{name}={value}" for name, value in parameters)
