"""Markers check in Python and say the same in the schema."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from mfa_resources.addresses import AddressRange, parse_range
from mfa_resources.v1alpha1.markers import (
    AddressText,
    Atomic,
    DurationText,
    Keys,
    ListMap,
    ListSet,
    PreserveUnknown,
    TimestampText,
)
from mfa_resources.v1alpha1.model import Model


class Item(Model):
    """An item."""

    name: str
    """Its name."""
    from_: str = Field(default="x", alias="from")
    """Where it is from."""


items: TypeAdapter[Any] = TypeAdapter(Annotated[tuple[Item, ...], ListMap(("name", "from"))])
names: TypeAdapter[Any] = TypeAdapter(Annotated[tuple[str, ...], ListSet()])
length: TypeAdapter[Any] = TypeAdapter(Annotated[timedelta, DurationText("1m", "24h")])
address: TypeAdapter[Any] = TypeAdapter(Annotated[AddressRange, AddressText()])
moment: TypeAdapter[Any] = TypeAdapter(Annotated[datetime, TimestampText()])


def message(adapter: TypeAdapter[Any], value: object) -> str:
    with pytest.raises(ValidationError) as found:
        adapter.validate_python(value)
    return found.value.errors()[0]["msg"]


def test_items_are_told_apart_by_all_their_keys() -> None:
    assert len(items.validate_python([{"name": "a"}, {"name": "a", "from": "y"}])) == 2
    assert message(items, [{"name": "a"}, {"name": "a", "from": "x"}]) == (
        "a second item with name “a”, from “x”; give each its own, or remove one"
    )
    schema = items.json_schema()
    assert schema["x-kubernetes-list-type"] == "map"
    assert schema["x-kubernetes-list-map-keys"] == ["name", "from"]


def test_a_set_holds_each_value_once() -> None:
    assert names.validate_python(["a", "b"]) == ("a", "b")
    assert message(names, ["a", "b", "a"]) == "“a” is there twice; remove one"
    assert names.json_schema()["x-kubernetes-list-type"] == "set"


def test_a_list_with_an_order_is_replaced_as_a_whole() -> None:
    ordered: TypeAdapter[Any] = TypeAdapter(Annotated[tuple[str, ...], Atomic()])
    assert ordered.json_schema()["x-kubernetes-list-type"] == "atomic"


@pytest.mark.parametrize("value", ["1m", "60s", "24h", timedelta(hours=1)])
def test_a_duration_within_its_bounds_is_taken(value: object) -> None:
    assert timedelta(minutes=1) <= length.validate_python(value) <= timedelta(days=1)


@pytest.mark.parametrize("value", ["59s", "0s", "86401s", timedelta(seconds=1)])
def test_a_duration_outside_is_refused(value: object) -> None:
    assert message(length, value) == "must be between 1m and 24h"


@pytest.mark.parametrize("value", [60, 60.0, None, True, ["1m"]])
def test_a_duration_is_text(value: object) -> None:
    assert message(length, value) == "must be a duration in text, such as 30s"


def test_a_duration_is_bounded_for_the_api_server_too() -> None:
    assert length.json_schema()["x-kubernetes-validations"] == [
        {
            "rule": "duration(self) >= duration('1m') && duration(self) <= duration('24h')",
            "message": "must be between 1m and 24h",
        }
    ]
    assert length.dump_python(timedelta(hours=1), mode="json") == "1h"


def test_an_address_is_parsed_and_written_back() -> None:
    assert address.validate_python("192.0.2.0/24") == parse_range("192.0.2.0/24")
    assert address.validate_python(parse_range("::1")) == parse_range("::1")
    assert address.dump_python(parse_range("192.0.2.1-192.0.2.9"), mode="json") == "192.0.2.1-192.0.2.9"
    assert message(address, 17) == "must be an address in text, such as 192.0.2.10"
    assert address.json_schema()["maxLength"] == 91


@pytest.mark.parametrize(
    "value", ["2026-11-24T10:00:00Z", "2026-11-24T11:00:00+01:00", datetime(2026, 11, 24, 10, tzinfo=UTC)]
)
def test_a_time_with_its_offset_is_taken(value: object) -> None:
    assert moment.validate_python(value) == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["2026-11-24T10:00:00", "2026-11-24", "soon", 1_764_000_000, None, datetime.fromisoformat("2026-11-24")]
)
def test_any_other_time_is_refused(value: object) -> None:
    assert message(moment, value) == "must be a time with its offset, such as 2026-11-24T10:00:00Z"


def test_a_time_is_written_as_it_was_meant() -> None:
    text = moment.dump_python(datetime(2026, 11, 24, 10, tzinfo=UTC), mode="json")
    assert moment.validate_python(text) == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_pieces_of_kubernetes_are_passed_on_as_written() -> None:
    opaque: TypeAdapter[Any] = TypeAdapter(Annotated[dict[str, Any], PreserveUnknown()])
    assert opaque.validate_python({"a": [1, None]}) == {"a": [1, None]}
    assert opaque.json_schema() == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_keys_are_one_demand_or_several() -> None:
    assert Keys.all("a", "b").alternatives == (("a", "b"),)
    assert Keys(()).alternatives == ()
