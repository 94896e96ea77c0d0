"""``mfa check``."""

import json
from pathlib import Path

import pytest

from mfa_server.cli.program import run

__all__: list[str] = []

EXAMPLES = Path(__file__).parents[3] / "examples"
BROKEN = """\
apiVersion: mfa-operator.io/v1alpha1
kind: LdapClient
metadata: {name: netscaler, namespace: mfa}
spec: {serverGroupRef: {name: main}, addresses: [192.0.2.300], timeout: 60}
"""


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_the_examples_are_right(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(EXAMPLES / example)]) == 0
    assert ": 0 errors, " in capsys.readouterr().out.splitlines()[-1]


def test_all_errors_come_at_once_with_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "client.yaml").write_text(BROKEN)
    assert run(["check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert f"{tmp_path}/client.yaml:4: LdapClient mfa/netscaler: spec.addresses[0]: " in out
    assert "spec.timeout: " in out
    assert run(["check", str(tmp_path), "-o", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert {finding["line"] for finding in report["findings"]} == {4}
    assert run(["check", str(tmp_path), "-o", "csv"]) == 1
    assert capsys.readouterr().out.startswith("severity,file,line,")


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path / "none")]) == 1
    assert "is not a directory that can be read" in capsys.readouterr().out
