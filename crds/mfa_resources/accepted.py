"""What was accepted last, and from which file: remembered over restarts, so that a bad edit finds what it must not replace."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mfa_resources.canonical import OWN_PREFIX, Writable, document_of, to_yaml
from mfa_resources.errors import ManifestError
from mfa_resources.findings import Finding, ObjectId
from mfa_resources.manifests import load_text

__all__ = ["FILE_NAME", "Accepted", "AcceptedItem"]

FILE_NAME = "accepted.yaml"
"""Name of the file in the state directory."""

_SOURCE = f"{OWN_PREFIX}source-file"
"""Annotation that carries the file's name inside that file."""


@dataclass(frozen=True, slots=True)
class AcceptedItem:
    """One accepted object and the file that it came from, relative to the manifest directory (empty in a cluster)."""

    item: Writable
    file: str


@dataclass(frozen=True)
class Accepted:
    """All accepted objects. `lost` says what an older or newer version had accepted and this one cannot read."""

    items: Mapping[ObjectId, AcceptedItem] = field(default_factory=dict, repr=False)
    lost: tuple[Finding, ...] = ()

    def write(self, directory: Path) -> None:
        """Replace the remembered state in one step: it is never half written. The file has mode 0600. Raises OSError."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = directory / FILE_NAME
        temporary = directory / f".{FILE_NAME}.new"
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(to_yaml(self._documents()))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        folder = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _documents(self) -> Iterator[dict[str, Any]]:
        for name in sorted(self.items):
            entry = self.items[name]
            document = document_of(entry.item)
            document["metadata"].setdefault("annotations", {})[_SOURCE] = entry.file
            yield document

    @classmethod
    def read(cls, directory: Path) -> "Accepted":
        """Return the remembered state; nothing where nothing was ever written.

        Raises ManifestError where the file is there and cannot be read as a whole: then nobody knows what was accepted.
        """
        try:
            text = (directory / FILE_NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError) as error:
            raise ManifestError([Finding("Error", "Unreadable", f"{directory / FILE_NAME}: {error}")]) from None
        loaded = load_text(text, FILE_NAME)
        if loaded.incomplete:
            raise ManifestError(loaded.errors)
        items = {}
        for document in loaded.documents:
            if document.item is not None:
                file = document.item.metadata.annotations.get(_SOURCE, "")
                items[document.id] = AcceptedItem(_without_source(document.item), file)
        return cls(items, loaded.errors)


def _without_source(item: Writable) -> Writable:
    kept = {key: value for key, value in item.metadata.annotations.items() if key != _SOURCE}
    return item.model_copy(update={"metadata": item.metadata.model_copy(update={"annotations": kept})})
