"""The vocabulary that both halves speak: what administrators write, checked and resolved.

Here: the kinds (`v1alpha1`), reading and checking manifests, bundles, and the generator of the CRDs. Not here: anything
that talks to Kubernetes, a directory, a phone or a gateway, waits, or decides about a logon. Imports pydantic and PyYAML only
(`offline` also jsonschema, for tests and tools); the operator and the servers import this package, never the other way.
"""

from mfa_resources.bundle import Bundle
from mfa_resources.errors import DanglingReferenceError, ManifestError, ResourcesError
from mfa_resources.findings import Finding, ObjectId, Source
from mfa_resources.v1alpha1 import (
    KINDS,
    Attached,
    ConfigMap,
    LdapClient,
    MfaServerGroup,
    OneTimeBypass,
    RadiusClient,
    Resource,
    Secret,
    TrustedIPRange,
    UserSyncSource,
)

__all__ = [
    "KINDS",
    "Attached",
    "Bundle",
    "ConfigMap",
    "DanglingReferenceError",
    "Finding",
    "LdapClient",
    "ManifestError",
    "MfaServerGroup",
    "ObjectId",
    "OneTimeBypass",
    "RadiusClient",
    "Resource",
    "ResourcesError",
    "Secret",
    "Source",
    "TrustedIPRange",
    "UserSyncSource",
]
