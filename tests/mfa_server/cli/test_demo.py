"""``mfa demo`` as a program: kept running, then interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

__all__: list[str] = []


def test_a_kept_demonstration_ends_in_order_when_interrupted(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "mfa_server.cli", "demo", "--keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("demo       people: "):
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, "".join(told)
    assert "logon: granted\n" in told
    assert any("keeps running until you press Ctrl-C" in line for line in told)
    assert list(tmp_path.iterdir()) == []
