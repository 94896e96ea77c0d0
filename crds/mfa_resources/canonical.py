"""Resources back to YAML, always in the same form: what bundles and the accepted state are written as.

Only what decides is written: identity, our own annotations, spec (as written, without defaults), data. What the API server
adds, foreign annotations and status are left out, so an unchanged wish has an unchanged digest.
"""

import base64
from collections.abc import Iterable
from typing import Any

import yaml

from mfa_resources.v1alpha1 import ConfigMap, Resource, Secret

__all__ = ["OWN_PREFIX", "Writable", "document_of", "to_yaml"]

Writable = Resource | Secret | ConfigMap

OWN_PREFIX = "mfa-operator.io/"
"""Prefix of the annotations that mean something to us."""

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]  # chosen at run time: libyaml may be missing
    """A dumper that writes equal values out each time: our own loader reads no aliases."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def document_of(item: Writable) -> dict[str, Any]:
    """Return the item as the plain value of a manifest. A Secret's values are in it: never log the result."""
    metadata: dict[str, Any] = {"name": item.metadata.name, "namespace": item.metadata.namespace}
    own = {key: value for key, value in sorted(item.metadata.annotations.items()) if key.startswith(OWN_PREFIX)}
    if own:
        metadata["annotations"] = own
    head = {"apiVersion": item.api_version, "kind": item.id.kind, "metadata": metadata}
    match item:
        case Secret():
            return head | {"data": _encoded(item)}
        case ConfigMap():
            return head | {"binaryData": _encoded(item)}
        case _:
            dumped = item.model_dump(mode="json", by_alias=True, exclude_unset=True)
            return head | {"spec": dumped["spec"]}


def to_yaml(documents: Iterable[dict[str, Any]]) -> str:
    """Return the documents as one multi-document YAML text; keys keep the order of their models."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=1_000_000)


def _encoded(item: Secret | ConfigMap) -> dict[str, str]:
    return {key: base64.b64encode(item.value(key) or b"").decode() for key in sorted(item.keys)}
