"""Forked children: signals, exit codes and what is logged of their end. How they die with their parent: `test_supervisor.py`."""

import io
import os
import signal
from collections.abc import Callable

import pytest

from mfa_server.errors import MfaError
from mfa_server.standalone.processes import FAILED, fork, outcome


def leave(code: object) -> Callable[[], int]:
    def function() -> int:
        raise SystemExit(code)

    return function


def refuse() -> int:
    raise MfaError("the port is taken", hint="choose another")


def stumble() -> int:
    return 1 // 0


def signals() -> int:
    as_expected = (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        and not signal.pthread_sigmask(signal.SIG_BLOCK, set())
    )
    return 0 if as_expected else 9


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (lambda: 0, 0),
        (lambda: 7, 7),
        (leave(5), 5),
        (leave("text"), FAILED),
        (leave(None), FAILED),
        (refuse, FAILED),
        (stumble, FAILED),
        (signals, 0),
    ],
    ids=[
        "returns 0",
        "returns 7",
        "exits",
        "exits with text",
        "exits without a code",
        "refuses",
        "stumbles",
        "signals",
    ],
)
@pytest.mark.filterwarnings("ignore:This process")  # Python 3.12 warns of threads; these children start none
def test_what_a_child_returns_is_its_exit_code(function: Callable[[], int], code: int) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        _, status = os.waitpid(fork(function), 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert os.waitstatus_to_exitcode(status) == code


def test_a_deliberate_error_is_one_line_and_a_fault_a_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    os.waitpid(fork(refuse), 0)
    deliberate = capfd.readouterr().out
    os.waitpid(fork(stumble), 0)
    fault = capfd.readouterr().out
    assert "the port is taken" in deliberate
    assert "choose another" in deliberate
    assert "Traceback" not in deliberate
    assert "ZeroDivisionError" in fault


@pytest.mark.parametrize(
    ("status", "text"),
    [(0, "exit code 0"), (3 << 8, "exit code 3"), (9, "killed by SIGKILL"), (60, "killed by signal 60")],
)
def test_the_end_of_a_process_in_words(status: int, text: str) -> None:
    assert outcome(status) == text


def test_an_output_that_takes_no_more_keeps_no_process_from_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    full = io.TextIOWrapper(io.BufferedWriter(io.FileIO("/dev/full", "w")))
    full.write("what is still to be written")
    monkeypatch.setattr("sys.stdout", full)
    pid = fork(lambda: 7)
    monkeypatch.undo()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    with pytest.raises(OSError, match="space"):
        full.close()
