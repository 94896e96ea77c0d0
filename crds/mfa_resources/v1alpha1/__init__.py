"""The kinds of `mfa-operator.io/v1alpha1`, one custom resource a module, and the values they are made of.

Here: what an administrator writes, with its bounds, defaults and rules that one object can check by itself. Not here:
reading files (manifests), rules over several objects (checks), anything that waits or decides about a logon.
Imports nothing but pydantic and this package's addresses, durations and findings.
"""

from mfa_resources.v1alpha1.bypass import OneTimeBypass, OneTimeBypassSpec
from mfa_resources.v1alpha1.documents import ConfigMap, Secret
from mfa_resources.v1alpha1.ldap_client import LdapClient, LdapClientSpec
from mfa_resources.v1alpha1.radius_client import RadiusClient, RadiusClientSpec
from mfa_resources.v1alpha1.resource import API_VERSION, GROUP, VERSION, Metadata, Resource
from mfa_resources.v1alpha1.server_group import MfaServerGroup, MfaServerGroupSpec
from mfa_resources.v1alpha1.sync_source import UserSyncSource, UserSyncSourceSpec
from mfa_resources.v1alpha1.trusted_range import TrustedIPRange, TrustedIPRangeSpec

__all__ = [
    "API_VERSION",
    "GROUP",
    "KINDS",
    "VERSION",
    "Attached",
    "ConfigMap",
    "LdapClient",
    "LdapClientSpec",
    "Metadata",
    "MfaServerGroup",
    "MfaServerGroupSpec",
    "OneTimeBypass",
    "OneTimeBypassSpec",
    "RadiusClient",
    "RadiusClientSpec",
    "Resource",
    "Secret",
    "TrustedIPRange",
    "TrustedIPRangeSpec",
    "UserSyncSource",
    "UserSyncSourceSpec",
]

Attached = LdapClient | RadiusClient | UserSyncSource | TrustedIPRange | OneTimeBypass
"""The kinds that attach to a server group."""

KINDS: dict[str, type[MfaServerGroup] | type[Attached]] = {
    "MfaServerGroup": MfaServerGroup,
    "LdapClient": LdapClient,
    "RadiusClient": RadiusClient,
    "UserSyncSource": UserSyncSource,
    "TrustedIPRange": TrustedIPRange,
    "OneTimeBypass": OneTimeBypass,
}
"""The six kinds by name, the group first."""
