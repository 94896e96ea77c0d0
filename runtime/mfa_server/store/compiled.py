"""Statements as SQL text: SQLAlchemy Core writes them, once per dialect, and is then out of the way.

At run time a statement is a string and the order of its parameters, handed to the bare driver; building or compiling it per call
would cost several times the work of running it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

__all__ = ["Compiled", "Insert", "Plain"]

Insert: TypeAlias = Callable[..., Any]
"""The dialect's own ``insert``: both have ``ON CONFLICT``, SQLAlchemy's general one has not."""

_DIALECTS: Mapping[str, tuple[Callable[..., Dialect], str, Insert]] = MappingProxyType(
    {
        "sqlite": (sqlite.dialect, "qmark", sqlite.insert),
        "postgresql": (postgresql.dialect, "numeric_dollar", postgresql.insert),
    }
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL text with positional parameters, and which value goes where."""

    sql: str
    order: tuple[str, ...]
    constants: Mapping[str, Any]
    """Values that stand in the statement itself."""

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters in order. Raises KeyError if one is missing."""
        if self.constants:
            values = {**self.constants, **values}
        return tuple(map(values.__getitem__, self.order))


class Plain:
    """One statement, compiled for a dialect when it is first used there."""

    __slots__ = ("_build", "_compiled")

    def __init__(self, build: Callable[[Insert], ClauseElement]) -> None:
        self._build = build
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: str) -> Compiled:
        """Return the statement for ``sqlite`` or ``postgresql``."""
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = self._compile(dialect)
        return found

    def _compile(self, name: str) -> Compiled:
        make_dialect, paramstyle, insert = _DIALECTS[name]
        compiled: Any = self._build(insert).compile(dialect=make_dialect(paramstyle=paramstyle))
        order = tuple(compiled.positiontup)
        constants = {key: value for key, value in compiled.construct_params(_check=False).items() if value is not None}
        return Compiled(str(compiled), order, MappingProxyType(constants))
