"""The base of every model: frozen, strict about unknown fields, camelCase outside, rules that CEL and Python share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from typing_extensions import override

__all__ = ["Model", "Rule", "Transition", "one_of"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over several fields: `cel` for the API server, `holds` for us; the same verdict from both.

    `field` is the alias of the member that the message is about, empty for the object itself. `message` says what to do.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]
    field: str = ""

    def as_schema(self) -> dict[str, str]:
        """Return the entry of `x-kubernetes-validations`."""
        place = {"fieldPath": f".{self.field}"} if self.field else {}
        return {"rule": self.cel, "message": self.message, **place}


@dataclass(frozen=True, slots=True)
class Transition:
    """A rule over an object's change: `cel` uses `oldSelf`, `holds(old, new)` is the same in Python."""

    cel: str
    message: str
    holds: Callable[[Any, Any], bool]
    field: str = ""

    def as_schema(self) -> dict[str, str]:
        """Return the entry of `x-kubernetes-validations`."""
        place = {"fieldPath": f".{self.field}"} if self.field else {}
        return {"rule": self.cel, "message": self.message, **place}


class Model(BaseModel):
    """Base of all models.

    A field's docstring is its description: what it does and its unit, then `Formerly: PAGE.` where the old product had it
    and `Since: VERSION.` where it is younger than its kind. Defaults are values of the class; a field that may be absent
    and has no default is None, which means off, unset or unlimited, as its description says.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        defer_build=True,  # a part of a kind is read as part of it and needs no validator of its own
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # a Secret's value must not reach a log by way of an error
        ser_json_timedelta="iso8601",
    )

    rules: ClassVar[tuple[Rule, ...]] = ()
    transitions: ClassVar[tuple[Transition, ...]] = ()

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        broken = [(rule.field, rule.message) for rule in type(self).rules if not rule.holds(self)]
        if broken:
            context = {"text": "; ".join(message for _, message in broken), "broken": broken}
            raise PydanticCustomError("rule", "{text}", context)
        return self

    @classmethod
    @override
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the rules as `x-kubernetes-validations`."""
        schema = handler(core_schema)
        own = handler.resolve_ref_schema(schema)
        rules = [rule.as_schema() for rule in cls.rules] + [rule.as_schema() for rule in cls.transitions]
        if rules:
            own["x-kubernetes-validations"] = rules
        return schema


def one_of(
    members: Mapping[str, str], *, default: str | None = None, required: tuple[str, ...] | None = None
) -> tuple[Rule, ...]:
    """Return the rules of a union: `type` plus the member of the same name, a member only with its type.

    `members` maps a type to the alias of its member; `default` is the type when the field is absent; `required` lists
    the types whose member must be there (None: all of them).
    """
    kind = "self.type" if default is None else f"(has(self.type) ? self.type : '{default}')"
    rules: list[Rule] = []
    for name, alias in members.items():
        needed = required is None or name in required
        rules.append(
            Rule(
                f"!has(self.{alias}) || {kind} == '{name}'",
                f"is read only with type: {name}; remove it or change the type",
                _only_with(alias, name),
                alias,
            )
        )
        if needed:
            rules.append(
                Rule(
                    f"{kind} != '{name}' || has(self.{alias})",
                    f"type: {name} needs the member {alias}",
                    _needed_with(alias, name),
                )
            )
    return tuple(rules)


def _member(model: Model, alias: str) -> Any:
    for name, field in type(model).model_fields.items():
        if field.alias == alias:
            return getattr(model, name)
    msg = f"{type(model).__name__} has no member {alias}"
    raise AttributeError(msg)


def _only_with(alias: str, name: str) -> Callable[[Any], bool]:
    return lambda model: _member(model, alias) is None or model.type == name


def _needed_with(alias: str, name: str) -> Callable[[Any], bool]:
    return lambda model: model.type != name or _member(model, alias) is not None
