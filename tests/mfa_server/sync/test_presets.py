"""What the types of directory call people and groups."""

import pytest

from mfa_server.ldap import format_filter
from mfa_server.sync.presets import preset_for


@pytest.mark.parametrize(
    ("kind", "people"),
    [
        ("ActiveDirectory", "(sAMAccountType=805306368)"),
        ("OpenLDAP", "(|(objectClass=person)(objectClass=posixAccount))"),
        ("Other", "(|(objectClass=person)(objectClass=posixAccount))"),
    ],
)
def test_who_counts_as_a_person(kind: str, people: str) -> None:
    assert format_filter(preset_for(kind).people) == people


def test_only_active_directory_has_primary_groups_and_tells_all_members_by_member_of() -> None:
    assert preset_for("ActiveDirectory").primary_group
    assert not preset_for("ActiveDirectory").member_attributes
    assert not preset_for("OpenLDAP").primary_group
    assert preset_for("OpenLDAP").member_attributes == ("member", "uniqueMember")
