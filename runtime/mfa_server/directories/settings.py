"""How a directory is reached and what its attributes are called, as plain values.

``app`` fills these from the server group; nothing here reads manifests or files. The presets are what each type of
directory calls its things, used where the settings say nothing.
"""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from typing_extensions import override

from mfa_server.directories.errors import DirectorySettingsError

__all__ = [
    "DirectorySettings",
    "DirectoryType",
    "ServerAddress",
    "TlsMode",
    "default_port",
    "tls_context",
]


class DirectoryType(StrEnum):
    """What kind of directory it is; decides presets and which forms of a name it knows."""

    ACTIVE_DIRECTORY = "ActiveDirectory"
    OPENLDAP = "OpenLDAP"
    OTHER = "Other"


class TlsMode(StrEnum):
    """How the connection is protected. There is no plain one."""

    LDAPS = "LDAPS"
    START_TLS = "StartTLS"


def default_port(mode: TlsMode) -> int:
    """Return the registered port: 636 for LDAPS, 389 for StartTLS."""
    return 636 if mode is TlsMode.LDAPS else 389


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One directory server. ``host`` is the name or address its certificate must carry."""

    host: str
    port: int

    @override
    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_USERNAMES: Final = {
    DirectoryType.ACTIVE_DIRECTORY: ("sAMAccountName", "userPrincipalName"),
    DirectoryType.OPENLDAP: ("uid",),
    DirectoryType.OTHER: ("uid", "cn"),
}
_IDS: Final = {
    DirectoryType.ACTIVE_DIRECTORY: "objectGUID",
    DirectoryType.OPENLDAP: "entryUUID",
    DirectoryType.OTHER: "entryUUID",
}


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    r"""Everything needed to ask one directory.

    ``servers`` in order of preference. ``bind_name`` (DN, or with Active Directory UPN or DOMAIN\user) and
    ``bind_password`` are the server group's own account. ``timeout_seconds`` holds for connecting, for every answer and
    for waiting for a free connection, each.
    """

    servers: tuple[ServerAddress, ...]
    base_dn: str
    bind_name: str
    bind_password: bytes = field(repr=False)
    type: DirectoryType = DirectoryType.ACTIVE_DIRECTORY
    tls: TlsMode = TlsMode.LDAPS
    ca_pem: bytes | None = field(default=None, repr=False)
    """Certificates of the authorities to trust, PEM; None: the system's."""
    timeout_seconds: float = 5.0
    username_attributes: tuple[str, ...] = ()
    """Attributes that hold the user's name, the first that has a value counts; empty: the type's preset."""
    id_attribute: str = ""
    """Attribute that holds the immutable id; empty: the type's preset."""

    def __post_init__(self) -> None:
        if not self.servers:
            raise DirectorySettingsError("a directory needs at least one server", hint="list one in directory.servers")
        if not self.bind_password:
            # A name with an empty password is an unauthenticated bind (RFC 4513 5.1.2), which directories may grant.
            raise DirectorySettingsError(
                f"the password of the directory account {self.bind_name!r} is empty",
                hint="put it under the key password of directory.bindSecretRef",
            )

    @property
    def usernames(self) -> tuple[str, ...]:
        """The attributes that hold the user's name, presets applied."""
        return self.username_attributes or _USERNAMES[self.type]

    @property
    def id(self) -> str:
        """The attribute that holds the immutable id, preset applied."""
        return self.id_attribute or _IDS[self.type]


def tls_context(settings: DirectorySettings) -> ssl.SSLContext:
    """Return the context for connections to the directory: TLS 1.2 or later, authority and host name verified, always.

    Raises DirectorySettingsError when the configured authorities cannot be read.
    """
    try:
        if settings.ca_pem is None:
            context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
        else:
            # An empty text would silently stand for the system's authorities.
            text = settings.ca_pem.decode("ascii").strip() or "nothing"
            context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise DirectorySettingsError(
            f"the directory's certificate authority cannot be read: {error}",
            hint="directory.tls.caRef must name PEM text that starts with -----BEGIN CERTIFICATE-----",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
