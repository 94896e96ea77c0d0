"""Errors of the vocabulary.

- `ResourcesError`: base of all
  - `ManifestError`: manifests that cannot be used; carries every finding
  - `DanglingReferenceError`: a Secret, ConfigMap or key that a resource names and that is not there
  - `StructuralSchemaError`: a model that Kubernetes could not serve as a CustomResourceDefinition
"""

from collections.abc import Iterable

from mfa_resources.findings import Finding

__all__ = ["DanglingReferenceError", "ManifestError", "ResourcesError", "StructuralSchemaError"]


class ResourcesError(Exception):
    """Base of every error that this package raises on purpose."""


class ManifestError(ResourcesError):
    """Manifests that cannot be used as asked; `findings` holds everything that was found, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)) or "no usable manifest")


class DanglingReferenceError(ResourcesError):
    """A referenced Secret, ConfigMap or key is not there; the message names all three and never a value."""


class StructuralSchemaError(ResourcesError):
    """A model's JSON schema has no structural equal; raised while the CRDs are generated, never at run time."""
