"""One statement, ready for a driver."""

from collections.abc import Mapping
from typing import Any

__all__ = ["Statement"]


class Statement:
    """SQL text with positional parameters, and which value goes where.

    ``order`` is the names of the values, separated by spaces; one that the text takes twice is there twice.
    """

    __slots__ = ("order", "sql")

    def __init__(self, sql: str, order: str) -> None:
        self.sql = sql
        self.order = tuple(order.split())

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters in order; values that are not asked for are ignored. Raises KeyError if one is missing."""
        return tuple(map(values.__getitem__, self.order))
