"""`mfa check DIR`: everything that is wrong with a directory of manifests, for people and for programs."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mfa_resources.admission import admit
from mfa_resources.errors import ManifestError
from mfa_resources.findings import Finding, Source
from mfa_resources.manifests import load_directory

__all__ = ["Report", "check_directory"]


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, sorted by file and line, and how many objects of each kind would be accepted."""

    directory: str
    findings: tuple[Finding, ...]
    accepted: dict[str, int]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(finding for finding in self.findings if finding.is_error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are none."""
        return tuple(finding for finding in self.findings if not finding.is_error)

    @property
    def ok(self) -> bool:
        """Whether there are no errors: warnings alone are no reason to refuse."""
        return not self.errors

    def text(self) -> str:
        """Return one line for each finding (`path:line: kind namespace/name: field: message`) and a summary."""
        lines = [str(replace(finding, message=_marked(finding))) for finding in self.findings]
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(self.accepted.items())) or "no objects"
        lines.append(
            f"{self.directory}: {_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}; accepted: {counted}"
        )
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "directory": self.directory,
            "ok": self.ok,
            "accepted": dict(sorted(self.accepted.items())),
            "findings": [_plain(finding) for finding in self.findings],
        }


def check_directory(directory: Path) -> Report:
    """Return all that is wrong with the manifests below the directory, as if nothing had ever been accepted. Never raises."""
    try:
        admission = admit(load_directory(directory))
    except ManifestError as error:
        return Report(str(directory), error.findings, {})
    counted = Counter(name.kind for name in admission.accepted.items)
    placed = [replace(finding, source=_below(directory, finding.source)) for finding in admission.findings]
    return Report(str(directory), tuple(placed), dict(counted))


def _below(directory: Path, source: Source | None) -> Source | None:
    return None if source is None else Source(str(directory / source.file), source.line)


def _marked(finding: Finding) -> str:
    return finding.message if finding.is_error else f"warning: {finding.message}"


def _count(items: tuple[Finding, ...], word: str) -> str:
    return f"{len(items)} {word}" if len(items) == 1 else f"{len(items)} {word}s"


def _plain(finding: Finding) -> dict[str, Any]:
    name = finding.object
    return {
        "severity": finding.severity,
        "reason": finding.reason,
        "file": finding.source.file if finding.source else None,
        "line": finding.source.line if finding.source else None,
        "kind": name.kind if name else None,
        "namespace": name.namespace if name else None,
        "name": name.name if name else None,
        "field": finding.field,
        "message": finding.message,
    }
