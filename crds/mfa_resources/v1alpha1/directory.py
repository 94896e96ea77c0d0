"""The directory that knows the passwords: servers, transport, names, trusted domains."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    AttributeName,
    AttributeNames,
    CARef,
    DistinguishedName,
    HostName,
    Line,
    Name,
    Port,
    SecretRef,
)
from mfa_resources.v1alpha1.markers import Atomic, DurationText, Keys, ListMap, ListSet
from mfa_resources.v1alpha1.model import Model, Rule

__all__ = ["Directory", "DirectoryAttributes", "DirectoryServer", "DirectoryTLS", "Discovery", "TrustedDomain"]

_USERNAMES = {"ActiveDirectory": ("sAMAccountName", "userPrincipalName"), "OpenLDAP": ("uid",), "Other": ("uid",)}
_IDS = {"ActiveDirectory": "objectGUID", "OpenLDAP": "entryUUID", "Other": "entryUUID"}
_PORTS = {"LDAPS": 636, "StartTLS": 389}


class DirectoryServer(Model):
    """One directory server."""

    host: HostName
    """Host name or address; the name must stand in the server's certificate. Formerly: Directory Integration > Server."""
    port: Port | None = None
    """TCP port; absent: 636 with LDAPS, 389 with StartTLS."""


_Servers = Annotated[tuple[DirectoryServer, ...], Field(min_length=1, max_length=16), Atomic()]


class Discovery(Model):
    """Servers found by SRV records."""

    domain: HostName
    """DNS domain whose _ldap._tcp records name the servers."""
    site: Annotated[Line, Field(max_length=63)] | None = None
    """Active Directory site whose servers come first; absent: no preference."""


class DirectoryTLS(Model):
    """How connections to the directory are protected; plain connections are not offered."""

    mode: Literal["LDAPS", "StartTLS"] = "LDAPS"
    """TLS from the first byte, or StartTLS on the plain port. Formerly: Directory Integration > Bind type SSL."""
    ca_ref: CARef | None = None
    """Authorities to trust; absent: the system's. Keys hold PEM."""


class DirectoryAttributes(Model):
    """Names of the attributes that identify people."""

    username: AttributeNames = ()
    """Attributes a typed name is compared with; absent: sAMAccountName and userPrincipalName (ActiveDirectory), else uid. Formerly: Directory Integration > Attributes > Username."""
    id: AttributeName | None = None
    """The immutable id; absent: objectGUID (ActiveDirectory), else entryUUID. Formerly: Directory Integration > Attributes > Unique identifier."""


class TrustedDomain(Model):
    """Another domain whose people may sign in."""

    name: Name
    """Name that UserSyncSource.spec.directory refers to."""
    netbios_name: Annotated[str, Field(min_length=1, max_length=15, pattern="^[-A-Za-z0-9._]+$")] | None = None
    """The DOMAIN of DOMAIN\\user; absent: such names are not taken for this domain."""
    upn_suffixes: Annotated[tuple[HostName, ...], Field(max_length=32), ListSet()] = ()
    """Suffixes of user principal names that belong to this domain."""
    servers: _Servers
    """Servers, in order of preference."""
    base_dn: DistinguishedName = Field(alias="baseDN")
    """Where searches begin."""
    bind_secret_ref: Annotated[SecretRef, Keys.all("username", "password")]
    """Secret with username and password of the account that searches."""


class Directory(Model):
    """The directory that checks passwords and is searched for people."""

    type: Literal["ActiveDirectory", "OpenLDAP", "Other"] = "ActiveDirectory"
    """Which presets and error codes apply."""
    servers: _Servers | None = None
    """Servers, in order of preference. Formerly: Directory Integration > Server (separated by semicolons)."""
    discovery: Discovery | None = None
    """Find the servers by SRV records instead of naming them."""
    tls: DirectoryTLS = Field(default_factory=DirectoryTLS)
    """Protection of the connections."""
    base_dn: DistinguishedName = Field(alias="baseDN")
    """Where searches begin. Formerly: Directory Integration > Base DN."""
    bind_secret_ref: Annotated[SecretRef, Keys.all("username", "password")]
    """Secret with username (DN, UPN or DOMAIN\\user) and password of the group's own account. Formerly: Directory Integration > Bind username and password."""
    timeout: Annotated[timedelta, DurationText("100ms", "60s")] = timedelta(seconds=5)
    """How long one server may take to connect, and to answer one request."""
    attributes: DirectoryAttributes = Field(default_factory=DirectoryAttributes)
    """Names of the attributes that identify people."""
    trusted_domains: Annotated[tuple[TrustedDomain, ...], Field(max_length=32), ListMap(("name",))] = ()
    """Other domains whose people may sign in. Formerly: Directory Integration > Include trusted domains."""

    rules = (
        Rule(
            "has(self.servers) != has(self.discovery)",
            "needs either servers or discovery, not both",
            lambda directory: (directory.servers is None) != (directory.discovery is None),
        ),
    )

    @property
    def username_attributes(self) -> tuple[str, ...]:
        """The attributes a typed name is compared with: as written, else the type's preset."""
        return self.attributes.username or _USERNAMES[self.type]

    @property
    def id_attribute(self) -> str:
        """The attribute of the immutable id: as written, else the type's preset."""
        return self.attributes.id or _IDS[self.type]

    def port_of(self, server: DirectoryServer) -> int:
        """Return the TCP port of a server: as written, else the mode's well-known one."""
        return server.port or _PORTS[self.tls.mode]
