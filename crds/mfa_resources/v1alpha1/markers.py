"""Annotations on fields that say more than a type: list keys, duration bounds, address ranges, wanted Secret keys.

Each marker checks in Python and writes what Kubernetes must know into the schema, so that the two cannot drift apart.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from mfa_resources import addresses, durations

__all__ = ["AddressText", "Atomic", "DurationText", "Keys", "ListMap", "ListSet", "PreserveUnknown", "TimestampText"]


@dataclass(frozen=True, slots=True)
class ListMap:
    """A list whose items are told apart by key fields (given by alias), no two alike: server-side apply merges by them."""

    keys: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse two items with equal keys."""
        return core_schema.no_info_after_validator_function(self._distinct, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write the list type and its keys."""
        return handler(core) | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(self.keys)}

    def _distinct(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        seen: set[Hashable] = set()
        for index, item in enumerate(items):
            names = {field.alias or to_camel(name): name for name, field in type(item).model_fields.items()}
            key = tuple(getattr(item, names[key]) for key in self.keys)
            if key in seen:
                said = ", ".join(f"{name} “{value}”" for name, value in zip(self.keys, key, strict=True))
                text = "a second item with {said}; give each its own, or remove one"
                raise PydanticCustomError("duplicate_item", text, {"said": said, "index": index})
            seen.add(key)
        return items


@dataclass(frozen=True, slots=True)
class ListSet:
    """A list of scalars, no two alike, whose order means nothing."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse a value that is there twice."""
        return core_schema.no_info_after_validator_function(self._distinct, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write the list type."""
        return handler(core) | {"x-kubernetes-list-type": "set"}

    @staticmethod
    def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
        seen: set[str] = set()
        for index, item in enumerate(items):
            if str(item) in seen:
                text = "“{said}” is there twice; remove one"
                raise PydanticCustomError("duplicate_item", text, {"said": str(item), "index": index})
            seen.add(str(item))
        return items


@dataclass(frozen=True, slots=True)
class Atomic:
    """A list that is replaced as a whole, because its order has a meaning."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write the list type."""
        return handler(core) | {"x-kubernetes-list-type": "atomic"}


@dataclass(frozen=True, slots=True)
class PreserveUnknown:
    """A piece of Kubernetes' own API that is passed on as written."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write an object of unknown fields."""
        del core, handler
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@dataclass(frozen=True, slots=True)
class DurationText:
    """A `timedelta` written as `30s` or `8h`, between two bounds (both allowed)."""

    minimum: str = "1s"
    maximum: str = "87600h"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Parse, check the bounds, and write back in the shortest form."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self._parse,
            serialization=core_schema.plain_serializer_function_ser_schema(durations.format_duration, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write the pattern, and the bounds as CEL."""
        del core, handler
        within = f"duration(self) >= duration('{self.minimum}') && duration(self) <= duration('{self.maximum}')"
        said = {"rule": within, "message": f"must be between {self.minimum} and {self.maximum}"}
        return {"type": "string", "maxLength": 24, "pattern": durations.PATTERN, "x-kubernetes-validations": [said]}

    def _parse(self, value: object) -> timedelta:
        if isinstance(value, timedelta):
            found = value
        elif isinstance(value, str):
            found = durations.parse_duration(value)
        else:
            text = "must be a duration in text, such as 30s"
            raise PydanticCustomError("duration_type", text)
        if not durations.parse_duration(self.minimum) <= found <= durations.parse_duration(self.maximum):
            context = {"minimum": self.minimum, "maximum": self.maximum}
            raise PydanticCustomError("duration_bounds", "must be between {minimum} and {maximum}", context)
        return found


_CEL_ADDRESS = (
    "self.contains('-') || (self.contains('/') ? isCIDR(self) && cidr(self) == cidr(self).masked() : isIP(self))"
)
"""Ranges are left to the pattern and to our own checks: CEL's cost budget has no room for more in lists of lists."""


@dataclass(frozen=True, slots=True)
class AddressText:
    """An `AddressRange` written as one address, a CIDR, or `first-last`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Parse, and write back what was written."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self._parse, serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json")
        )

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write the pattern, and what the pattern cannot say as CEL."""
        del core, handler
        message = "must be an IP address, a CIDR without host bits, or first-last"
        said = {"rule": _CEL_ADDRESS, "message": message}
        return {"type": "string", "maxLength": 91, "pattern": addresses.PATTERN, "x-kubernetes-validations": [said]}

    @staticmethod
    def _parse(value: object) -> addresses.AddressRange:
        if isinstance(value, addresses.AddressRange):
            return value
        if isinstance(value, str):
            return addresses.parse_range(value)
        raise PydanticCustomError("address_type", "must be an address in text, such as 192.0.2.10")


_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"


@dataclass(frozen=True, slots=True)
class TimestampText:
    """A point in time written as RFC 3339 section 5.6 says, with its offset: `2026-11-24T10:00:00Z`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Parse into an aware `datetime`."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self._parse,
            serialization=core_schema.plain_serializer_function_ser_schema(datetime.isoformat, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Write the format that the API server checks."""
        del core, handler
        return {"type": "string", "format": "date-time", "maxLength": 35, "pattern": _TIMESTAMP}

    @staticmethod
    def _parse(value: object) -> datetime:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            text = "must be a time with its offset, such as 2026-11-24T10:00:00Z"
            raise PydanticCustomError("timestamp", text)
        return found


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a referenced Secret must hold: one of the alternatives, each a set of keys.

    No alternative at all means that the cluster reads the Secret and we never do.
    """

    alternatives: tuple[tuple[str, ...], ...]

    @classmethod
    def all(cls, *keys: str) -> "Keys":
        """Return the demand for all these keys."""
        return cls((keys,))
