"""The program as a whole: help, usage errors, exit codes, no tracebacks."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from mfa_server.cli import program
from mfa_server.cli.program import run
from tests.support.golden import Golden

__all__: list[str] = []

COMMANDS = (
    "check", "demo", "gateway show", "log list", "log show", "reply", "serve server", "servers", "standalone", "status",
    "store migrate", "store status", "tokens add", "tokens list", "tokens remove",
    "users block", "users list", "users set", "users show", "users unlock",
)  # fmt: skip


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"mfa {version('mfa-operator')}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    assert run(arguments) == 0
    golden("cli/help.txt", capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_teaches_by_an_example(
    command: str, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    assert run([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert f"  mfa {command} " in text or f"  mfa {command}\n" in text
    golden(f"cli/help-{command.replace(' ', '-')}.txt", text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fly"], "mfa: no such command 'fly'; `mfa --help` shows how it is used\n"),
        (["users"], "mfa: missing command; `mfa users --help` shows how it is used\n"),
        (["users", "lst"], "mfa: no such command 'lst'. Did you mean"),
        (["reply"], "mfa: missing argument 'USER'; `mfa reply --help` shows how it is used\n"),
        (["users", "list", "--limit", "x"], "mfa: invalid value for '--limit': "),
        (["log", "list", "--fast"], "mfa: no such option: --fast"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)
    assert printed.err.count("\n") == 1


def test_a_fault_is_one_line_unless_details_are_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def faulty() -> None:
        raise ZeroDivisionError("secret")

    app = program.program()
    app.command("fault")(faulty)
    monkeypatch.setattr(program, "program", lambda: app)
    assert run(["fault"]) == 1
    assert (
        capsys.readouterr().err == "mfa: a fault in this program (ZeroDivisionError); MFA_DEBUG=1 shows the details\n"
    )
    monkeypatch.setenv("MFA_DEBUG", "1")
    assert run(["fault"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(2, "No such file or directory", "/x"), "mfa: /x: No such file or directory\n"),
        (
            FileNotFoundError(2, "No such file or directory", "/\x1b[2Jx"),
            "mfa: /\N{REPLACEMENT CHARACTER}[2Jx: No such file or directory\n",
        ),
        (KeyboardInterrupt(), ""),
    ],
)
def test_an_operating_system_error_names_the_file(
    error: BaseException, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise error

    app = program.program()
    app.command("fail")(failing)
    monkeypatch.setattr(program, "program", lambda: app)
    assert run(["fail"]) == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert capsys.readouterr().err == message


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: 1\n---\n" * 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "mfa_server.cli", "check", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 1
    assert said == b""


def test_help_loads_none_of_the_servers() -> None:
    script = (
        "import sys\n"
        "from mfa_server.cli.program import run\n"
        "run(['--help'])\n"
        "heavy = {'cryptography', 'sqlalchemy', 'starlette', 'pydantic', 'rich', 'uvloop', 'jinja2', 'yaml'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "[]"
