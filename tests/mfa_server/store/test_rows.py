"""Records ⇄ rows: what goes in comes out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.store import rows
from mfa_server.store.errors import StoreRefusedError
from mfa_server.store.records import AuditEvent, Challenge, Redelivery, SentCode, Server, Token, User, UserState
from mfa_server.store.rows import RowCodec, from_micros, to_micros
from mfa_server.store.sync_records import SyncRun
from tests.conformance.store_values import NOW, event

TIMES = st.datetimes(timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bytes: st.binary(max_size=64),
    datetime: TIMES,
    datetime | None: st.none() | TIMES,
    frozenset[str]: st.frozensets(st.sampled_from(["phone", "email", "method"])),
    dict[str, Any]: st.dictionaries(TEXTS, JSON, max_size=3),
    int: st.integers(-(2**31), 2**31 - 1),
}


@pytest.mark.parametrize(
    ("codec", "record"),
    [
        (rows.USER, User),
        (rows.USER_STATE, UserState),
        (rows.TOKEN, Token),
        (rows.SENT_CODE, SentCode),
        (rows.CHALLENGE, Challenge),
        (rows.REDELIVERY, Redelivery),
        (rows.AUDIT_EVENT, AuditEvent),
        (rows.SERVER, Server),
        (rows.SYNC_RUN, SyncRun),
    ],
)
@given(data=st.data())
def test_a_record_survives_its_row(codec: RowCodec[Any], record: type, data: st.DataObject) -> None:
    hints = get_type_hints(record)
    values = {name: data.draw(FIELDS.get(hints[name], st.from_type(hints[name]))) for name in codec.names}
    made = record(**values)
    encoded = codec.encode(made)
    assert list(encoded) == list(codec.names)
    assert all(isinstance(value, str | bytes | int | None) for value in encoded.values())
    row: Sequence[Any] = [*encoded.values(), "a column of its own"]
    assert codec.decode(row) == made


@given(TIMES)
def test_a_time_survives_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


@given(TIMES, TIMES)
def test_times_compare_as_their_numbers_do(one: datetime, other: datetime) -> None:
    assert (one < other) == (to_micros(one) < to_micros(other))


def test_the_end_of_time_and_other_zones_are_exact() -> None:
    forever = datetime.max.replace(tzinfo=UTC)
    assert from_micros(to_micros(forever)) == forever
    assert to_micros(NOW.astimezone(timezone(timedelta(hours=5)))) == to_micros(NOW)


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(TypeError):
        to_micros(datetime(2031, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_text_too_long_is_refused_except_in_the_audit() -> None:
    with pytest.raises(StoreRefusedError, match="block_reason has 513"):
        rows.USER_STATE.encode(UserState("u", block_reason="x" * 513))
    with pytest.raises(StoreRefusedError, match="wrong_credential has 65"):
        rows.USER_STATE.encode(UserState("u", wrong_credential=b"x" * 65))
    assert len(rows.AUDIT_EVENT.encode(event(reason="x" * 99))["reason"]) == 64


def test_detail_that_is_too_long_is_still_json() -> None:
    assert json.loads(rows.AUDIT_EVENT.encode(event(detail={"x": "y" * 9000}))["detail"]) == {"tooLong": 9008}
