"""The smallest set of manifests that a server group runs on, written for a test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import run

__all__ = ["BIND_PASSWORD", "CLIENT", "GROUP", "SECRET", "edit_manifests", "endless_folders", "write_manifests"]

BIND_PASSWORD = "correct-horse-493817"

GROUP = """\
apiVersion: mfa-operator.io/v1alpha1
kind: MfaServerGroup
metadata: {name: main, namespace: mfa}
spec:
  directory: {servers: [{host: dc1.example.com}], baseDN: "dc=example,dc=com", bindSecretRef: {name: directory-bind}}
  textMessage: {mode: TwoWay, providers: [{name: log, type: Console}]}
"""

SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: directory-bind, namespace: mfa}}
stringData: {{username: "cn=svc,dc=example,dc=com", password: "{BIND_PASSWORD}"}}
"""

CLIENT = """\
apiVersion: mfa-operator.io/v1alpha1
kind: LdapClient
metadata: {name: netscaler, namespace: mfa}
spec: {serverGroupRef: {name: main}, addresses: [192.0.2.10], methods: [TextMessage]}
"""


def write_manifests(directory: Path, **files: str) -> Path:
    """Write `group`, `secret` and `client`, or what is given under these and other names; return the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    edit_manifests(directory, **{"group": GROUP, "secret": SECRET, "client": CLIENT, **files})
    return directory


def edit_manifests(directory: Path, **files: str) -> None:
    """Replace these files, each atomically as an editor does; the others stay."""
    for name, text in files.items():
        draft = directory / f".{name}"
        draft.write_text(text)
        draft.replace(directory / f"{name}.yaml")


@contextmanager
def endless_folders(directory: Path) -> Iterator[None]:
    """Have 1500 folders, each in the one before, deeper than Python may recurse; afterwards they are gone."""
    here = os.open(directory, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        yield
    finally:
        run("rm", "-r", str(directory / "d"))
