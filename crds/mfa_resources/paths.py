"""Field paths as people write them: `spec.textMessage.providers[2].type`."""

from collections.abc import Iterable

__all__ = ["FieldPath", "format_path"]

FieldPath = tuple[str | int, ...]


def format_path(path: Iterable[str | int]) -> str:
    """Return the path as text: names joined by dots, list positions (from 0) in brackets."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
