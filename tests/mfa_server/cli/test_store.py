"""``mfa store``."""

import json
from pathlib import Path

import pytest

from mfa_server.cli.program import run
from tests.support.control_server import ControlServer

__all__: list[str] = []


def test_status_and_migrate_of_a_current_store(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("store", "status", "-o", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == told["newest"] != ""
    assert told["pending"] == []
    assert control.run("store", "migrate") == 0
    assert capsys.readouterr().out.endswith(f"schema {told['schema']}, nothing to do\n")


def test_an_empty_store_is_brought_to_the_newest_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "mfa.sqlite").touch()
    assert run(["store", "status", "--state", str(tmp_path)]) == 0
    assert "`mfa store migrate` brings it to the newest schema" in capsys.readouterr().err
    assert run(["store", "migrate", "--state", str(tmp_path)]) == 0
    assert "mfa.sqlite: schema  → " in capsys.readouterr().out


@pytest.mark.parametrize("command", ["status", "migrate"])
def test_a_store_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(["store", command, "--state", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(
        f"mfa: there is no store at {tmp_path}/store/mfa.sqlite; `mfa standalone`"
    )
    assert list(tmp_path.iterdir()) == []
