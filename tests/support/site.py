"""A whole installation without a cluster: manifests, ``mfa standalone`` over two processes, its phone and its commands."""

import json
import os
import re
import signal
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.directory import DirectoryServer
from tests.support.gateway import NetScaler
from tests.support.ports import free_ports
from tests.support.processes import Program, run, wait_until

__all__ = ["Site", "manifests_for"]

MFA = str(Path(sys.executable).with_name("mfa"))
TEXT = re.compile(r"text to (?P<number>\+\d+): (?P<body>.*)$", re.MULTILINE)
CODE = re.compile(r"\b\d{6}\b")


def manifests_for(directory: DirectoryServer, service: str, own: str, ports: tuple[int, int]) -> dict[str, Any]:
    """Return a group with one gateway and one source of users, as documents by file name."""
    kind = "ActiveDirectory" if type(directory).__name__ == "SambaAd" else "OpenLDAP"
    names = {"namespace": "mfa"}
    people = f"cn=mfa-users,ou=groups,{directory.suffix}"
    group = {
        "directory": {
            "type": kind,
            "servers": [{"host": "localhost", "port": directory.ldaps_port}],
            "tls": {"caRef": {"type": "ConfigMap", "configMap": {"name": "directory-ca", "key": "ca.crt"}}},
            "baseDN": directory.suffix,
            "bindSecretRef": {"name": "directory-bind"},
        },
        "listeners": {"ldap": {"port": ports[0]}, "ldaps": {"port": ports[1]}},
        "frontCertificate": {
            "type": "OperatorCA",
            "dnsNames": ["localhost"],
            "ipAddresses": ["127.0.0.1"],
        },
        "policy": {"clientLimits": {"passwordOnly": "Allowed"}, "redeliveryWindow": "6s"},
        "textMessage": {"mode": "TwoWay", "providers": [{"name": "console", "type": "Console"}]},
    }
    client = {
        "serverGroupRef": {"name": "main"},
        "applicationName": "Gateway",
        "addresses": ["127.0.0.1"],
        "serviceAccounts": [{"identity": directory.account(service).dn}],
        "appendedCode": {"separator": ","},
        "timeout": "60s",
    }
    others = {
        # unknown people by password alone ("user match" of old switched off)
        "lenient": {**client, "addresses": ["127.0.0.2"], "users": {"unknown": "PasswordOnly"}},
        # gives up after ten seconds, the shortest there is
        "impatient": {**client, "addresses": ["127.0.0.3"], "timeout": "10s"},
        "preset": {**client, "addresses": ["127.0.0.4"], "gateway": {"type": "NetScaler"}},
    }
    source = {
        "serverGroupRef": {"name": "main"},
        "select": {"groups": [people]},
        "phone": {"defaultRegion": "DE"},
        "interval": "1m",
    }
    return {
        "group.yaml": _document("MfaServerGroup", "main", names, spec=group),
        "client.yaml": _document("LdapClient", "gateway", names, spec=client),
        **{f"{name}.yaml": _document("LdapClient", name, names, spec=spec) for name, spec in others.items()},
        "users.yaml": _document("UserSyncSource", "staff", names, spec=source),
        "secret.yaml": {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "directory-bind", **names},
            "stringData": {"username": directory.account(own).dn, "password": directory.account(own).password},
        },
        "ca.yaml": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "directory-ca", **names},
            "data": {"ca.crt": directory.ca_file.read_text()},
        },
    }


def _document(kind: str, name: str, metadata: Mapping[str, str], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "mfa-operator.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": dict(spec),
    }


