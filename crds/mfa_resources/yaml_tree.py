"""YAML text to plain values that remember their lines, read as Kubernetes' tools read it (YAML 1.1).

Strict where people lose hours: a key that is there twice, a key or text that YAML takes for a boolean or a number, a key
without a value, an octal number. Bounded everywhere; aliases, merge keys and tags are refused, because a manifest needs none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from mfa_resources.paths import FieldPath

__all__ = ["MAXIMUM_CHARACTERS", "MAXIMUM_DEPTH", "MAXIMUM_NODES", "Flaw", "Tree", "YamlSyntaxError", "parse_documents"]

MAXIMUM_CHARACTERS = 4_194_304
"""Characters in one file; a ConfigMap or Secret holds 1 MiB at most."""
MAXIMUM_DEPTH = 64
"""Levels of nesting."""
MAXIMUM_NODES = 500_000
"""Values and keys in one file."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()
_EXPONENT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+")
"""Numbers that Kubernetes' YAML reader knows and Python's takes for text."""
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_LONGEST_NUMBER = 40
_PROBLEMS = {
    "found character that cannot start any token": "found a tab, or another character that no value begins with",
    "found unexpected end of stream": "the end of the file comes before a closing quote",
}
"""Plain words for what the parser says."""


class YamlSyntaxError(ValueError):
    """The text is no YAML, or not of the kind that is read here; nothing of the file can be trusted."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that YAML allows and a manifest must not have. `message` never shows a value."""

    path: FieldPath
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Tree:
    """One document.

    `lines` has the line of every path; `plain` the text of every unquoted scalar that YAML takes for something else than
    text (`no`, `0123`, `1.0`); `empty` the paths that have no value; `octal` those whose number is octal.
    """

    value: Any
    line: int
    lines: dict[FieldPath, int] = field(default_factory=dict)
    plain: dict[FieldPath, str] = field(default_factory=dict)
    empty: list[FieldPath] = field(default_factory=list)
    octal: list[FieldPath] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)

    def line_of(self, path: FieldPath) -> int:
        """Return the line of the path, or of the nearest level above that is there."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return self.line


def parse_documents(text: str) -> list[Tree]:
    """Return the documents of the text; empty ones are left out.

    Raises YamlSyntaxError where the text is no YAML, is too large or too deep, or uses aliases or tags.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        msg = f"has more than {MAXIMUM_CHARACTERS:,} characters; split it"
        raise YamlSyntaxError(msg, 0)
    try:
        return list(_Composer(text).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = _PROBLEMS.get(error.problem or "", error.problem or error.context)
        msg = f"is not YAML: {problem}; check the indentation and the quotes here and above"
        raise YamlSyntaxError(msg, mark.line + 1 if mark else 0) from None
    except yaml.YAMLError:
        msg = "is not YAML: it holds characters that no YAML text may hold; save it as plain UTF-8"
        raise YamlSyntaxError(msg, 0) from None


class _Composer:
    """Events of the YAML parser to trees; one per file, because the limits are the file's."""

    def __init__(self, text: str) -> None:
        self._events: Any = iter(yaml.parse(text, Loader=_Loader))
        self._nodes = 0
        self._tree = Tree(None, 1)

    def documents(self) -> Iterator[Tree]:
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            root = next(self._events)
            self._tree = Tree(None, _line(root))
            value = self._value(root, ())
            if value is not None:
                found = self._tree
                yield Tree(value, found.line, found.lines, found.plain, found.empty, found.octal, found.flaws)

    def _value(self, event: Any, path: FieldPath) -> Any:
        self._nodes += 1
        line = _line(event)
        if self._nodes > MAXIMUM_NODES:
            msg = f"has more than {MAXIMUM_NODES:,} values; split it"
            raise YamlSyntaxError(msg, line)
        if len(path) > MAXIMUM_DEPTH:
            msg = f"is nested more than {MAXIMUM_DEPTH} levels deep"
            raise YamlSyntaxError(msg, line)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            msg = "uses an anchor or alias (& or *), which manifests do not have here; write the value out"
            raise YamlSyntaxError(msg, line)
        if event.tag is not None and event.tag != "!":
            msg = "uses a tag (!…), which manifests do not have here; remove it"
            raise YamlSyntaxError(msg, line)
        self._tree.lines.setdefault(path, line)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        return self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _scalar(self, event: Any, path: FieldPath) -> Any:
        text: str = event.value
        value = _meaning(text) if event.implicit[0] else text
        if value is None:
            self._tree.empty.append(path)
        elif not isinstance(value, str):
            self._tree.plain[path] = text
            if isinstance(value, int) and _OCTAL.fullmatch(text):
                self._tree.octal.append(path)
        return value

    def _sequence(self, path: FieldPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: FieldPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                msg = "is not a manifest: a key must be plain text"
                raise YamlSyntaxError(msg, line)
            key: str = event.value
            self._nodes += 1
            self._check_key(event, (*path, key), key in found)
            self._tree.lines.setdefault((*path, key), line)
            found[key] = self._value(next(self._events), (*path, key))
        return found

    def _check_key(self, event: Any, path: FieldPath, twice: bool) -> None:  # noqa: FBT001 - private, one caller
        line = _line(event)
        plain = bool(event.implicit[0])
        if plain and event.value == "<<":
            self._flaw(path, line, "uses a merge key (<<), which manifests do not have here; write the values out")
        elif plain and not isinstance(_meaning(event.value), str):
            read = _said(_meaning(event.value))
            self._flaw(path, line, f'is a key that YAML reads as {read}; quote it: "{event.value[:40]}"')
        if twice:
            self._flaw(path, line, "is there twice; keep one of the two")

    def _flaw(self, path: FieldPath, line: int, message: str) -> None:
        self._tree.flaws.append(Flaw(path, line, message))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _meaning(text: str) -> Any:
    """Return what YAML 1.1 takes the unquoted text for; numbers too long to be meant and base-60 stay text."""
    if len(text) > _LONGEST_NUMBER:
        return text
    tag = str(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False))).rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in {"yes", "true", "on"}
    if tag == "int" and ":" not in text:
        return _whole(text.replace("_", ""))
    if (tag == "float" and ":" not in text) or _EXPONENT.fullmatch(text):
        return _fraction(text.replace("_", "").lower())
    return text


def _whole(text: str) -> int:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.lstrip("+"))
    if digits.startswith("0b"):
        return sign * int(digits[2:] or "0", 2)
    if digits.startswith("0x"):
        return sign * int(digits[2:] or "0", 16)
    if digits.startswith("0") and digits != "0":
        return sign * int(digits, 8)
    return sign * int(digits or "0")


def _fraction(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _said(value: object) -> str:
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else f"the number {value}"
