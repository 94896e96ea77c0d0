"""``mfa serve server``: one process on a bundle, as in a pod."""

import http.client
import sys
from pathlib import Path

from mfa_server.certificates import Authority
from mfa_server.cli.program import run
from mfa_server.clock import SystemClock
from mfa_server.demo.manifests import DemoPorts, demo_manifests
from mfa_server.settings import StandaloneSettings
from mfa_server.standalone import prepare
from tests.support.ports import free_ports
from tests.support.processes import Program

__all__: list[str] = []


def test_a_server_serves_a_bundle_until_it_is_told_to_stop(tmp_path: Path) -> None:
    ldap, ldaps, health, internal, directory = free_ports(5)
    clock, state, manifests = SystemClock(), tmp_path / "state", tmp_path / "manifests"
    manifests.mkdir()
    authority = Authority.create("Test", clock.now()).certificate_pem.decode()
    text = demo_manifests(DemoPorts(directory, 389, 636, 8080, 8443), authority, "nobody-asks")
    (manifests / "demo.yaml").write_text(text)
    prepare(StandaloneSettings(manifests, state), clock.now())
    command = [sys.executable, "-m", "mfa_server.cli", "serve", "server", "--bundle", str(state / "bundle" / "current")]
    command += ["--state", str(state), "--name", "mfa-0", "--listen", "127.0.0.1"]
    for option, port in (("ldap", ldap), ("ldaps", ldaps), ("health", health), ("internal", internal)):
        command += [f"--{option}-port", str(port)]

    def ready() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", health, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    with Program(command, tmp_path / "log") as program:
        program.wait_for("the server is ready", ready)
        assert run(["status", "--state", str(state)]) == 0
    assert '"stopped"' in program.last_words()
