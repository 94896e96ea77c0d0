"""The sources of users: a name and what its manifest says."""

from collections.abc import Iterable
from dataclasses import dataclass

from mfa_resources.v1alpha1.sync_source import UserSyncSourceSpec

__all__ = ["SyncSource", "in_order"]


@dataclass(frozen=True, slots=True)
class SyncSource:
    """One UserSyncSource. ``name`` is ``namespace/name``."""

    name: str
    spec: UserSyncSourceSpec


def in_order(sources: Iterable[SyncSource]) -> tuple[SyncSource, ...]:
    """Return the active sources of the group's own directory; the first that names a person counts."""
    active = (source for source in sources if source.spec.state == "Active" and source.spec.directory is None)
    return tuple(sorted(active, key=lambda source: (source.spec.order, source.name)))
