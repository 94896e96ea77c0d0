"""``mfa servers`` and ``mfa status`` against a real control socket."""

import json

import pytest

from mfa_server.store.records import Server
from mfa_server.store.sync_records import SyncRun
from tests.support.control_server import ControlServer

__all__: list[str] = []


def test_servers_are_listed(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    now = control.clock.now()
    control.do(control.store.register(Server("mfa-0/1", "mfa-0", "unix:/run/mfa-0.sock", now, now, "1.0", "sha256:0")))
    assert control.run("servers") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["mfa-0", "unix:/run/mfa-0.sock"]


def test_status_tells_readiness_bundle_servers_and_sync(
    control: ControlServer, capsys: pytest.CaptureFixture[str]
) -> None:
    now = control.clock.now()
    control.do(control.store.put_sync_run(SyncRun("mfa/staff", now, now, added=3)))
    assert control.run("status") == 0
    assert "sync:\n  source=mfa/staff" in capsys.readouterr().out
    assert control.run("status", "-o", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ready"], told["servers"], told["sync"][0]["added"]) == (True, [], 3)
