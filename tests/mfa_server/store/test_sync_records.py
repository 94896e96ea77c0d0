"""What sync brings fits what is kept."""

from dataclasses import MISSING, fields

from mfa_server.store.records import User
from mfa_server.store.sync_records import DirectoryUser


def test_every_field_of_a_found_person_is_a_field_of_a_kept_one_with_the_same_default() -> None:
    kept = {field.name: field for field in fields(User)}
    for field in fields(DirectoryUser):
        assert field.type == kept[field.name].type
        assert field.default == kept[field.name].default
    own = {name for name, field in kept.items() if field.default is MISSING}
    assert own <= {field.name for field in fields(DirectoryUser)} | {"overrides"}
