"""A Kubernetes without nodes on this machine: etcd, the API server and the controllers on loopback, no root needed.

It is the real program, so schemas, CEL rules, defaulting, garbage collection and access rules are the real ones; pods
are accepted and stay pending. Everything it writes lies in one folder.
"""

import json
import ssl
import urllib.request
from pathlib import Path
from typing import Self

from tests.support.certificates import Authority, KeyPair
from tests.support.kube_program import kube_program
from tests.support.ports import LOOPBACK, free_ports
from tests.support.processes import Program

__all__ = ["ControlPlane"]

SERVICE_RANGE = "10.96.0.0/16"
SERVER_NAMES = (
    "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
    LOOPBACK, "10.96.0.1",
)  # fmt: skip
ADMINISTRATORS = "system:masters"
UNREACHABLE = "10.255.255.1"  # the API server will not advertise loopback; without nodes nobody uses the address


class ControlPlane:
    """One control plane; use as a context manager. `kubeconfig` is an administrator's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self._program = kube_program()
        self._authority = Authority(folder / "pki")
        self._server = self._authority.issue("kube-apiserver", names=SERVER_NAMES)
        self._admin = self._authority.issue("admin", names=(), organizations=(ADMINISTRATORS,))
        self._accounts = self._authority.issue("service-accounts", names=())
        self._parts: list[Program] = []
        self._api_port, self._etcd_port, self._peer_port, self._controllers_port = free_ports(4)
        self.url = f"https://{LOOPBACK}:{self._api_port}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all parts, the last started first. Safe to repeat."""
        while self._parts:
            self._parts.pop().end()

    def write_kubeconfig(self, path: Path, who: KeyPair) -> Path:
        """Write a kubeconfig (JSON is YAML) for the holder of this certificate and return its path."""
        cluster = {"server": self.url, "certificate-authority": str(self._authority.ca_file)}
        user = {"client-certificate": str(who.certificate), "client-key": str(who.key)}
        context = {"cluster": "test", "user": "test"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": context}],
        }
        path.write_text(json.dumps(config))
        return path

    def _start(self) -> None:
        self.write_kubeconfig(self.kubeconfig, self._admin)
        self._run("etcd", self._etcd_flags())
        server = self._run("kube-apiserver", self._server_flags())
        server.wait_for("the API server is ready", lambda: self._get("/readyz") == "ok", seconds=120)
        controllers = self._run("kube-controller-manager", self._controller_flags())
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        controllers.wait_for("the controllers make service accounts", lambda: self._get(account), seconds=60)

    def _run(self, part: str, flags: dict[str, str]) -> Program:
        command = (str(self._program), part, *(f"--{name}={value}" for name, value in flags.items()))
        self._parts.append(Program(command, self.folder / f"{part}.log"))
        return self._parts[-1]

    def _get(self, path: str) -> str:
        tls = ssl.create_default_context(cafile=str(self._authority.ca_file))
        tls.load_cert_chain(self._admin.certificate, self._admin.key)
        with urllib.request.urlopen(self.url + path, timeout=10, context=tls) as answer:
            return str(answer.read(), "utf-8")

    def _etcd_flags(self) -> dict[str, str]:
        store, peer = f"http://{LOOPBACK}:{self._etcd_port}", f"http://{LOOPBACK}:{self._peer_port}"
        return {
            "data-dir": f"{self.folder}/etcd",
            "listen-client-urls": store,
            "advertise-client-urls": store,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        }

    def _server_flags(self) -> dict[str, str]:
        return {
            "etcd-servers": f"http://{LOOPBACK}:{self._etcd_port}",
            "bind-address": LOOPBACK,
            "secure-port": str(self._api_port),
            "advertise-address": UNREACHABLE,
            "endpoint-reconciler-type": "none",
            "tls-cert-file": str(self._server.certificate),
            "tls-private-key-file": str(self._server.key),
            "client-ca-file": str(self._authority.ca_file),
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(self._accounts.certificate),
            "service-account-signing-key-file": str(self._accounts.key),
            "service-cluster-ip-range": SERVICE_RANGE,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "allow-privileged": "true",
        }

    def _controller_flags(self) -> dict[str, str]:
        controllers = self._authority.issue("system:kube-controller-manager", names=())
        return {
            "kubeconfig": str(self.write_kubeconfig(self.folder / "controllers.conf", controllers)),
            "bind-address": LOOPBACK,
            "secure-port": str(self._controllers_port),
            "service-account-private-key-file": str(self._accounts.key),
            "root-ca-file": str(self._authority.ca_file),
            "cluster-signing-cert-file": str(self._authority.ca_file),
            "cluster-signing-key-file": str(self._authority.ca_key_file),
            "use-service-account-credentials": "true",
            "leader-elect": "false",
        }
