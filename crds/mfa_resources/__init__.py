"""The vocabulary that both halves speak: what administrators write, checked and resolved.

Here: the kinds (`v1alpha1`), reading and checking manifests, bundles, and the generator of the CRDs. Not here: anything
that talks to Kubernetes, a directory, a phone or a gateway, waits, or decides about a logon. Imports pydantic and PyYAML only
(`offline` also jsonschema, for tests and tools); the operator and the servers import this package, never the other way.
"""

from mfa_resources.accepted import Accepted
from mfa_resources.admission import Admission, Outcome, admit, read_bundle
from mfa_resources.bundle import Bundle
from mfa_resources.errors import DanglingReferenceError, ManifestError, ResourcesError
from mfa_resources.findings import Finding, ObjectId, Source
from mfa_resources.manifests import Loaded, load_directory, load_text
from mfa_resources.report import Report, check_directory
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
    "Accepted",
    "Admission",
    "Attached",
    "Bundle",
    "ConfigMap",
    "DanglingReferenceError",
    "Finding",
    "LdapClient",
    "Loaded",
    "ManifestError",
    "MfaServerGroup",
    "ObjectId",
    "OneTimeBypass",
    "Outcome",
    "RadiusClient",
    "Report",
    "Resource",
    "ResourcesError",
    "Secret",
    "Source",
    "TrustedIPRange",
    "UserSyncSource",
    "admit",
    "check_directory",
    "load_directory",
    "load_text",
    "read_bundle",
]
