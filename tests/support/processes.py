"""Programs started for a test: found or refused with advice, logged to a file, ended for certain.

A program dies with the test run, even when that is killed: `setpriv --pdeathsig` asks the kernel for it.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

__all__ = ["Program", "find_program", "run", "wait_until"]

SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def find_program(name: str) -> str:
    """Return the path of an installed program.

    Raises FileNotFoundError with what to do; a missing peer fails the test, it never skips it.
    """
    found = shutil.which(name, path=SYSTEM_PATH)
    if found is None:
        raise FileNotFoundError(
            f"{name} is not installed: `make test` (or `scripts/setup --test`) installs what the tests need"
        )
    return found


def run(*command: str, stdin: str | None = None, seconds: float = 120, env: dict[str, str] | None = None) -> str:
    """Run a program to its end and return its standard output; raise RuntimeError with its last words if it fails."""
    done = subprocess.run(
        [find_program(command[0]), *command[1:]],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "PATH": SYSTEM_PATH, **(env or {})},
    )
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {words}")
    return done.stdout


def wait_until(what: str, condition: Callable[[], object], seconds: float = 30, every: float = 0.05) -> None:
    """Poll `condition` until it is true; an OSError counts as false. Raises TimeoutError naming `what`."""
    until = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not so after {seconds:g} s")
        time.sleep(every)


class Program:
    """One long-running program in a process group of its own; use as a context manager or call `end`."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        guarded = [find_program("setpriv"), "--pdeathsig", "TERM", "--", find_program(command[0]), *command[1:]]
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                guarded,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, "PATH": SYSTEM_PATH},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group; a group that is gone is no error."""
        if self.running:
            os.killpg(self._child.pid, number)

    def end(self, seconds: float = 10) -> None:
        """End the group: TERM, then KILL after `seconds`. Safe to repeat."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._child.wait(seconds)

    def wait_for(self, what: str, condition: Callable[[], object], seconds: float = 30) -> None:
        """Wait until the program is of use; if it ended first, raise RuntimeError with the end of its log."""

        def ready_or_ended() -> bool:
            return not self.running or bool(condition())

        try:
            wait_until(what, ready_or_ended, seconds)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; the end of {self.log}:\n{self.last_words()}") from None
        if not self.running:
            raise RuntimeError(f"{what}: the program ended with {self._child.returncode}:\n{self.last_words()}")

    def last_words(self, characters: int = 2000) -> str:
        return self.log.read_text(errors="replace")[-characters:]
