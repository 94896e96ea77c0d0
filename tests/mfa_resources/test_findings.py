"""Findings and identities as people read them."""

from mfa_resources.findings import Finding, ObjectId, Source


def test_a_finding_is_one_line_with_place_object_field_and_message() -> None:
    found = Finding(
        "Error", "Invalid", "is missing", ObjectId("LdapClient", "mfa", "gateway"), "spec.x", Source("a.yaml", 7)
    )
    assert str(found) == "a.yaml:7: LdapClient mfa/gateway: spec.x: is missing"
    assert found.is_error


def test_what_is_not_known_is_left_out() -> None:
    assert (
        str(Finding("Warning", "ForeignKind", "is passed over", source=Source("a.yaml", 0))) == "a.yaml: is passed over"
    )
    assert not Finding("Warning", "X", "y").is_error


def test_identities_sort_by_kind_namespace_and_name() -> None:
    names = [ObjectId("B", "a", "a"), ObjectId("A", "b", "a"), ObjectId("A", "a", "b")]
    assert sorted(names) == [ObjectId("A", "a", "b"), ObjectId("A", "b", "a"), ObjectId("B", "a", "a")]
