"""The records: frozen, and silent about what is secret."""

from dataclasses import fields, is_dataclass, replace

import pytest

from mfa_server.store import records, sync_records
from tests.conformance.store_values import (
    begin,
    prompt,
    redelivery,
    sent_code,
    token,
    wrong_password,
)

SECRET = b"\xfe\xfdvery-secret\xfc"


def test_every_record_is_frozen_and_has_no_room_for_more() -> None:
    for module in (records, sync_records):
        for name in module.__all__:
            record = getattr(module, name)
            if is_dataclass(record):
                assert vars(record)["__dataclass_params__"].frozen, name
                assert hasattr(record, "__slots__"), name


@pytest.mark.parametrize(
    "record",
    [begin(), prompt(begin().attempt_id), token(), sent_code(), redelivery(), wrong_password(), records.UserState("u")],
    ids=lambda record: type(record).__name__,
)
def test_no_representation_shows_a_hash_or_a_secret(record: object) -> None:
    hidden = dict.fromkeys(("credential", "code_hash", "secret", "wrong_credential"), SECRET)
    present = {name: value for name, value in hidden.items() if name in {field.name for field in fields(record)}}  # type: ignore[arg-type]
    assert present
    assert "very-secret" not in repr(replace(record, **present))  # type: ignore[type-var]
