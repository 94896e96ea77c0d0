"""Manifests as text and files to resources, Secrets and ConfigMaps: everything that is wrong is said at once.

A document that cannot be used keeps its identity where it has one, so that the admission knows whose bad edit it is; a file
of which not even that is known is listed as incomplete, so that nothing counts as deleted because of it.
"""

import errno
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mfa_resources.canonical import Writable
from mfa_resources.errors import ManifestError
from mfa_resources.explain import explain
from mfa_resources.findings import Finding, ObjectId, Source
from mfa_resources.paths import FieldPath, format_path
from mfa_resources.v1alpha1 import API_VERSION, GROUP, KINDS, ConfigMap, Resource, Secret
from mfa_resources.yaml_tree import MAXIMUM_CHARACTERS, Tree, YamlSyntaxError, parse_documents

__all__ = ["MAXIMUM_FILES", "SUFFIXES", "Document", "Loaded", "load_directory", "load_text"]

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""Files that are read; others, names that begin with a dot and kustomization.yaml are passed over."""
MAXIMUM_FILES = 10_000
"""Files in one directory tree."""
_MAXIMUM_DEPTH = 32
"""Folders within folders; nobody lays manifests out deeper, and a walk must end before Python's own limit."""

_DOCUMENTS: Mapping[str, type[Secret] | type[ConfigMap]] = {"Secret": Secret, "ConfigMap": ConfigMap}


