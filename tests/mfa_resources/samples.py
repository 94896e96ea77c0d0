"""Small valid manifests to spoil: plain values, so that each test shows the one thing that it changes."""

from typing import Any

import yaml

from mfa_resources import Accepted, Admission, Loaded, admit, load_text
from mfa_resources.canonical import to_yaml
from mfa_resources.v1alpha1 import API_VERSION

__all__ = [
    "Manifest",
    "admitted",
    "bypass",
    "config_map",
    "group",
    "ldap_client",
    "loaded",
    "radius_client",
    "reasons",
    "secret",
    "setting",
    "sync_source",
    "trusted_range",
]

Manifest = dict[str, Any]

BIND = {"username": "svc-mfa@example.com", "password": "correct horse"}


def group(name: str = "main", namespace: str = "mfa", **spec: Any) -> Manifest:
    base = {
        "directory": {
            "servers": [{"host": "dc1.example.com"}],
            "baseDN": "dc=example,dc=com",
            "bindSecretRef": {"name": "directory-bind"},
        },
        "textMessage": {"mode": "TwoWay", "providers": [{"name": "console", "type": "Console"}]},
        "policy": {"methods": {"default": "TextMessage", "allowed": ["TextMessage", "OathToken"]}},
    }
    return _manifest("MfaServerGroup", name, namespace, base | spec)


def ldap_client(name: str = "gateway", namespace: str = "mfa", **spec: Any) -> Manifest:
    base = {"serverGroupRef": {"name": "main"}, "addresses": ["192.0.2.10"], "methods": ["TextMessage"]}
    return _manifest("LdapClient", name, namespace, base | spec)


def radius_client(name: str = "vpn", namespace: str = "mfa", **spec: Any) -> Manifest:
    base = {
        "serverGroupRef": {"name": "main"},
        "addresses": ["192.0.2.20"],
        "secrets": [{"id": "current", "secretRef": {"name": "vpn", "key": "secret"}}],
    }
    return _manifest("RadiusClient", name, namespace, base | spec)


def sync_source(name: str = "staff", namespace: str = "mfa", **spec: Any) -> Manifest:
    base = {"serverGroupRef": {"name": "main"}, "select": {"searches": [{"baseDN": "ou=staff,dc=example,dc=com"}]}}
    return _manifest("UserSyncSource", name, namespace, base | spec)


def trusted_range(name: str = "office", namespace: str = "mfa", **spec: Any) -> Manifest:
    base = {"serverGroupRef": {"name": "main"}, "ranges": ["198.51.100.0/24"]}
    return _manifest("TrustedIPRange", name, namespace, base | spec)


def bypass(name: str = "anna-4711", namespace: str = "mfa", **spec: Any) -> Manifest:
    base = {"serverGroupRef": {"name": "main"}, "user": "anna@example.com", "requestedBy": "helpdesk1"}
    return _manifest("OneTimeBypass", name, namespace, base | spec)


def secret(name: str = "directory-bind", namespace: str = "mfa", **values: str) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values or dict(BIND)}


def config_map(name: str, namespace: str = "mfa", **values: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": values}


def setting(manifest: Manifest, path: str, value: Any) -> Manifest:
    """Return the manifest with the value at the path below spec (`policy.methods.default`)."""
    changed = yaml.safe_load(yaml.safe_dump(manifest))
    here = changed["spec"]
    *above, last = path.split(".")
    for step in above:
        here = here.setdefault(step, {})
    here[last] = value
    return changed  # type: ignore[no-any-return]


def loaded(*manifests: Manifest, file: str = "all.yaml") -> Loaded:
    return load_text(to_yaml(manifests), file)


def admitted(*manifests: Manifest, previous: Accepted | None = None) -> Admission:
    return admit(loaded(*manifests), previous)


def reasons(admission: Admission) -> list[str]:
    """Return `reason kind/name field` of every error."""
    return [
        f"{finding.reason} {finding.object.name if finding.object else ''} {finding.field}".strip()
        for finding in admission.findings
        if finding.is_error
    ]


def _manifest(kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
