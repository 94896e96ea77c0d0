"""A model's JSON schema to a Kubernetes structural schema; what cannot be one is refused while generating, not at run time.

Kubernetes serves no `$ref`, no null type, no `additionalProperties` beside `properties` and no `patternProperties`, and it
wants no `title` (KEP-1693 and the OpenAPI v3 subset of apiextensions). Defaults are left out on purpose: they would be
written into stored objects, and a later change of a default would not reach them.
"""

import re
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import override

from mfa_resources.durations import format_duration
from mfa_resources.errors import StructuralSchemaError
from mfa_resources.v1alpha1.model import Model

__all__ = ["DEFAULT", "FORMERLY", "SINCE", "structural_schema", "without_notes"]

DEFAULT = "x-mfa-default"
"""Note on a property: the default that code applies, as text."""
FORMERLY = "x-mfa-formerly"
"""Note on a property: where the old product had it."""
SINCE = "x-mfa-since"
"""Note on a property: the version that brought it."""

_NOTES = (DEFAULT, FORMERLY, SINCE)
_COPIED = (
    "type",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "required",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)
_HANDLED = frozenset(
    {
        *_COPIED,
        "$defs",
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "description",
        "format",
        "items",
        "patternProperties",
        "properties",
        "propertyNames",
        "title",
    }
)
_NOTE = re.compile(r"\s*\b(Formerly|Since): (.*?)\.?\s*(?=$|\bSince: )")


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with durations as manifests write them."""

    @override
    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def structural_schema(model: type[Model]) -> dict[str, Any]:
    """Return the model's structural schema, with notes for the documentation (see `without_notes`).

    Raises StructuralSchemaError where the model has a schema that Kubernetes could not serve.
    """
    schema = model.model_json_schema(
        by_alias=True, mode="validation", ref_template="{model}", schema_generator=_Generator
    )
    return _converted(schema, schema.get("$defs", {}), model.__name__)


def without_notes(schema: Any) -> Any:
    """Return the schema without the documentation's notes."""
    if isinstance(schema, dict):
        return {key: without_notes(value) for key, value in schema.items() if key not in _NOTES}
    return [without_notes(item) for item in schema] if isinstance(schema, list) else schema


def _converted(schema: dict[str, Any], definitions: dict[str, Any], place: str) -> dict[str, Any]:
    schema = _plain(schema, definitions, place)
    unknown = schema.keys() - _HANDLED
    if unknown:
        msg = f"{place}: {', '.join(sorted(unknown))} cannot be part of a structural schema"
        raise StructuralSchemaError(msg)
    found = _described(schema)
    found.update({key: schema[key] for key in _COPIED if key in schema})
    if schema.get("type") == "array":  # a bound around a marker says Length where the list's own would say Items
        for bound in ("min", "max"):
            if f"{bound}Length" in found:
                found[f"{bound}Items"] = found.pop(f"{bound}Length")
    if schema.get("format") == "date-time":
        found["format"] = "date-time"
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if "properties" in schema:
        found["properties"] = {
            name: _converted(part, definitions, f"{place}.{name}") for name, part in schema["properties"].items()
        }
    if "items" in schema:
        found["items"] = _converted(schema["items"], definitions, f"{place}[]")
    _map(schema, found, definitions, place)
    if "type" not in found:
        msg = f"{place}: has no type; Kubernetes needs one"
        raise StructuralSchemaError(msg)
    return found


def _plain(schema: dict[str, Any], definitions: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the schema with `$ref` and an optional value's `anyOf` resolved; what stands beside them goes before."""
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _plain(definitions[schema["$ref"]] | beside, definitions, place)
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        if len(choices) != 1:
            msg = f"{place}: is one of several types; write siblings and a rule instead"
            raise StructuralSchemaError(msg)
        beside = {key: value for key, value in schema.items() if key != "anyOf"}
        return _plain(choices[0] | beside, definitions, place)
    return schema


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Return description and notes: a docstring's `Formerly:` and `Since:` are notes, a default becomes a sentence."""
    text = " ".join(schema.get("description", "").split())
    notes = dict(_NOTE.findall(text))
    default = _default(schema.get("default"))
    found: dict[str, Any] = {"description": f"{text} Default: {default}." if default else text} if text else {}
    if default:
        found[DEFAULT] = default
    for name, key in (("Formerly", FORMERLY), ("Since", SINCE)):
        if name in notes:
            found[key] = notes[name]
    return found


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None or isinstance(value, dict) else str(value)


def _map(schema: dict[str, Any], found: dict[str, Any], definitions: dict[str, Any], place: str) -> None:
    """Write a mapping's values as `additionalProperties`, and the pattern of its keys as a rule."""
    values = schema.get("additionalProperties")
    patterns = schema.get("patternProperties", {})
    if patterns:
        if len(patterns) > 1:
            msg = f"{place}: has several patterns for keys"
            raise StructuralSchemaError(msg)
        pattern, values = next(iter(patterns.items()))
        quoted = pattern.replace("\\", "\\\\").replace("'", "\\'")
        rule = {"rule": f"self.all(key, key.matches('{quoted}'))", "message": f"every key must match {pattern}"}
        found["x-kubernetes-validations"] = [*found.get("x-kubernetes-validations", []), rule]
    if isinstance(values, dict):
        found["additionalProperties"] = _converted(values, definitions, f"{place}.*")
    if "maxProperties" not in found and isinstance(values, dict):
        msg = f"{place}: is a mapping without a largest size"
        raise StructuralSchemaError(msg)
