"""``mfa demo`` as a program: kept running, then interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import wait_until

__all__: list[str] = []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_kept_demonstration_ends_in_order_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    with _kept(tmp_path) as process:
        told = _until_kept(process)
        process.send_signal(number)
        process.send_signal(number)  # a second one does not cut the end short
        assert process.wait(60) == 0
    assert "logon: granted\n" in told
    assert any("keeps running until you press Ctrl-C" in line for line in told)
    assert list(tmp_path.iterdir()) == []


def test_the_servers_of_a_demonstration_that_is_killed_end_with_it(tmp_path: Path) -> None:
    with _kept(tmp_path) as process:
        _until_kept(process)
        (servers,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
    wait_until("the servers are gone", lambda: not Path(f"/proc/{servers}").exists())


def _kept(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "mfa_server.cli", "demo", "--keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
    )


def _until_kept(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if line.startswith("demo       people: "):
            return told
    pytest.fail("".join(told))