@dataclass(frozen=True, slots=True)
class Document:
    """One manifest that says whom it is about; `item` is None where it has errors."""

    id: ObjectId
    source: Source
    item: Writable | None
    findings: tuple[Finding, ...] = ()
    lines: Mapping[FieldPath, int] = field(default_factory=dict, repr=False, compare=False)

    def source_of(self, place: str) -> Source:
        """Return where the field (or the nearest level above it) is written; `place` is its path as text."""
        lines = {format_path(path): line for path, line in self.lines.items()} if place else {}
        while place and place not in lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return Source(self.source.file, lines[place]) if place else self.source


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that was read.

    `findings` are those of the files and of all documents, in reading order. `incomplete` names the files and folders that
    may hold more objects than are known: a missing object that last came from there is not a deleted one.
    `namespace_labels` are those of the Namespaces among the documents.
    """

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()
    incomplete: frozenset[str] = frozenset()
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(finding for finding in self.findings if finding.is_error)

    def may_hold(self, file: str) -> bool:
        """Whether the file, or a folder above it, could not be read whole."""
        return any(file == name or file.startswith(f"{name}/") for name in self.incomplete)


def load_text(text: str, file: str = "manifest.yaml") -> Loaded:
    """Return what the multi-document YAML text holds; `file` is the name in findings. Never raises for its content."""
    return _without_twins([_load_file(text, file)])


def load_directory(directory: Path) -> Loaded:
    """Return what all manifest files below the directory hold; file names in findings are relative to it.

    Raises ManifestError where the directory cannot be read, holds no manifest file, or more than 10,000: a volume that is
    not mounted must not look like a wish to delete everything.
    """
    problems: list[Finding] = []
    if not directory.is_dir():
        raise ManifestError([_file_error(str(directory), 0, "is not a directory that can be read")])
    files = sorted(_files(directory, directory, problems))
    if len(files) > MAXIMUM_FILES:
        raise ManifestError([_file_error(str(directory), 0, f"holds more than {MAXIMUM_FILES:,} manifest files")])
    if not files and not problems:
        text = "holds no manifest file (.yaml, .yml, .json); give the directory that holds them"
        raise ManifestError([_file_error(str(directory), 0, text)])
    unread = Loaded((), tuple(problems), frozenset(one.source.file for one in problems if one.source))
    return _without_twins([unread, *(_read(directory, name) for name in files)])


def _files(root: Path, folder: Path, problems: list[Finding], depth: int = 0) -> Iterator[str]:
    """Yield the manifest files, in folders too; links to folders are not followed, so there is no way round in circles."""
    try:
        entries = _entries(folder, depth)
    except OSError as error:
        problems.append(_file_error(folder.relative_to(root).as_posix(), 0, f"cannot be listed: {error.strerror}"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        mode = _mode(entry)
        name = entry.relative_to(root).as_posix()
        if stat.S_ISDIR(mode):
            if not entry.is_symlink():
                yield from _files(root, entry, problems, depth + 1)
        elif not mode:
            yield name  # a folder or a file: reading it says why that is not known
        elif entry.suffix.lower() in SUFFIXES and entry.stem != "kustomization":
            if stat.S_ISREG(mode):
                yield name
            else:  # a pipe would be waited for without end, a device may have none
                problems.append(_file_error(name, 0, "is no regular file and is not read"))


def _entries(folder: Path, depth: int) -> list[Path]:
    if depth > _MAXIMUM_DEPTH:
        raise OSError(errno.ELOOP, f"it is more than {_MAXIMUM_DEPTH} folders deep")
    return sorted(folder.iterdir())


def _mode(entry: Path) -> int:
    """Return what kind of file it is, links followed; a link that leads nowhere counts as a file, 0: it may not be known."""
    try:
        return entry.stat().st_mode
    except OSError as error:
        return stat.S_IFREG if error.errno in {errno.ENOENT, errno.ELOOP} else 0


def _read(directory: Path, name: str) -> Loaded:
    try:
        with (directory / name).open("rb") as file:
            content = file.read(4 * MAXIMUM_CHARACTERS + 1)
        return _load_file(content.decode("utf-8-sig"), name)
    except OSError as error:
        return _broken_file(name, 0, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _broken_file(name, 0, "is not UTF-8 text; save it as UTF-8")


def _load_file(text: str, file: str) -> Loaded:
    try:
        trees = parse_documents(text)
    except YamlSyntaxError as error:
        return _broken_file(file, error.line, str(error))
    return _joined(_load_tree(tree, file) for tree in trees)


def _broken_file(file: str, line: int, message: str) -> Loaded:
    return Loaded((), (_file_error(file, line, message),), frozenset({file}))


def _file_error(file: str, line: int, message: str, field_name: str = "") -> Finding:
    return Finding("Error", "Unreadable", message, None, field_name, Source(file, line))


def _load_tree(tree: Tree, file: str) -> Loaded:
    """Return the one document, or a finding about why there is none."""
    head = tree.value if isinstance(tree.value, dict) else {}
    api_version, kind = head.get("apiVersion"), head.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        text = "is not a manifest: it needs apiVersion and kind, both as text"
        return _broken_file(file, tree.line, text)
    if api_version == "v1" and kind in _DOCUMENTS:
        return _load_object(tree, file, _DOCUMENTS[kind])
    if api_version == API_VERSION and kind in KINDS:
        return _load_object(tree, file, KINDS[kind])
    if api_version.partition("/")[0] == GROUP:
        text = f"{api_version} {kind} is not known here; write apiVersion: {API_VERSION} and one of {', '.join(KINDS)}"
        return _broken_file(file, tree.line, text)
    if api_version == "v1" and kind == "Namespace":
        return Loaded(namespace_labels=_namespace(head.get("metadata")))
    if kind == "List":
        return _broken_file(file, tree.line, "kind: List is not read; write its items as documents with --- between")
    text = f"{api_version} {kind} means nothing here and is passed over"
    return Loaded((), (Finding("Warning", "ForeignKind", text, source=Source(file, tree.line)),))


def _namespace(metadata: Any) -> dict[str, dict[str, str]]:
    labels = metadata.get("labels", {}) if isinstance(metadata, dict) else {}
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not isinstance(labels, dict):
        return {}
    return {name: {key: value for key, value in labels.items() if isinstance(value, str)}}


def _joined(parts: Iterable[Loaded]) -> Loaded:
    together = list(parts)
    return Loaded(
        tuple(document for part in together for document in part.documents),
        tuple(finding for part in together for finding in part.findings),
        frozenset(name for part in together for name in part.incomplete),
        {name: labels for part in together for name, labels in part.namespace_labels.items()},
    )


def _load_object(tree: Tree, file: str, model: type[Resource] | type[Secret] | type[ConfigMap]) -> Loaded:
    identity = _identity(tree.value, model.__name__)
    if identity is None:
        line = tree.line_of(("metadata", "name"))
        return Loaded(
            (),
            (_file_error(file, line, f"this {model.__name__} needs a name, as text", "metadata.name"),),
            frozenset({file}),
        )
    value = {key: part for key, part in tree.value.items() if key != "status"}
    item: Writable | None = None
    wrong = list(_flaws(tree))
    try:
        item = model.model_validate(value)
    except ValidationError as error:
        for detail in _apart(error.errors(include_url=False, include_input=False)):
            wrong.extend(explain(detail, model, tree, secret=model is Secret))
    wrong.extend(_octals(tree))
    source = Source(file, tree.line)
    findings = _as_findings(wrong, identity, tree, file)
    document = Document(identity, source, None if findings else item, findings, tree.lines)
    return Loaded((document,), findings)


def _as_findings(wrong: list[tuple[FieldPath, str]], identity: ObjectId, tree: Tree, file: str) -> tuple[Finding, ...]:
    first: dict[FieldPath, str] = {}
    for path, message in wrong:
        first.setdefault(path, message)  # one message per field: a trap of YAML goes before what follows from it
    return tuple(
        Finding("Error", "Invalid", text, identity, format_path(path), Source(file, tree.line_of(path)))
        for path, text in sorted(first.items(), key=lambda entry: (tree.line_of(entry[0]), format_path(entry[0])))
    )


def _identity(value: dict[str, Any], kind: str) -> ObjectId | None:
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    namespace = metadata.get("namespace", "default") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name or not isinstance(namespace, str):
        return None
    return ObjectId(kind, namespace[:63], name[:253])


def _flaws(tree: Tree) -> Iterator[tuple[FieldPath, str]]:
    """Yield what YAML allows and a manifest must not have; nothing below `status`, which is not ours to read."""
    for flaw in tree.flaws:
        yield flaw.path, flaw.message
    for path in tree.empty:
        if path[:1] != ("status",):
            yield path, "has no value; give it one, or remove the line"


def _octals(tree: Tree) -> Iterator[tuple[FieldPath, str]]:
    """Yield the octal numbers: nobody writes one on purpose."""
    for path in tree.octal:
        if path[:1] != ("status",):
            yield path, _octal(tree, path)


def _apart(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out what only follows from another error: a list counts as too short when one of its items is wrong."""
    places = [error["loc"] for error in errors]
    for error in errors:
        depth = len(error["loc"])
        inner = any(len(place) > depth and place[:depth] == error["loc"] for place in places)
        if error["type"] != "too_short" or not inner:
            yield error


def _octal(tree: Tree, path: FieldPath) -> str:
    written = tree.plain[path]
    return f"{written} is read by YAML as an octal number; write {written.lstrip('0') or '0'}"


_NAMED_TWINS = 5
"""Places that one message names; a copied directory has hundreds."""


def _without_twins(parts: list[Loaded]) -> Loaded:
    """Join the parts; an object that is written twice counts neither way, because nobody knows which one is meant."""
    whole = _joined(parts)
    places: defaultdict[ObjectId, list[Source]] = defaultdict(list)
    for document in whole.documents:
        places[document.id].append(document.source)
    findings = list(whole.findings)
    documents: list[Document] = []
    for document in whole.documents:
        others = [str(place) for place in places[document.id] if place != document.source]
        if others:
            more = f" and {len(others) - _NAMED_TWINS} more places" if len(others) > _NAMED_TWINS else ""
            text = f"is written twice, also at {', '.join(others[:_NAMED_TWINS])}{more}; keep one"
            twin = Finding("Error", "Duplicate", text, document.id, "", document.source)
            findings.append(twin)
            documents.append(replace(document, item=None, findings=(*document.findings, twin)))
        else:
            documents.append(document)
    return replace(whole, documents=tuple(documents), findings=tuple(findings))
