"""The errors carry what was found."""

from mfa_resources.errors import DanglingReferenceError, ManifestError, ResourcesError, StructuralSchemaError
from mfa_resources.findings import Finding, Source


def test_a_manifest_error_says_every_finding() -> None:
    findings = [Finding("Error", "A", "first", source=Source("a", 1)), Finding("Error", "B", "second")]
    error = ManifestError(findings)
    assert error.findings == tuple(findings)
    assert str(error) == "a:1: first\nsecond"


def test_every_error_of_the_package_has_one_base() -> None:
    assert all(
        issubclass(kind, ResourcesError) for kind in (ManifestError, DanglingReferenceError, StructuralSchemaError)
    )
