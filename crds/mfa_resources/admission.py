"""Which objects count: the new ones that are right, the last accepted version of those that were edited badly, no others.

Pure: what was read, and what was accepted before, to what is accepted now. A new object that is wrong is left out alone; a
bad edit keeps the object's last accepted version and says so; a deletion always applies, except where the file that the
object came from could not be read whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from mfa_resources.accepted import Accepted, AcceptedItem
from mfa_resources.built import not_yet_built
from mfa_resources.bundle import Bundle
from mfa_resources.canonical import Writable, document_of
from mfa_resources.checks import Objects, check
from mfa_resources.errors import ManifestError
from mfa_resources.findings import Finding, ObjectId, Source
from mfa_resources.manifests import Document, Loaded, load_directory
from mfa_resources.references import references
from mfa_resources.v1alpha1 import (
    ConfigMap,
    LdapClient,
    MfaServerGroup,
    OneTimeBypass,
    RadiusClient,
    Resource,
    Secret,
    TrustedIPRange,
    UserSyncSource,
)
from mfa_resources.v1alpha1.model import Transition

__all__ = ["Admission", "Outcome", "admit", "read_bundle"]

_OF_SECRETS = frozenset({"DanglingReference", "EmptyCredential", "WeakSecret"})
"""Reasons that a change of a Secret or ConfigMap may have caused."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object.

    Accepted: as it is written now. Kept: its last accepted version goes on. Refused: it does not count.
    """

    id: ObjectId
    state: Literal["Accepted", "Kept", "Refused"]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """The result: what is accepted (to be remembered), one bundle for each group, what became of every object.

    `findings` are all errors and warnings, those of unreadable files too, in reading order.
    """

    accepted: Accepted
    bundles: Mapping[ObjectId, Bundle]
    outcomes: Mapping[ObjectId, Outcome]
    findings: tuple[Finding, ...]


def admit(
    loaded: Loaded,
    previous: Accepted | None = None,
    *,
    namespace_labels: Mapping[str, Mapping[str, str]] | None = None,
    attachments_decided: bool = False,
) -> Admission:
    """Return what is accepted of the documents, given what was accepted before (None: nothing).

    `namespace_labels` decide who may attach by `from: Selector`; None: those that the documents themselves give.
    `attachments_decided`: nobody's right to attach is asked about again.
    """
    labels = loaded.namespace_labels if namespace_labels is None else namespace_labels
    run = _Run(loaded, previous or Accepted(), labels, attachments_decided)
    run.gather()
    run.settle()
    return run.result()


def read_bundle(directory: Path) -> Bundle:
    """Return the bundle that was written to the directory, as a pod finds it mounted.

    Raises ManifestError where it is not whole: unreadable, with any error, or not of exactly one group.
    """
    admission = admit(load_directory(directory), attachments_decided=True)
    errors = [finding for finding in admission.findings if finding.is_error]
    if errors:
        raise ManifestError(errors)
    if len(admission.bundles) != 1:
        text = f"{directory} holds {len(admission.bundles)} server groups; a bundle holds exactly one"
        raise ManifestError([Finding("Error", "NotABundle", text)])
    return next(iter(admission.bundles.values()))


@dataclass
class _Run:
    loaded: Loaded
    previous: Accepted
    labels: Mapping[str, Mapping[str, str]]
    attachments_decided: bool
    candidates: dict[ObjectId, Writable] = field(default_factory=dict)
    kept: set[ObjectId] = field(default_factory=set)
    """Those whose candidate is the last accepted version although another one, or none, was written."""
    blame: defaultdict[ObjectId, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[ObjectId, str] = field(default_factory=dict)
    """Why a version is kept where no error says so."""
    documents: dict[ObjectId, Document] = field(default_factory=dict)
    written: defaultdict[ObjectId, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    """What was found while reading, by object."""
    compared: dict[ObjectId, bool] = field(default_factory=dict)
    """Whether what is written now is what was accepted before, once somebody asked."""

    def gather(self) -> None:
        """Take what each document says; fall back where it says nothing that can be used."""
        for document in self.loaded.documents:
            self.documents.setdefault(document.id, document)
        for name, document in self.documents.items():
            wrong = list(self._by_itself(document))
            if document.item is None or wrong:
                self.blame[name].extend(wrong)
                self._fall_back(name)
            else:
                self.candidates[name] = document.item
        for name, old in self.previous.items.items():
            if name not in self.documents and self.loaded.may_hold(old.file):
                self.candidates[name] = old.item
                self.kept.add(name)
                self.reasons[name] = f"its file {old.file} cannot be read"

    def _by_itself(self, document: Document) -> Iterable[Finding]:
        item = document.item
        if item is None:
            return
        if isinstance(item, Resource):
            yield from (finding for finding in not_yet_built(item) if finding.is_error)
        old = self.previous.items.get(document.id)
        if old is not None:
            yield from _changes(old.item, item)

    def settle(self) -> None:
        """Take versions back until the rest has nothing against each other; every round takes at least one back."""
        while errors := [finding for finding in check(self._objects()) if finding.is_error and finding.object]:
            by_object: defaultdict[ObjectId, list[Finding]] = defaultdict(list)
            for finding in _to_settle_first(errors):
                if finding.object is not None:
                    by_object[finding.object].append(finding)
            for name, found in by_object.items():
                self.blame[name].extend(found)
                if not (_OF_SECRETS.issuperset(one.reason for one in found) and self._restore_referenced(name)):
                    self._fall_back(name)

    def _objects(self) -> Objects:
        same = frozenset(name for name in self.candidates if self._unchanged(name))
        refused = frozenset(self.documents.keys() - self.candidates.keys())
        return Objects(self.candidates, same, refused, self.labels, self.attachments_decided)

    def _unchanged(self, name: ObjectId) -> bool:
        """Whether the candidate is what was accepted before."""
        old, now = self.previous.items.get(name), self.candidates.get(name)
        if old is None or now is None:
            return False
        if old.item is now:
            return True
        if name not in self.compared:
            self.compared[name] = document_of(old.item) == document_of(now)
        return self.compared[name]

    def _fall_back(self, name: ObjectId) -> None:
        """Go back to the last accepted version; from there to none."""
        old = self.previous.items.get(name)
        if old is None or self._unchanged(name):
            self.candidates.pop(name, None)
            self.kept.discard(name)
            return
        self.candidates[name] = old.item
        self.kept.add(name)

    def _restore_referenced(self, name: ObjectId) -> bool:
        """Bring back what the last accepted version names and what is gone or different since; say whether any was.

        Version and Secrets were right together when they were accepted, so they go on together.
        """
        old = self.previous.items.get(name)
        if old is None or not isinstance(old.item, Resource) or not self._unchanged(name):
            return False
        restored = False
        for target in {reference.target: None for reference in references(old.item)}:
            before = self.previous.items.get(target)
            if before is None or self._unchanged(target):
                continue
            self.candidates[target] = before.item
            self.kept.update((target, name))
            self.reasons[target] = f"{name} needs it as it was"
            restored = True
        return restored

    def result(self) -> Admission:
        """Sum up, with the warnings about what is accepted in the end."""
        warnings: defaultdict[ObjectId, list[Finding]] = defaultdict(list)
        for finding in self._warnings():
            if finding.object is not None:
                warnings[finding.object].append(finding)
        for finding in self.loaded.findings:
            if finding.object is not None:
                self.written[finding.object].append(finding)
        outcomes: dict[ObjectId, Outcome] = {}
        said: list[Finding] = [finding for finding in self.loaded.findings if finding.object is None]
        for name in [*self.documents, *sorted(self.kept - self.documents.keys())]:
            outcome = self._outcome(name, warnings[name])
            outcomes[name] = outcome
            said.extend(outcome.findings)
        said.sort(key=lambda finding: finding.source or Source("", 0))
        objects = self._objects()
        bundles = {group.id: self._bundle(group, objects) for group in objects.all(MfaServerGroup)}
        accepted = self._accepted(bundles.values())
        return Admission(accepted, bundles, outcomes, tuple(said))

    def _warnings(self) -> Iterable[Finding]:
        yield from check(self._objects())
        for item in self.candidates.values():
            if isinstance(item, Resource):
                yield from not_yet_built(item)

    def _outcome(self, name: ObjectId, warnings: list[Finding]) -> Outcome:
        written = self.written.get(name, [])
        errors = [self._placed(finding) for finding in dict.fromkeys(self.blame[name])]
        if name not in self.candidates:
            return Outcome(name, "Refused", (*written, *errors))
        if name not in self.kept:
            return Outcome(name, "Accepted", tuple(map(self._placed, dict.fromkeys(warnings))))
        why = self.reasons.get(name, "what is written now has errors")
        note = Finding("Warning", "LastVersionKept", f"its last accepted version goes on: {why}", name)
        return Outcome(name, "Kept", (*written, *errors, self._placed(note)))

    def _placed(self, finding: Finding) -> Finding:
        """Add file and line, where the object is written."""
        document = self.documents.get(finding.object) if finding.object else None
        return finding if document is None else replace(finding, source=document.source_of(finding.field))

    def _bundle(self, group: MfaServerGroup, objects: Objects) -> Bundle:
        attached = objects.attached[group.id]
        wanted = {one.target for item in (group, *attached) for one in references(item)}
        found = {name: self.candidates[name] for name in sorted(wanted) if name in self.candidates}
        return Bundle(
            group,
            tuple(item for item in attached if isinstance(item, LdapClient)),
            tuple(item for item in attached if isinstance(item, RadiusClient)),
            tuple(item for item in attached if isinstance(item, UserSyncSource)),
            tuple(item for item in attached if isinstance(item, TrustedIPRange)),
            tuple(item for item in attached if isinstance(item, OneTimeBypass)),
            {name: item for name, item in found.items() if isinstance(item, Secret)},
            {name: item for name, item in found.items() if isinstance(item, ConfigMap)},
        )

    def _accepted(self, bundles: Iterable[Bundle]) -> Accepted:
        """Return what must be remembered: resources, and the Secrets and ConfigMaps that they name."""
        items: dict[ObjectId, AcceptedItem] = {}
        for bundle in bundles:
            parts: list[Writable] = [*bundle.resources, *bundle.secrets.values(), *bundle.config_maps.values()]
            for item in parts:
                document = self.documents.get(item.id)
                old = self.previous.items.get(item.id)
                from_old = old is not None and (item.id in self.kept or document is None)
                file = old.file if old is not None and from_old else document.source.file if document else ""
                items[item.id] = AcceptedItem(item, file)
        return Accepted(items)


def _to_settle_first(errors: list[Finding]) -> list[Finding]:
    """Return the errors whose objects decide about others: groups, then objects by themselves, then conflicts.

    The rest may be gone once these have fallen back.
    """
    groups = [finding for finding in errors if finding.object and finding.object.kind == "MfaServerGroup"]
    single = [finding for finding in errors if finding.reason != "Conflicted"]
    return groups or single or errors


def _changes(old: Writable, new: Writable) -> Iterable[Finding]:
    """Yield an error for every change that is not allowed."""
    if not isinstance(old, Resource) or not isinstance(new, Resource):
        return
    pairs = (("", old, new), ("spec", getattr(old, "spec", None), getattr(new, "spec", None)))
    for place, before, after in pairs:
        rules: tuple[Transition, ...] = getattr(after, "transitions", ())
        for rule in rules:
            if not rule.holds(before, after):
                field_name = ".".join(part for part in (place, rule.field) if part)
                yield Finding("Error", "Immutable", rule.message, new.id, field_name)
