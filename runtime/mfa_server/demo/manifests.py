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
    group = {"name": "main"}
    return to_yaml(
        [
            _object(
                "MfaServerGroup",
                "main",
                {
                    "directory": {
                        "type": "ActiveDirectory",
                        "servers": [{"host": "127.0.0.1", "port": ports.directory}],
                        "baseDN": "DC=example,DC=com",
                        "bindSecretRef": {"name": "directory-bind"},
                        "tls": {
                            "mode": "LDAPS",
                            "caRef": {"type": "ConfigMap", "configMap": {"name": "directory-ca", "key": "ca.crt"}},
                        },
                    },
                    "listeners": {"ldap": {"port": ports.ldap}, "ldaps": {"port": ports.ldaps}},
                    "policy": {"methods": {"default": "TextMessage", "allowed": ["TextMessage", "OathToken"]}},
                    "textMessage": {"mode": "TwoWay", "providers": [{"name": "console", "type": "Console"}]},
                },
            ),
            _object(
                "LdapClient",
                "netscaler",
                {
                    "serverGroupRef": group,
                    "applicationName": "Gateway",
                    "addresses": ["127.0.0.1"],
                    "serviceAccounts": [{"identity": "CN=svc-netscaler,OU=service,DC=example,DC=com"}],
                    "appendedCode": {"separator": ","},
                    "gateway": {"type": "NetScaler"},
                },
            ),
            _object(
                "UserSyncSource",
                "staff",
                {
                    "serverGroupRef": group,
                    "select": {"searches": [{"baseDN": "OU=people,DC=example,DC=com", "filter": "(objectClass=user)"}]},
                    "phone": {"defaultRegion": "GB"},
                },
            ),
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "directory-bind", "namespace": NAMESPACE},
                "stringData": {"username": "svc-mfa@example.com", "password": service_password},
            },
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "directory-ca", "namespace": NAMESPACE},
                "data": {"ca.crt": directory_authority},
            },
        ]
    )


def _object(kind: str, name: str, spec: dict[str, object]) -> dict[str, object]:
    return {
        "apiVersion": "mfa-operator.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }
