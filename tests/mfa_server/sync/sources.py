"""Sources as manifests write them."""

from typing import Any

from mfa_resources.v1alpha1.sync_source import UserSyncSourceSpec
from mfa_server.sync import SyncSource

__all__ = ["source", "spec"]


def spec(**fields: Any) -> UserSyncSourceSpec:
    """A source's spec from its YAML form."""
    base: dict[str, Any] = {"serverGroupRef": {"name": "main"}, "select": {"users": ["anna@example.com"]}}
    return UserSyncSourceSpec.model_validate({**base, **fields})


def source(name: str = "mfa/staff", **fields: Any) -> SyncSource:
    """A source."""
    return SyncSource(name, spec(**fields))
