"""``mfa standalone``: what it refuses before anything runs. What it runs is tested with the whole installation."""

from pathlib import Path

import pytest

from mfa_server.cli.program import run

__all__: list[str] = []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("{folder}/none",),
            1,
            "mfa: {folder}/none is not a directory; name a directory of manifests; `mfa check DIR`",
        ),
        (("{folder}", "--name", "Not A Name"), 1, "mfa: 'Not A Name' is not a server name; use 1 to 53 lower-case"),
        (("{folder}", "--workers", "0"), 2, "mfa: invalid value for '--workers': "),
        (("{folder}", "--health-port", "0"), 2, "mfa: invalid value for '--health-port': "),
        (("{folder}", "--state", "{folder}/" + "x" * 100), 1, "mfa: the path of the control socket"),
        ((), 2, "mfa: missing argument 'DIR'"),
    ],
)
def test_what_cannot_run_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    state = [] if "--state" in arguments else ["--state", str(tmp_path / "state")]
    assert run(["standalone", *(each.format(folder=tmp_path) for each in arguments), *state]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message.format(folder=tmp_path))
    assert printed.err.count("\n") == 1
