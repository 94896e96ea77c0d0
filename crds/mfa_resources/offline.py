"""A manifest against a generated CRD without a cluster: what the API server's schema would say, with jsonschema.

CEL rules (`x-kubernetes-validations`) are not evaluated here; the models repeat each of them, and the tests hold both against
the real API server. Unknown fields are refused, as `kubectl apply` does, although a structural schema cannot say so.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import jsonschema

__all__ = ["strict_schema", "validate"]

_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_timestamp(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validate(document: dict[str, Any], definition: dict[str, Any]) -> list[str]:
    """Return one line for everything that the schema of the CRD has against the document; empty where it is valid.

    `definition` is the CustomResourceDefinition as a plain value. Values are never repeated in the lines.
    """
    schema = strict_schema(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    found = _Validator(schema, format_checker=_FORMATS).iter_errors(document)
    return sorted(f"{_place(error)}: {error.validator} is violated" for error in found)


def strict_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the structural schema with `additionalProperties: false` wherever it names the fields of an object."""
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            strict[key] = {name: strict_schema(part) for name, part in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            strict[key] = strict_schema(value)
        else:
            strict[key] = value
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict["additionalProperties"] = False
    return strict


def _place(error: jsonschema.ValidationError) -> str:
    return ".".join(map(str, error.absolute_path)) or "document"


def _pattern(_validator: object, pattern: str, value: object, _schema: object) -> Iterator[jsonschema.ValidationError]:
    """Match as RE2 does: `$` is the end of the text, not also the place before a last line break."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield jsonschema.ValidationError("does not match the pattern")


def _list_type(
    _validator: object, kind: str, value: object, schema: dict[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """Refuse two equal items of a set, and two items of a map with equal keys."""
    if not isinstance(value, list) or kind == "atomic":
        return
    keys = schema.get("x-kubernetes-list-map-keys", [])
    seen = [tuple(item.get(key) for key in keys) if keys and isinstance(item, dict) else item for item in value]
    if any(item in seen[:index] for index, item in enumerate(seen)):
        yield jsonschema.ValidationError("has an item twice")


_extend: Any = jsonschema.validators.extend  # its stub has no types
_Validator: Any = _extend(jsonschema.Draft202012Validator, {"pattern": _pattern, "x-kubernetes-list-type": _list_type})
