"""All that one server group runs on: its accepted resources, with the Secrets and ConfigMaps that they name.

A bundle is a value. Written to a directory it is a set of the same YAML documents that people write, so that pods and
`mfa standalone` need one loader only.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from mfa_resources.canonical import Writable, document_of, to_yaml
from mfa_resources.errors import DanglingReferenceError
from mfa_resources.findings import ObjectId
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
from mfa_resources.v1alpha1.common import CARef, ConfigMapKeyRef, SecretKeyRef, SecretRef

__all__ = ["Bundle"]

_FILES = {"Secret": "secrets.yaml", "ConfigMap": "config-maps.yaml"}


@dataclass(frozen=True)
class Bundle:
    """The accepted resources of one server group, each kind sorted by namespace and name.

    `secrets` and `config_maps` hold what these resources name, under their identity.
    """

    group: MfaServerGroup
    ldap_clients: tuple[LdapClient, ...] = ()
    radius_clients: tuple[RadiusClient, ...] = ()
    sync_sources: tuple[UserSyncSource, ...] = ()
    trusted_ranges: tuple[TrustedIPRange, ...] = ()
    bypasses: tuple[OneTimeBypass, ...] = ()
    secrets: Mapping[ObjectId, Secret] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    config_maps: Mapping[ObjectId, ConfigMap] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def id(self) -> ObjectId:
        """The group's identity."""
        return self.group.id

    @property
    def namespace(self) -> str:
        """The group's namespace."""
        return self.group.metadata.namespace

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The group and all that is attached to it."""
        attached: tuple[Resource, ...] = (
            *self.ldap_clients,
            *self.radius_clients,
            *self.sync_sources,
            *self.trusted_ranges,
            *self.bypasses,
        )
        return (self.group, *attached)

    def secret(self, ref: SecretRef | SecretKeyRef, namespace: str, key: str | None = None) -> bytes:
        """Return a value of the Secret that an object of this namespace refers to.

        `key` is needed for a reference without a key of its own. Raises DanglingReferenceError where Secret or key is missing.
        """
        wanted = ref.key if isinstance(ref, SecretKeyRef) else key
        return _value(self.secrets.get(ObjectId("Secret", namespace, ref.name)), "Secret", namespace, ref.name, wanted)

    def config_map(self, ref: ConfigMapKeyRef, namespace: str) -> bytes:
        """Return the value that an object of this namespace refers to.

        Raises DanglingReferenceError where ConfigMap or key is missing.
        """
        found = self.config_maps.get(ObjectId("ConfigMap", namespace, ref.name))
        return _value(found, "ConfigMap", namespace, ref.name, ref.key)

    def certificate_authorities(self, ref: CARef, namespace: str) -> bytes:
        """Return the PEM text of the authorities that an object of this namespace refers to.

        Raises DanglingReferenceError where the object or its key is missing.
        """
        target = ref.ref
        if isinstance(target, SecretKeyRef):
            return self.secret(target, namespace)
        return self.config_map(target, namespace)

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the hash over the canonical documents: equal for equal wishes, whatever their files."""
        found = hashlib.sha256()
        for name, text in self.files():
            found.update(f"{name}\0{len(text)}\0".encode())
            found.update(text.encode())
        return f"sha256:{found.hexdigest()}"

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of each file of the written bundle, in a fixed order."""
        yield "resources.yaml", to_yaml(map(document_of, self.resources))
        for kind, items in (("ConfigMap", self.config_maps), ("Secret", self.secrets)):
            documents: list[Writable] = [items[name] for name in sorted(items)]
            if documents:
                yield _FILES[kind], to_yaml(map(document_of, documents))

    def write(self, directory: Path) -> None:
        """Write the files into the directory (made with mode 0700; files 0600), over older ones of the same names.

        Raises OSError.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in self.files():
            descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)


def _value(found: Secret | ConfigMap | None, kind: str, namespace: str, name: str, key: str | None) -> bytes:
    value = None if found is None or key is None else found.value(key)
    if value is None:
        missing = "does not exist" if found is None else f"has no key “{key}”"
        msg = f"{kind} {namespace}/{name} {missing}"
        raise DanglingReferenceError(msg)
    return value