class Site:
    """One installation on loopback. ``documents`` are its manifests; change them and call ``write``."""

    def __init__(self, folder: Path, directory: DirectoryServer, service: str, own: str) -> None:
        self.folder = folder
        self.directory = directory
        self.manifests, self.state = folder / "manifests", folder / "state"
        self.manifests.mkdir(parents=True)
        self.ldap_port, self.ldaps_port, self.health_port, self.internal_port = free_ports(4)
        self.documents = manifests_for(directory, service, own, (self.ldap_port, self.ldaps_port))
        self.service = directory.account(service)
        self.log = folder / "site.log"
        self.gateways: list[NetScaler] = []
        """Every gateway that was connected; a test's fixture closes them."""
        self._program: Program | None = None
        self.write()

    # life

    def write(self) -> None:
        """Write the manifests, each file as a whole."""
        for name, document in self.documents.items():
            draft = self.folder / f"draft-{name}"
            draft.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
            draft.replace(self.manifests / name)

    def spec(self, file: str) -> Any:
        """The ``spec`` of one manifest, to be changed before ``write``."""
        return self.documents[file]["spec"]

    def start(self) -> None:
        """Start both processes; returns when gateways are served and the first people are there."""
        command = (
            MFA,
            "standalone",
            str(self.manifests),
            "--state",
            str(self.state),
            "--listen",
            "127.0.0.1",
            "--health-port",
            str(self.health_port),
            "--internal-port",
            str(self.internal_port),
        )
        self._program = Program(command, self.log)
        self._program.wait_for("gateways are served", self.ready)
        self._program.wait_for("both processes serve", lambda: self.output().count("gateways are served") >= 2)
        self._program.wait_for("the first users are there", self.users)

    def stop(self) -> None:
        """End in order. Safe to repeat."""
        if self._program is not None:
            self._program.end()
            self._program = None

    @property
    def pid(self) -> int:
        """The parent's process id."""
        assert self._program is not None
        return self._program.pid

    def children(self) -> dict[str, int]:
        """Process ids of the servers by name, as the parent last announced them."""
        found: dict[str, int] = {}
        for line in self.output().splitlines():
            if '"event": "process started"' in line:
                entry = json.loads(line)
                found[entry["server"].split("/")[0]] = entry["pid"]
        return found

    def kill(self, server: str) -> None:
        """End one server process as the kernel does when memory is short."""
        os.kill(self.children()[server], signal.SIGKILL)

    def ready(self) -> bool:
        """Whether ``/readyz`` says yes."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    # what it says

    def output(self) -> str:
        """Everything the processes have printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def texts(self) -> list[tuple[str, str]]:
        """Number and body of every text message so far."""
        return [(found["number"], found["body"]) for found in TEXT.finditer(self.output())]

    def text_after(self, count: int) -> str:
        """Wait for the text after the first ``count``; returns its code."""
        wait_until(f"text message number {count + 1}", lambda: len(self.texts()) > count)
        found = CODE.search(self.texts()[count][1])
        assert found is not None
        return found[0]

    # its commands

    def mfa(self, *arguments: str) -> str:
        """Run a command against this installation; RuntimeError with its words when it fails."""
        return run(MFA, *arguments, env={**os.environ, "MFA_STATE": str(self.state)})

    def json(self, *arguments: str) -> Any:
        """Run a command and read its JSON."""
        return json.loads(self.mfa(*arguments, "-o", "json"))

    def users(self) -> list[dict[str, Any]]:
        """The users, once the control socket answers."""
        try:
            found = self.json("users", "list", "--limit", "100")
        except RuntimeError:
            return []
        return list(found["users"] if isinstance(found, dict) else found)

    def audit(self) -> list[dict[str, Any]]:
        """The newest audit rows."""
        found = self.json("log", "list")
        return list(found["events"] if isinstance(found, dict) else found)

    def ended(self, username: str) -> list[tuple[str, str]]:
        """Result and reason of a person's logons, oldest first."""
        rows = [row for row in self.audit() if row["event"] == "logon" and row.get("user") == username]
        return [(row["result"], row["reason"]) for row in reversed(rows)]

    # its gateways

    @property
    def ca_file(self) -> Path:
        """What a gateway is told to trust."""
        return self.state / "certificates" / "front" / "ca.crt"

    def gateway(self, *, start_tls: bool = False, plain: bool = False, source: str = "127.0.0.1") -> NetScaler:
        """Connect a gateway."""
        port = self.ldap_port if start_tls or plain else self.ldaps_port
        made = NetScaler(port, self.ca_file, start_tls=start_tls, plain=plain, source=source)
        self.gateways.append(made)
        return made

    def signed_in(self, *, start_tls: bool = False, source: str = "127.0.0.1") -> NetScaler:
        """Connect a gateway and bind its service account."""
        gateway = self.gateway(start_tls=start_tls, source=source)
        answer = gateway.bind(self.service.dn, self.service.password)
        assert answer.granted, answer
        return gateway
