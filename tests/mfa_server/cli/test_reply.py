"""``mfa reply`` against a real control socket."""

import pytest

from mfa_server.login import ReplyOutcome, ReplyResult
from tests.support.control_server import ControlServer

__all__: list[str] = []


@pytest.mark.parametrize(
    ("result", "code", "out", "err"),
    [
        (ReplyResult(ReplyOutcome.GRANTED), 0, "anna: granted\n", ""),
        (
            ReplyResult(ReplyOutcome.GRANTED_UNDELIVERED),
            0,
            "anna: granted, but the gateway was gone: its next try within seconds gets the answer\n",
            "",
        ),
        (ReplyResult(ReplyOutcome.WRONG_CODE), 1, "", "mfa: anna: the code is wrong; look at the newest message\n"),
        (
            ReplyResult(ReplyOutcome.NO_OPEN_CHALLENGE, "the last sign-in ended 5 s ago"),
            1,
            "",
            "mfa: anna: no logon waits for an answer (the last sign-in ended 5 s ago); the person has to start a logon first\n",
        ),
        (
            ReplyResult(ReplyOutcome.REFUSED, "blocked"),
            1,
            "",
            "mfa: anna: the code was right, but the logon is refused (blocked); `mfa log list` shows what happened meanwhile\n",
        ),
        (
            ReplyResult(ReplyOutcome.UNKNOWN_USER),
            1,
            "",
            "mfa: anna: no such user; `mfa users list` shows who is known\n",
        ),
        (
            ReplyResult(ReplyOutcome.AMBIGUOUS_USER),
            1,
            "",
            "mfa: anna: the name stands for several users; name him by UPN, DN or directory id\n",
        ),
    ],
)
def test_every_outcome_is_said_in_words(
    control: ControlServer, capsys: pytest.CaptureFixture[str], result: ReplyResult, code: int, out: str, err: str
) -> None:
    control.outcome = result
    assert control.run("reply", "anna", "123456") == code
    assert capsys.readouterr() == (out, err)
    assert control.replies[0][:2] == ("anna", "123456")


def test_a_code_too_long_is_refused_by_the_server(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("reply", "anna", "1" * 65) == 1
    assert capsys.readouterr().err == "mfa: anna: code: String should have at most 64 characters\n"
