"""The reference of all fields as Markdown: field, default, bounds, since when, and what the old product called it."""

from collections.abc import Iterator
from typing import Any

from mfa_resources.crd import documented_schema
from mfa_resources.structural import DEFAULT, FORMERLY, SINCE
from mfa_resources.v1alpha1 import API_VERSION, KINDS, Resource

__all__ = ["FIRST_VERSION", "fields_reference"]

FIRST_VERSION = "0.1.0"
"""The version that brought every field without a note of its own."""

_HEAD = f"""# Fields

Every field of every kind of `{API_VERSION}`, generated from the models (`make generate`); do not edit.

Default: what counts where the field is absent (a dash: off, unset or unlimited, as the description says). Bounds: what is
accepted. Formerly: where Azure MFA Server had the setting.
"""


def fields_reference() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *("\n".join(_kind(kind)) for kind in KINDS.values())])


def _kind(kind: type[Resource]) -> Iterator[str]:
    schema = documented_schema(kind)
    yield f"## {kind.__name__}\n"
    yield f"{schema['description']}\n"
    yield "| field | default | bounds | since | formerly | what it does |"
    yield "|---|---|---|---|---|---|"
    yield from _rows(schema["properties"]["spec"], "spec")
    yield ""


def _rows(schema: dict[str, Any], place: str) -> Iterator[str]:
    required = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        here = f"{place}.{name}"
        yield _row(here, part, needed=name in required)
        yield from _rows(_inner(part), here + ("[]" if part.get("type") == "array" else ""))


def _inner(schema: dict[str, Any]) -> dict[str, Any]:
    items: dict[str, Any] = schema.get("items", schema)
    return items


def _row(place: str, schema: dict[str, Any], *, needed: bool) -> str:
    default = f"`{schema[DEFAULT]}`" if DEFAULT in schema else "required" if needed else "–"
    text = schema.get("description", "").partition(" Formerly: ")[0].partition(" Default: ")[0]
    cells = (f"`{place}`", default, _bounds(schema), schema.get(SINCE, FIRST_VERSION), schema.get(FORMERLY, ""), text)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _bounds(schema: dict[str, Any]) -> str:
    inner = _inner(schema)
    said = [*_size(schema, "Items", "item"), *_size(schema, "Properties", "key")]
    said += [f"{one['message'].removeprefix('must be ')}" for one in _single(inner)]
    if "enum" in inner:
        said.append(", ".join(f"`{value}`" for value in inner["enum"]))
    elif inner.get("type") == "integer":
        said.append(f"{inner.get('minimum', '…')} to {inner.get('maximum', '…')}")
    elif inner.get("type") == "boolean":
        said.append("`true`, `false`")
    elif inner.get("type") == "string" and not _single(inner):
        said += _size(inner, "Length", "character")
    return "; ".join(said)


def _single(schema: dict[str, Any]) -> list[dict[str, str]]:
    """Return the rules of one scalar value."""
    return schema.get("x-kubernetes-validations", []) if schema.get("type") == "string" else []


def _size(schema: dict[str, Any], suffix: str, word: str) -> list[str]:
    least, most = schema.get(f"min{suffix}", 0), schema.get(f"max{suffix}")
    if most is None:
        return []
    return [f"{least} to {most} {word}s" if least else f"at most {most} {word}s"]
