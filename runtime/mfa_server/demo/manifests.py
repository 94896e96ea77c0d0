"""The manifests of the demonstration: what an administrator would write for two servers before a small Active Directory."""

from dataclasses import dataclass

from mfa_resources.canonical import to_yaml

__all__ = ["DemoPorts", "demo_manifests"]

NAMESPACE = "demo"


@dataclass(frozen=True, slots=True)
class DemoPorts:
    """Ports on 127.0.0.1."""

    directory: int
    """The directory's LDAPS."""
    ldap: int
    ldaps: int
    health: int
    internal: int


def demo_manifests(ports: DemoPorts, directory_authority: str, service_password: str) -> str:
    """Return the documents as YAML. ``directory_authority`` is the PEM text that the directory's certificate is checked with."""
    directory_bind = {"stringData": {"username": "svc-mfa@example.com", "password": service_password}}
    return to_yaml(
        [
            _document("MfaServerGroup", "main", spec=_group(ports)),
            _document("LdapClient", "netscaler", spec=_client()),
            _document("UserSyncSource", "staff", spec=_source()),
            _document("Secret", "directory-bind", **directory_bind),
            _document("ConfigMap", "directory-ca", data={"ca.crt": directory_authority}),
        ]
    )


def _document(kind: str, name: str, **content: object) -> dict[str, object]:
    version = "v1" if kind in {"Secret", "ConfigMap"} else "mfa-operator.io/v1alpha1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **content}


def _group(ports: DemoPorts) -> dict[str, object]:
    authority = {"type": "ConfigMap", "configMap": {"name": "directory-ca", "key": "ca.crt"}}
    return {
        "directory": {
            "type": "ActiveDirectory",
            "servers": [{"host": "127.0.0.1", "port": ports.directory}],
            "baseDN": "DC=example,DC=com",
            "bindSecretRef": {"name": "directory-bind"},
            "tls": {"mode": "LDAPS", "caRef": authority},
        },
        "listeners": {"ldap": {"port": ports.ldap}, "ldaps": {"port": ports.ldaps}},
        "policy": {"methods": {"default": "TextMessage", "allowed": ["TextMessage", "OathToken"]}},
        "textMessage": {"mode": "TwoWay", "providers": [{"name": "console", "type": "Console"}]},
    }


def _client() -> dict[str, object]:
    return {
        "serverGroupRef": {"name": "main"},
        "applicationName": "Gateway",
        "addresses": ["127.0.0.1"],
        "serviceAccounts": [{"identity": "CN=svc-netscaler,OU=service,DC=example,DC=com"}],
        "appendedCode": {"separator": ","},
        "gateway": {"type": "NetScaler"},
    }


def _source() -> dict[str, object]:
    return {
        "serverGroupRef": {"name": "main"},
        "select": {"searches": [{"baseDN": "OU=people,DC=example,DC=com", "filter": "(objectClass=user)"}]},
        "phone": {"defaultRegion": "GB"},
    }
