"""What is wrong with which object: the one shape in which the loader, the checks and the admission report."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from typing_extensions import override

__all__ = ["Finding", "ObjectId", "Severity", "Source"]

Severity = Literal["Error", "Warning"]


class ObjectId(NamedTuple):
    """The identity of one object, in either mode; sorts by kind, namespace, name."""

    kind: str
    namespace: str
    name: str

    @override
    def __str__(self) -> str:
        """Return the object as people write it: `LdapClient mfa/netscaler`."""
        return f"{self.kind} {self.namespace}/{self.name}"


class Source(NamedTuple):
    """A place in a file: its path as given, and the line (from 1; 0 when the file as a whole is meant)."""

    file: str
    line: int

    @override
    def __str__(self) -> str:
        """Return `path:line`, or the path alone for a whole file."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning. An error keeps its object (or this version of it) out; a warning does not.

    `reason` is one PascalCase word for machines (a condition's reason), `message` one sentence for people that says what
    is wrong and what to do. Neither ever holds a secret value. `field` is the path as a person would write it
    (`spec.providers[2].type`), empty where the object as a whole is meant.
    """

    severity: Severity
    reason: str
    message: str
    object: ObjectId | None = None
    field: str = ""
    source: Source | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding keeps the object out."""
        return self.severity == "Error"

    @override
    def __str__(self) -> str:
        """Return one line: place, object, field, message."""
        parts = [str(part) for part in (self.source, self.object, self.field) if part]
        return ": ".join([*parts, self.message])
