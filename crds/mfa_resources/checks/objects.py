"""The set of objects that checks look at, with the questions that several checks ask."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from mfa_resources.canonical import Writable
from mfa_resources.findings import Finding, ObjectId
from mfa_resources.v1alpha1 import (
    Attached,
    ConfigMap,
    LdapClient,
    MfaServerGroup,
    OneTimeBypass,
    RadiusClient,
    Secret,
    TrustedIPRange,
    UserSyncSource,
)

__all__ = ["Objects", "error", "warning"]

_Kind = TypeVar("_Kind", bound=Writable)
_NEVER = datetime.max.replace(tzinfo=UTC)


def error(about: ObjectId, place: str, reason: str, message: str) -> Finding:
    """Return an error of the object; `place` is the field's path."""
    return Finding("Error", reason, message, about, place)


def warning(about: ObjectId, place: str, reason: str, message: str) -> Finding:
    """Return a warning about the object; `place` is the field's path."""
    return Finding("Warning", reason, message, about, place)


@dataclass(frozen=True)
class Objects:
    """Valid objects by identity.

    `established` are those that are accepted already and have not changed: of two that conflict, the other one is the
    younger. `refused` are identities that somebody wrote and that are not among the items. `namespace_labels` decide
    `from: Selector`; a namespace that is not listed is not known, and matches no selector. `attachments_decided`: whoever
    wrote the bundle has decided already who may attach, as the operator does for its pods.
    """

    items: Mapping[ObjectId, Writable]
    established: frozenset[ObjectId] = frozenset()
    refused: frozenset[ObjectId] = frozenset()
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    attachments_decided: bool = False

    def all(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """Yield the objects of the kind, by namespace and name."""
        for name in self._sorted:
            item = self.items[name]
            if isinstance(item, kind):
                yield item

    @cached_property
    def _sorted(self) -> list[ObjectId]:
        return sorted(self.items)

    @cached_property
    def attached(self) -> Mapping[ObjectId, tuple[Attached, ...]]:
        """What attaches to each group that exists (whether the group allows it or not)."""
        found: dict[ObjectId, list[Attached]] = {group.id: [] for group in self.all(MfaServerGroup)}
        for name in self._sorted:
            item = self.items[name]
            if isinstance(item, LdapClient | RadiusClient | UserSyncSource | TrustedIPRange | OneTimeBypass):
                group = item.spec.server_group_ref.resolve(item.metadata.namespace)
                if group in found:
                    found[group].append(item)
        return {group: tuple(items) for group, items in found.items()}

    def group_of(self, item: Attached) -> MfaServerGroup | None:
        """Return the group that the object names, None where it is not there."""
        found = self.items.get(item.spec.server_group_ref.resolve(item.metadata.namespace))
        return found if isinstance(found, MfaServerGroup) else None

    def document(self, name: ObjectId) -> Secret | ConfigMap | None:
        """Return the Secret or ConfigMap, None where it is not there."""
        found = self.items.get(name)
        return found if isinstance(found, Secret | ConfigMap) else None

    def seniority(self, item: Attached) -> tuple[bool, datetime, ObjectId]:
        """Return a sort key: of two objects that conflict, the one that sorts later is the younger."""
        return (item.id not in self.established, item.metadata.creation_timestamp or _NEVER, item.id)
