"""What pydantic found, in words for the administrator: what is wrong with the field, and what to write instead."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mfa_resources.paths import FieldPath
from mfa_resources.v1alpha1 import common
from mfa_resources.yaml_tree import Tree

__all__ = ["explain"]


def _pattern(alias: Any) -> str:
    """Return the pattern in the metadata of an annotated type."""
    for mark in alias.__metadata__:
        for part in getattr(mark, "metadata", ()):
            if found := getattr(part, "pattern", None):
                return str(found)
    msg = f"{alias} has no pattern"
    raise LookupError(msg)


_FORMS = {
    _pattern(common.ObjectName): "must be an object's name: lower-case letters, digits, dashes and dots",
    _pattern(common.Name): "must be a name of lower-case letters, digits and dashes",
    _pattern(common.KeyName): "must be a key of letters, digits, dashes, dots and underscores",
    _pattern(common.Line): "must be one line of text without control characters",
    _pattern(common.Text): "must be text without control characters",
    _pattern(common.HostName): "must be a host name or an IP address, without scheme, port or path",
    _pattern(common.URL): "must be an https:// address without user, query or fragment",
    _pattern(common.EmailAddress): "must be a mail address, such as anna@example.com",
    _pattern(common.PhoneNumber): 'must be a phone number with its country code, such as "+441632960000"',
    _pattern(common.Region): "must be a region of two capital letters (ISO 3166), such as GB",
    _pattern(common.Locale): "must be a language, such as en, de or pt-BR",
    _pattern(common.DistinguishedName): "must be a distinguished name, such as dc=example,dc=com",
    _pattern(common.Identity): "must be a DN, a UPN (name@domain) or DOMAIN\\user",
    _pattern(common.AttributeName): "must be the name of a directory attribute, such as mobile",
    _pattern(common.Filter): "must be a search filter in parentheses, such as (objectClass=user)",
    _pattern(common.Quantity): "must be a size, such as 2Gi or 500m",
}
"""Words for the patterns of the shared types."""

_SIMPLE = {
    "missing": "is missing",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
}

_BOUNDS = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
}


def explain(
    error: ErrorDetails, model: type[BaseModel], tree: Tree, *, secret: bool
) -> Iterator[tuple[FieldPath, str]]:
    """Yield path and message of everything that one error of pydantic stands for.

    `secret`: the document is a Secret, so no message may show what was written.
    """
    path = tuple(step for step in error["loc"] if step != "[key]")
    context = error.get("ctx", {})
    if "broken" in context:
        for place, message in context["broken"]:
            yield ((*path, *place.split(".")) if place else path), message
        return
    if error["loc"][-1:] == ("[key]",):
        yield path, f"is not a key that may be here: it {_bounds(error) or _form(error)}"
        return
    trap = _trap(error["type"], path, tree, secret=secret)
    yield path, trap or _message(error, path, model, tree)


def _message(error: ErrorDetails, path: FieldPath, model: type[BaseModel], tree: Tree) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), _at(tree.value, path)
    match kind:
        case "extra_forbidden":
            return _unknown(str(path[-1]), _fields(model, path[:-1]))
        case "literal_error":
            return _not_one_of(value, _choices(context["expected"]), tree.plain.get(path))
        case "int_type":
            return "must be a whole number" + (", without quotes" if isinstance(value, str) else "")
        case "string_too_short":
            return "must not be empty" if context["min_length"] == 1 else _BOUNDS[kind].format(**context)
        case "too_short" | "too_long":
            return _count(kind, context)
        case "value_error":
            return str(context["error"])
        case "duplicate_item" | "duration_type" | "duration_bounds" | "address_type" | "timestamp" | "rule":
            return error["msg"]
        case _:
            return _SIMPLE.get(kind) or _bounds(error) or _form(error)


def _trap(kind: str, path: FieldPath, tree: Tree, *, secret: bool) -> str | None:
    """Say so where text was meant and YAML read something else."""
    if path not in tree.plain:
        return None
    written, value = tree.plain[path], _at(tree.value, path)
    read = str(value).lower() if isinstance(value, bool) else "a number"
    match kind:
        case "string_type" if secret:
            return "is not quoted, and YAML reads it as a number or a boolean; quote it"
        case "string_type":
            return f'{written} is read by YAML as {read}; quote it: "{written}"'
        case "duration_type" if not isinstance(value, bool):
            return f"{written} has no unit; write {written}s, {written}m or {written}h"
        case _:
            return None


def _bounds(error: ErrorDetails) -> str:
    template = _BOUNDS.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else ""


def _form(error: ErrorDetails) -> str:
    pattern = error.get("ctx", {}).get("pattern")
    if pattern is None:
        return error["msg"][:1].lower() + error["msg"][1:]
    return _FORMS.get(pattern, f"must have the form {pattern}")


def _count(kind: str, context: dict[str, Any]) -> str:
    if kind == "too_short":
        return "must not be empty" if context["min_length"] == 1 else f"needs at least {context['min_length']} items"
    return f"may have at most {context['max_length']} items, has {context['actual_length']}"


def _choices(expected: str) -> list[str]:
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def _not_one_of(value: Any, choices: Sequence[str], plain: str | None) -> str:
    close = difflib.get_close_matches(str(value), choices, 1)
    written = f"“{value[:64]}” is not known; " if isinstance(value, str) else ""
    if plain is not None:
        written = f"{plain} is read by YAML as {str(value).lower() if isinstance(value, bool) else 'a number'}; "
    if len(choices) == 1:
        return f"{written}must be {choices[0]}"
    hint = f" (did you mean {close[0]}?)" if close and written else ""
    return f"{written}must be one of {', '.join(choices)}{hint}"


def _unknown(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"is not a field here; did you mean {close[0]}?"
    return f"is not a field here; known are {', '.join(known)}" if known else "is not a field here"


def _fields(model: type[BaseModel], path: FieldPath) -> list[str]:
    """Return the fields that a mapping at the path may have."""
    here: type[BaseModel] | None = model
    for step in path:
        if isinstance(step, int):
            continue
        fields = {} if here is None else {field.alias: field for field in here.model_fields.values()}
        here = _model_in(fields[step].annotation) if step in fields else None
    return [] if here is None else [field.alias or "" for field in here.model_fields.values()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside Optional, tuple and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _at(value: Any, path: FieldPath) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
