"""Forking: a child begins with the parent's memory shared, signals as they were, and ends when its parent does."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog

from mfa_server.errors import MfaError

__all__ = ["FAILED", "fork", "outcome"]

log = structlog.get_logger(__name__)

FAILED = 1
"""Exit code of a child that failed; it has logged why."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


def fork(function: Callable[[], int]) -> int:
    """Run ``function`` in a child process and return its process id at once; what it returns is the child's exit code.

    The child gets SIGTERM when this process dies, however it dies. It ignores SIGINT, which a terminal sends to all processes at
    once (this process decides when the child ends), and SIGHUP until it installs a handler. An MfaError is logged in one line,
    anything else with its traceback. To be called with a single thread running.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a full disk or a reader that left must not end what starts the servers
            stream.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = FAILED
    try:
        _begin(parent)
        code = function()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else FAILED
    except MfaError as error:
        log.error("process failed", why=error.message, hint=error.hint)  # noqa: TRY400 - the message says it all
    except BaseException:
        log.exception("process failed")
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)  # never back into the parent's code, nor into what it registered for its own end


def outcome(status: int) -> str:
    """Return how a process ended, for a log line, out of the status that waiting for it gave."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _begin(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(FAILED)
    for number, action in (
        (signal.SIGINT, signal.SIG_IGN),
        (signal.SIGHUP, signal.SIG_IGN),
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGCHLD, signal.SIG_DFL),
    ):
        signal.signal(number, action)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
