"""From the administrator's manifests to what servers run on: the accepted bundle and the certificates, under the state directory.

Runs in a short-lived process, at start and after each change: what was read and allocated goes with it, and a fault in it leaves the
servers on what they have. What was accepted is remembered in the state directory, so that a bad edit finds its last accepted
version after a restart too.
"""

import ipaddress
import json
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from mfa_resources import Bundle, Finding, ManifestError, MfaServerGroup, ResourcesError
from mfa_resources.accepted import Accepted
from mfa_resources.admission import Admission, admit
from mfa_resources.manifests import load_directory
from mfa_server.certificates.files import (
    CertificateFile,
    FrontRequest,
    ProvidedCertificate,
    ensure_front,
    ensure_internal,
    front_files,
)
from mfa_server.errors import MfaError
from mfa_server.settings import StandaloneSettings
from mfa_server.standalone.generations import publish

__all__ = ["REPORT_NAME", "PreparationError", "Prepared", "front_request", "prepare"]

log = structlog.get_logger(__name__)

REPORT_NAME = "report.json"
"""File beside the bundle's generations: the findings of the newest reading, for whoever asks later."""
_LOCAL_NAMES = ("localhost",)
_LOCAL_ADDRESSES = ("127.0.0.1", "::1")


class PreparationError(MfaError):
    """Manifests out of which no bundle can be made; what is served stays."""

    code = "notPrepared"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of it."""

    generation: int
    digest: str
    certificates: tuple[CertificateFile, ...]
    findings: tuple[Finding, ...]


def prepare(settings: StandaloneSettings, now: datetime) -> Prepared:
    """Read the manifests, make certificates, publish the accepted bundle, and report every finding.

    Raises PreparationError when there is not exactly one server group, CertificateError, OSError.
    """
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        admission = admit(load_directory(settings.manifests), Accepted.read(settings.bundles))
    except ManifestError as error:
        _report(settings.bundles, error.findings)
        raise PreparationError(
            f"{settings.manifests} cannot be used",
            hint="`mfa check` shows every error; what was served before, if anything, goes on",
        ) from error
    _report(settings.bundles, admission.findings)
    bundle = _only_bundle(settings.manifests, admission)
    certificates = _certificates(settings, bundle, now)
    admission.accepted.write(
        settings.bundles
    )  # first: a bundle must never be served that the next start would not know
    generation = publish(bundle, settings.bundles)
    return Prepared(generation, bundle.digest, certificates, admission.findings)


def front_request(bundle: Bundle, extra_names: Iterable[str] = ()) -> FrontRequest | ProvidedCertificate:
    """Return what the group's ``frontCertificate`` asks for; ``extra_names`` are this machine's own names and addresses.

    Raises PreparationError for cert-manager, which needs a cluster, and for a Secret that lacks a key.
    """
    wanted = bundle.group.spec.front_certificate
    if wanted.type == "CertManager":
        raise PreparationError(
            "frontCertificate.type: CertManager needs a cluster", hint="use OperatorCA or Secret with mfa standalone"
        )
    if wanted.type == "Secret" and wanted.secret is not None:
        ref, namespace = wanted.secret.secret_ref, bundle.namespace
        try:
            return ProvidedCertificate(
                bundle.secret(ref, namespace, "tls.crt"),
                bundle.secret(ref, namespace, "tls.key"),
                _optional(bundle, "ca.crt"),
            )
        except ResourcesError as error:
            raise PreparationError(f"frontCertificate.secret: {error}") from error
    names = list(dict.fromkeys([*wanted.dns_names, *wanted.ip_addresses, *extra_names]))
    addresses = tuple(name for name in names if _is_address(name))
    lifetime = wanted.operator_ca.lifetime if wanted.operator_ca is not None else FrontRequest((), ()).lifetime
    return FrontRequest(tuple(name for name in names if name not in addresses), addresses, wanted.key_types, lifetime)


def _only_bundle(manifests: Path, admission: Admission) -> Bundle:
    bundles = list(admission.bundles.values())
    if len(bundles) == 1:
        return bundles[0]
    if not bundles:
        raise PreparationError(
            f"{manifests} holds no MfaServerGroup that can be used",
            hint="put its errors right; `mfa check` lists them all",
        )
    names = ", ".join(str(bundle.id) for bundle in bundles)
    raise PreparationError(
        f"{manifests} holds {len(bundles)} server groups ({names})",
        hint="give each a directory of its own: standalone runs one",
    )


def _certificates(settings: StandaloneSettings, bundle: Bundle, now: datetime) -> tuple[CertificateFile, ...]:
    group: MfaServerGroup = bundle.group
    workers = [settings.worker(index, "").name for index in range(settings.workers)]
    internal = ensure_internal(settings.certificates, bundle.namespace, group.metadata.name, workers, now)
    host = [name for name in (socket.gethostname().lower(),) if name and len(name) < 254]
    refused: MfaError | None = None
    front: tuple[CertificateFile, ...] = ()
    try:
        request = front_request(bundle, [*host, *_LOCAL_NAMES, *_LOCAL_ADDRESSES])
        front = ensure_front(settings.certificates, request, now)
    except MfaError as error:
        if not front_files(settings.certificates):
            raise
        refused = error
    if refused is not None:
        log.error("front certificate stays as it was", why=refused.message, hint=refused.hint)
    for file in (*front, *internal):
        if file.verdict.issue:
            log.info("certificate issued", certificate=file.name, reason=file.verdict.reason, why=file.verdict.message)
    return (*front, *internal)


def _optional(bundle: Bundle, key: str) -> bytes:
    secret = bundle.group.spec.front_certificate.secret
    try:
        return b"" if secret is None else bundle.secret(secret.secret_ref, bundle.namespace, key)
    except ResourcesError:
        return b""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _report(directory: Path, findings: Sequence[Finding]) -> None:
    for finding in findings:
        (log.error if finding.is_error else log.warning)("manifest", finding=str(finding), reason=finding.reason)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = [
        {
            "severity": finding.severity,
            "reason": finding.reason,
            "object": str(finding.object or ""),
            "field": finding.field,
            "source": str(finding.source or ""),
            "message": finding.message,
        }
        for finding in findings
    ]
    draft = directory / f".{REPORT_NAME}.new"
    draft.write_text(json.dumps(rows, indent=1))
    draft.replace(directory / REPORT_NAME)
