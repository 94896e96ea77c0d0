"""From a bundle to the values and objects that rooms are made of. Reads nothing but the bundle; opens nothing."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from mfa_resources import Bundle
from mfa_server.certificates.files import front_files
from mfa_server.clock import Clock
from mfa_server.directories import (
    DirectorySettings,
    DirectoryType,
    ServerAddress,
    TlsMode,
)
from mfa_server.notify.console import ConsoleProvider
from mfa_server.notify.texts import Observer, TextNotifier, TextProvider
from mfa_server.reload import BundleError
from mfa_server.servers.ldap_front import LdapSettings, ListenerKind, ListenerSettings
from mfa_server.servers.tls import CertificateFiles, MinimumTls, TlsSettings, server_context
from mfa_server.settings import WorkerSettings
from mfa_server.store.keyring import KeyRing
from mfa_server.web.control_services import ControlDefaults

__all__ = [
    "control_defaults",
    "default_region",
    "directory_settings",
    "key_ring",
    "ldap_settings",
    "notifier",
    "tls_contexts",
]


def directory_settings(bundle: Bundle) -> DirectorySettings:
    """Return how the group's directory is reached. Raises BundleError, DirectorySettingsError, DanglingReferenceError."""
    spec = bundle.group.spec.directory
    if not spec.servers:
        raise BundleError("directory.discovery is not supported yet", hint="name the servers in directory.servers")
    tls = spec.tls
    return DirectorySettings(
        servers=tuple(ServerAddress(server.host, spec.port_of(server)) for server in spec.servers),
        base_dn=spec.base_dn,
        bind_name=bundle.secret(spec.bind_secret_ref, bundle.namespace, "username").decode(),
        bind_password=bundle.secret(spec.bind_secret_ref, bundle.namespace, "password"),
        type=DirectoryType(spec.type),
        tls=TlsMode(tls.mode),
        ca_pem=bundle.certificate_authorities(tls.ca_ref, bundle.namespace) if tls.ca_ref else None,
        timeout_seconds=spec.timeout.total_seconds(),
        username_attributes=spec.username_attributes,
        id_attribute=spec.id_attribute,
    )


def notifier(bundle: Bundle, clock: Clock, observe: Observer | None = None) -> TextNotifier:
    """Return the group's text message providers, in order; types that are not built yet are left out (and were reported)."""
    providers: list[TextProvider] = [
        ConsoleProvider(provider.name, clock)
        for provider in bundle.group.spec.text_message.providers
        if provider.type == "Console"
    ]
    return TextNotifier(providers, observe)


def key_ring(bundle: Bundle, settings: WorkerSettings, used: frozenset[str]) -> KeyRing:
    """Return the keys that seal secrets at rest: from the Secret the group names, else from the state directory.

    ``used`` are the ids of keys that sealed something in the store: without one of them nothing starts. Raises SealError.
    """
    ref = bundle.group.spec.store.encryption_key_secret_ref
    if ref is None:
        settings.key_ring_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return KeyRing.load_or_create(settings.key_ring_path, used=used)
    ring = KeyRing.from_secret(bundle.secret(ref, bundle.namespace, "keyring"))
    ring.require(used)
    return ring


def ldap_settings(bundle: Bundle, settings: WorkerSettings) -> LdapSettings:
    """Return the listeners of the group: the ports of the manifest, or those that the process was told."""
    listeners = bundle.group.spec.listeners
    host = settings.front_host or "::"
    wanted = []
    if listeners.ldap is not None:
        wanted.append(ListenerSettings(ListenerKind.LDAP, settings.ldap_port or listeners.ldap.port, host))
    if listeners.ldaps is not None:
        wanted.append(ListenerSettings(ListenerKind.LDAPS, settings.ldaps_port or listeners.ldaps.port, host))
    return LdapSettings(tuple(wanted))


def tls_contexts(bundle: Bundle, certificates: Path) -> Mapping[ListenerKind, ssl.SSLContext]:
    """Return the TLS contexts of both kinds of listener. Raises TlsSettingsError when a certificate cannot be used."""
    ldaps = bundle.group.spec.listeners.ldaps
    context = server_context(
        TlsSettings(
            certificates=tuple(CertificateFiles(path) for path in front_files(certificates)),
            minimum=MinimumTls(ldaps.minimum_tls) if ldaps else MinimumTls.TLS_1_2,
            cipher_suites=ldaps.cipher_suites if ldaps else (),
        )
    )
    return dict.fromkeys(ListenerKind, context)


def default_region(bundle: Bundle) -> str:
    """Return the region of phone numbers typed without a country code: that of the first sync source that names one."""
    for source in bundle.sync_sources:
        if source.spec.phone.default_region:
            return source.spec.phone.default_region
    return ""


def control_defaults(bundle: Bundle) -> ControlDefaults:
    """Return what commands need to know of the bundle: how new tokens are, and where a bare phone number belongs."""
    oath = bundle.group.spec.oath
    return ControlDefaults(
        issuer=_issuer(bundle),
        digits=oath.digits,
        period=int(oath.period.total_seconds()),
        region=default_region(bundle),
    )


def _issuer(bundle: Bundle) -> str:
    """Return the name that people see beside their codes: the organisation's where the manifest tells it, else the group's."""
    spec = bundle.group.spec
    account = spec.mobile_app.account_name if spec.mobile_app else None
    branding = spec.portal.branding.name if spec.portal else None
    return account or branding or bundle.group.metadata.name
