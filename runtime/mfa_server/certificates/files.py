"""The certificates of one machine as files: made, kept or renewed, always replaced as a whole.

```
authorities/front.pem  authorities/internal.pem      certificate and key of each authority
front/ca.crt  front/ecdsa.pem  front/rsa.pem  or  front/secret.pem      what gateways meet
internal/ca.crt  internal/server.pem  internal/operator.pem             what servers and the operator show each other
```
A ``.pem`` holds certificate, chain and key in one file of mode 0600, so that one atomic rename changes them together; ``ca.crt`` is
public. An authority that is there but cannot be used is an error, never replaced: gateways trust it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mfa_server.certificates.authority import Authority, CertificateError, Issued, KeyType
from mfa_server.certificates.decision import CertificateReason, Facts, Verdict, Wanted, decide
from mfa_server.certificates.names import InternalIdentity, Role

__all__ = [
    "INTERNAL_LIFETIME",
    "CertificateFile",
    "FrontRequest",
    "ProvidedCertificate",
    "authority_file",
    "ensure_front",
    "ensure_internal",
    "front_files",
    "inspect",
    "internal_file",
    "not_after",
]

INTERNAL_LIFETIME = timedelta(days=90)
"""Lifetime of what the internal authority issues."""


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """One certificate on disk, and why it is as it is."""

    name: str
    """``front/ecdsa``, ``internal/server`` …"""
    path: Path
    not_after: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FrontRequest:
    """What the group's ``frontCertificate`` asks of our own front authority."""

    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    key_types: tuple[KeyType, ...] = ("ECDSA",)
    lifetime: timedelta = timedelta(hours=2160)


@dataclass(frozen=True, slots=True)
class ProvidedCertificate:
    """What the group's ``frontCertificate`` of type Secret brings: PEM texts. ``authority`` may be empty."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes = b""


def ensure_front(
    directory: Path, request: FrontRequest | ProvidedCertificate, now: datetime
) -> tuple[CertificateFile, ...]:
    """Make the front certificates what the group asks for; others are removed once the new ones lie there.

    Raises CertificateError, with the files as they were, when the authority or what the user provides cannot be used.
    """
    folder = _folder(directory / "front")
    if isinstance(request, ProvidedCertificate):
        files: tuple[CertificateFile, ...] = (_provide(folder / "secret.pem", request, now),)
        trusted = request.authority
    else:
        authority = _authority(directory, "front", now)
        files = tuple(_front(folder, key_type, request, authority, now) for key_type in request.key_types)
        trusted = authority.certificate_pem
    _replace(folder / "ca.crt", trusted, 0o644)
    for stale in set(folder.glob("*.pem")) - {file.path for file in files}:
        stale.unlink(missing_ok=True)
    return files


def ensure_internal(
    directory: Path, namespace: str, group: str, names: Iterable[str], now: datetime
) -> tuple[CertificateFile, ...]:
    """Make the certificates that servers and the operator show each other.

    Raises CertificateError when the internal authority is there but cannot be used.
    """
    folder = _folder(directory / "internal")
    authority = _authority(directory, "internal", now, namespace=namespace)
    dns_names = tuple(dict.fromkeys(name.lower() for name in names))
    files = []
    for role in (Role.SERVER, Role.OPERATOR):
        identity = InternalIdentity(namespace, group, role)
        wanted = Wanted(frozenset((identity.uri, *dns_names)), "ECDSA")
        issue = partial(authority.issue_internal, identity, dns_names, now, INTERNAL_LIFETIME)
        files.append(_ensure(folder / f"{role}.pem", wanted, authority, now, issue))
    _replace(folder / "ca.crt", authority.certificate_pem, 0o644)
    return tuple(files)


def front_files(directory: Path) -> tuple[Path, ...]:
    """Return the front certificates that lie there, ECDSA first; empty when there are none."""
    return tuple(sorted((directory / "front").glob("*.pem")))


def internal_file(directory: Path, role: Role = Role.SERVER) -> Path:
    """Return where the internal certificate of ``role`` lies."""
    return directory / "internal" / f"{role}.pem"


def authority_file(directory: Path, which: str) -> Path:
    """Return the public certificate of the ``front`` or ``internal`` authority: what others are to trust."""
    return directory / which / "ca.crt"


def not_after(path: Path) -> datetime | None:
    """Return when the first certificate in a file ends, or None when there is none to read."""
    with suppress(OSError, ValueError):
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return None


def inspect(pem: bytes, authority: Authority | None) -> Facts:
    """Return what a text of certificate and key says; a text that cannot be used says why in ``fault``."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(pem, None)
        names = frozenset(_names(certificate))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        return Facts(fault=f"it is not a PEM certificate with its private key ({type(error).__name__})")
    if key.public_key() != certificate.public_key():
        return Facts(fault="its private key belongs to another certificate")
    return Facts(
        names=names,
        key_type=_key_type(key),
        issued_by_authority=authority is not None and authority.signed(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _front(
    folder: Path, key_type: KeyType, request: FrontRequest, authority: Authority, now: datetime
) -> CertificateFile:
    dns_names = tuple(dict.fromkeys(name.lower() for name in request.dns_names))
    addresses = tuple(dict.fromkeys(str(ip_address(address)) for address in request.ip_addresses))
    issue = partial(authority.issue_server, dns_names, addresses, key_type, now, request.lifetime)
    wanted = Wanted(frozenset((*dns_names, *addresses)), key_type)
    return _ensure(folder / f"{key_type.lower()}.pem", wanted, authority, now, issue)


def _ensure(
    path: Path, wanted: Wanted, authority: Authority, now: datetime, issue: Callable[[], Issued]
) -> CertificateFile:
    pem = _read(path)
    found = None if pem is None else inspect(pem, authority)
    verdict = decide(wanted, found, now)
    if not verdict.issue and found is not None and found.not_after is not None:
        return CertificateFile(_label(path), path, found.not_after, verdict)
    issued = issue()
    _replace(path, issued.pem, 0o600)
    return CertificateFile(_label(path), path, issued.certificate.not_valid_after_utc, verdict)


def _provide(path: Path, provided: ProvidedCertificate, now: datetime) -> CertificateFile:
    pem = provided.certificate.rstrip() + b"\n" + provided.key.lstrip()
    facts = inspect(pem, None)
    if facts.fault or facts.not_after is None:
        raise CertificateError(
            f"frontCertificate.secret cannot be used: {facts.fault}",
            hint="the Secret needs tls.crt (certificate and chain) and tls.key (its unencrypted key), both PEM",
        )
    expired = facts.not_after <= now
    verdict = Verdict(
        issue=False,
        reason=CertificateReason.NOT_VALID if expired else CertificateReason.KEPT,
        message=f"{'expired at' if expired else 'valid until'} {facts.not_after:%Y-%m-%d %H:%M} UTC; the user's own Secret",
    )
    if _read(path) != pem:
        _replace(path, pem, 0o600)
    return CertificateFile(_label(path), path, facts.not_after, verdict)


def _authority(directory: Path, which: str, now: datetime, *, namespace: str = "") -> Authority:
    path = _folder(directory / "authorities") / f"{which}.pem"
    pem = _read(path)
    if pem is None:
        authority = Authority.create(f"MFA servers, {which} authority {now:%Y-%m-%d}", now, namespace=namespace)
        _replace(path, authority.pem, 0o600)
        return authority
    hint = f"restore {path} from a backup; removing it makes a new authority that {_TRUST[which]}"
    try:
        authority = Authority.from_pem(pem)
    except CertificateError as error:
        raise CertificateError(f"the {which} authority {path}: {error.message}", hint=hint) from error
    if authority.certificate.not_valid_after_utc <= now:
        ended = authority.certificate.not_valid_after_utc
        raise CertificateError(f"the {which} authority {path} expired at {ended:%Y-%m-%d %H:%M} UTC", hint=hint)
    return authority


_TRUST = {
    "front": "every gateway has to be told to trust",
    "internal": "all servers of the group have to be restarted for",
}


def _names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))
    yield from (str(address) for address in names.get_values_for_type(x509.IPAddress))
    yield from names.get_values_for_type(x509.UniformResourceIdentifier)


def _key_type(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return "ECDSA"
    return "RSA" if isinstance(key, rsa.RSAPrivateKey) else ""


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _folder(path: Path) -> Path:
    for each in (path.parent, path):  # `parents` alone would make the upper one for everybody
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CertificateError(f"{path} cannot be read: {error.strerror}", hint="check its owner and mode") from error


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a new file beside ``path``, make it durable and rename it over: readers see the old one or the new one, whole."""
    if _read(path) == content:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
