"""Accepted manifests as values, for tests that need a group and its clients."""

from typing import Any

from mfa_resources import LdapClient, MfaServerGroup

__all__ = ["client", "group"]

API = "mfa-operator.io/v1alpha1"


def group(**spec: Any) -> MfaServerGroup:
    """Return the smallest group, with these members of ``spec``."""
    directory = {
        "servers": [{"host": "dc1.example.test"}],
        "baseDN": "dc=example,dc=test",
        "bindSecretRef": {"name": "directory-bind"},
    }
    return MfaServerGroup.model_validate(
        {
            "apiVersion": API,
            "kind": "MfaServerGroup",
            "metadata": {"name": "main", "namespace": "mfa"},
            "spec": {"directory": directory, **spec},
        }
    )


def client(name: str = "gateway", **spec: Any) -> LdapClient:
    """Return a client of the group ``main``."""
    return LdapClient.model_validate(
        {
            "apiVersion": API,
            "kind": "LdapClient",
            "metadata": {"name": name, "namespace": "mfa"},
            "spec": {"serverGroupRef": {"name": "main"}, "addresses": ["192.0.2.10"], **spec},
        }
    )
