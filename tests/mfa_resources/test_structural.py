"""From a model to what Kubernetes serves; what it could not serve is refused."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import Field

from mfa_resources.errors import StructuralSchemaError
from mfa_resources.structural import DEFAULT, FORMERLY, SINCE, structural_schema, without_notes
from mfa_resources.v1alpha1 import KINDS
from mfa_resources.v1alpha1.model import Model
from mfa_resources.v1alpha1.status import STATUS

FORBIDDEN = {
    "$ref",
    "$defs",
    "title",
    "anyOf",
    "oneOf",
    "allOf",
    "const",
    "default",
    "patternProperties",
    "propertyNames",
}
BOUNDS = {"string": ("maxLength", "enum"), "array": ("maxItems",), "integer": ("maximum", "minimum")}


def nodes(schema: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from nodes(part, f"{place}.{name}")
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            yield from nodes(schema[inner], f"{place}[]")


ALL = [
    *((name, structural_schema(kind)["properties"]["spec"]) for name, kind in KINDS.items()),
    *((f"{name} status", structural_schema(kind)) for name, kind in STATUS.items()),
]


@pytest.mark.parametrize(("name", "schema"), ALL, ids=[name for name, _ in ALL])
def test_a_kind_has_nothing_that_kubernetes_refuses(name: str, schema: dict[str, Any]) -> None:
    for place, node in nodes(schema, name):
        assert not FORBIDDEN & node.keys(), place
        assert node["type"] != "null", place
        assert not ("properties" in node and "additionalProperties" in node), place


@pytest.mark.parametrize(("name", "schema"), ALL, ids=[name for name, _ in ALL])
def test_every_string_list_and_number_is_bounded(name: str, schema: dict[str, Any]) -> None:
    for place, node in nodes(schema, name):
        wanted = BOUNDS.get(node["type"], ())
        assert not wanted or any(bound in node for bound in wanted), place
        assert "additionalProperties" not in node or "maxProperties" in node, place


@pytest.mark.parametrize(("name", "schema"), ALL, ids=[name for name, _ in ALL])
def test_every_field_is_described(name: str, schema: dict[str, Any]) -> None:
    for place, node in nodes(schema, name):
        for field, part in node.get("properties", {}).items():
            assert part.get("description"), f"{place}.{field}"
            assert len(part["description"]) < 400, f"{place}.{field}"


@pytest.mark.parametrize(("name", "schema"), ALL, ids=[name for name, _ in ALL])
def test_keys_of_list_maps_are_required(name: str, schema: dict[str, Any]) -> None:
    for place, node in nodes(schema, name):
        assert set(node.get("x-kubernetes-list-map-keys", [])) <= set(node.get("items", {}).get("required", [])), place


@pytest.mark.parametrize(("name", "schema"), ALL[:6], ids=[name for name, _ in ALL[:6]])
def test_no_enum_value_is_something_else_in_yaml(name: str, schema: dict[str, Any]) -> None:
    import yaml  # noqa: PLC0415 - for this test alone

    for place, node in nodes(schema, name):
        for value in node.get("enum", []):
            assert yaml.safe_load(value) == value, place
            assert value.lower() not in {"y", "n"}, place
            assert value[0].isupper() or value.startswith("TLS"), place


class Inner(Model):
    """An inner value."""

    size: Annotated[int, Field(ge=1, le=9)] = 3
    """How large. Formerly: Sizes > Size. Since: 0.2.0."""


class Sample(Model):
    """A sample. Formerly: Samples."""

    inner: Inner = Field(default_factory=Inner)
    """The one inside."""
    maybe: Annotated[str, Field(max_length=3)] | None = None
    """Perhaps."""
    names: Annotated[tuple[Annotated[str, Field(max_length=2)], ...], Field(max_length=2)] = ("a", "b")
    """Names."""
    labels: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z]+$")], Annotated[str, Field(max_length=1)]], Field(max_length=5)
    ] = Field(default_factory=dict)
    """Labels."""


def test_a_model_becomes_one_tree_with_notes() -> None:
    schema = structural_schema(Sample)
    assert schema[FORMERLY] == "Samples"
    inner = schema["properties"]["inner"]
    assert inner["description"] == "The one inside."
    size = inner["properties"]["size"]
    assert size == {
        "description": "How large. Formerly: Sizes > Size. Since: 0.2.0. Default: 3.",
        DEFAULT: "3",
        FORMERLY: "Sizes > Size",
        SINCE: "0.2.0",
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
    }
    assert schema["properties"]["maybe"] == {"description": "Perhaps.", "type": "string", "maxLength": 3}
    assert schema["properties"]["names"][DEFAULT] == "a, b"


def test_patterns_of_keys_become_a_rule() -> None:
    labels = structural_schema(Sample)["properties"]["labels"]
    assert labels["additionalProperties"] == {"type": "string", "maxLength": 1}
    assert labels["maxProperties"] == 5
    assert labels["x-kubernetes-validations"][0]["rule"] == "self.all(key, key.matches('^[a-z]+$'))"


def test_notes_can_be_taken_away() -> None:
    assert (
        not {FORMERLY, DEFAULT, SINCE}
        & without_notes(structural_schema(Sample))["properties"]["inner"]["properties"]["size"].keys()
    )


class OneOfTwoTypes(Model):
    """A field of two types."""

    value: int | str
    """Either."""


class Anything(Model):
    """A field of any type."""

    value: Any
    """Whatever."""


class Endless(Model):
    """A mapping without a bound."""

    value: dict[str, str]
    """Many."""


class Excluding(Model):
    """A bound that excludes itself."""

    value: Annotated[int, Field(gt=1)]
    """More than one."""


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (OneOfTwoTypes, "OneOfTwoTypes.value: is one of several types"),
        (Anything, "Anything.value: has no type"),
        (Endless, "Endless.value: is a mapping without a largest size"),
        (Excluding, "Excluding.value: exclusiveMinimum cannot be part"),
    ],
)
def test_what_kubernetes_could_not_serve_is_refused(model: type[Model], message: str) -> None:
    with pytest.raises(StructuralSchemaError, match=message):
        structural_schema(model)
