"""The program that is a whole Kubernetes control plane, built from Go modules once per machine.

    python -m tests.support.kube_program          build it if it is not built yet, and print its path

The source is tests/support/kube: etcd, the API server and the controllers linked into one file. The build takes some
minutes (13 of CPU time where nothing is cached) and is kept under `~/.cache/mfa-operator`.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from tests.support.caches import fingerprint, made_once
from tests.support.processes import run

__all__ = ["SOURCE", "kube_program", "kubernetes_version"]

SOURCE = Path(__file__).parent / "kube"
BUILD_SECONDS = 3600
VERSION_PACKAGE = "k8s.io/component-base/version"


def kubernetes_version() -> str:
    """The Kubernetes version that go.mod requires, as in `1.37.2`."""
    found = re.search(r"\bk8s\.io/kubernetes v(\S+)", (SOURCE / "go.mod").read_text())
    if found is None:
        raise RuntimeError(f"{SOURCE}/go.mod requires no k8s.io/kubernetes")
    return found[1]


def kube_program() -> Path:
    """Return the built program; build it where the cache has none for these sources."""
    version = kubernetes_version()
    sources = (path.read_bytes() for path in sorted(SOURCE.iterdir()) if path.is_file())
    return made_once(f"kube-{version}-{fingerprint(*sources)}", lambda folder: _build(folder, version)) / "kube"


def _build(folder: Path, version: str) -> None:
    major, minor, _ = version.split(".", 2)
    stamp = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    linking = " ".join(("-s", "-w", *(f"-X {VERSION_PACKAGE}.{name}={value}" for name, value in stamp.items())))
    arguments = ("-C", str(SOURCE), "build", "-trimpath", "-buildvcs=false", f"-ldflags={linking}")
    run(_go(), *arguments, "-o", str(folder / "kube"), ".", seconds=BUILD_SECONDS, env={"CGO_ENABLED": "0"})


def _go() -> str:
    """Go beside this Python (set-up puts it there where the machine has none), else the machine's own."""
    beside = Path(sys.executable).parent / "go"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("go")
    if found is None:
        raise FileNotFoundError("Go is not installed: `scripts/setup --test` brings it")
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{kube_program()}\n")
