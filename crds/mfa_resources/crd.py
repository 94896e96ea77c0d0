"""The CustomResourceDefinition of a kind: its schema and everything that the API server and kubectl know about it."""

from typing import Any

from mfa_resources.structural import structural_schema, without_notes
from mfa_resources.v1alpha1 import GROUP, VERSION, MfaServerGroup, Resource
from mfa_resources.v1alpha1.status import STATUS

__all__ = ["custom_resource_definition", "documented_schema"]

_STORED_DEFAULTS = {"MfaServerGroup": {"replicas": 1}}
"""Defaults that the API server writes into objects: only what the scale subresource must find there."""


def documented_schema(kind: type[Resource]) -> dict[str, Any]:
    """Return the schema of spec and status with the notes that the documentation shows."""
    whole = structural_schema(kind)
    properties = whole["properties"]
    return whole | {
        "properties": {
            "apiVersion": {"type": "string", "description": "Version of the kind."},
            "kind": {"type": "string", "description": "Name of the kind."},
            "metadata": {"type": "object"},
            "spec": properties["spec"],
            "status": structural_schema(STATUS[kind.__name__])
            | {"description": "What the operator writes back; never read from a manifest."},
        },
        "required": ["spec"],
    }


def custom_resource_definition(kind: type[Resource]) -> dict[str, Any]:
    """Return the CustomResourceDefinition of the kind as a plain value."""
    name = kind.__name__
    schema = without_notes(documented_schema(kind))
    for field, value in _STORED_DEFAULTS.get(name, {}).items():
        schema["properties"]["spec"]["properties"][field]["default"] = value
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": _columns(kind),
    }
    if kind is MfaServerGroup:
        version["subresources"]["scale"] = {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        }
    else:
        version["selectableFields"] = [{"jsonPath": ".spec.serverGroupRef.name"}]
    names = {
        "kind": name,
        "listKind": f"{name}List",
        "plural": kind.plural,
        "singular": name.lower(),
        "shortNames": list(kind.short_names),
        "categories": ["mfa"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {"group": GROUP, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _columns(kind: type[Resource]) -> list[dict[str, str]]:
    group = () if kind is MfaServerGroup else (("Group", "string", ".spec.serverGroupRef.name"),)
    ready = () if kind is MfaServerGroup else (("Ready", "string", ".status.conditions[?(@.type=='Ready')].status"),)
    age = (("Age", "date", ".metadata.creationTimestamp"),)
    return [
        {"name": name, "type": type_, "jsonPath": path}
        for name, type_, path in (*group, *kind.extra_columns, *ready, *age)
    ]
