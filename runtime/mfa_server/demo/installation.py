"""``mfa standalone`` as a child of the demonstration: the real program in a directory of its own, and commands given to it."""

import asyncio
import ctypes
import http.client
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from mfa_server.demo.manifests import DemoPorts
from mfa_server.errors import MfaError

__all__ = ["DemoError", "Installation", "free_ports"]

LOOPBACK = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
PROGRAM = (sys.executable, "-m", "mfa_server.cli")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
LOG_LINES = 20
"""The end of the servers' log that is shown when something goes wrong."""


class DemoError(MfaError):
    """The demonstration cannot go on."""

    code = "demoFailed"


class Installation:
    """Two server processes and their parent. ``on_line`` gets each line they print, which is where text messages appear."""

    def __init__(self, folder: Path, ports: DemoPorts, on_line: Callable[[str], None]) -> None:
        self.manifests = folder / "manifests"
        self.state = folder / "state"
        self.log = folder / "servers.log"
        self._ports = ports
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def authority(self) -> Path:
        """The certificate that a gateway has to trust."""
        return self.state / "certificates" / "front" / "ca.crt"

    async def start(self) -> None:
        """Start the servers on the manifests; returns at once."""
        arguments = ["standalone", str(self.manifests), "--state", str(self.state), "--listen", LOOPBACK]
        arguments += ["--health-port", str(self._ports.health), "--internal-port", str(self._ports.internal)]
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *PROGRAM,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # an interrupt of the demonstration must not reach them: they are stopped in order
                preexec_fn=_end_with_parent,  # no thread runs yet, so that code between fork and exec is safe
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._reading = asyncio.create_task(self._read())

    async def ready(self) -> None:
        """Wait until the servers answer gateways. Raises DemoError when they end or take too long."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await asyncio.to_thread(self._readyz):
                    self._check_alive()
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise self._failure(f"the servers are not ready after {READY_SECONDS:g} s") from None

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Give ``mfa`` a command, as a person would; returns its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *arguments,
            "--state",
            str(self.state),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode(errors="replace")

    async def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """Give a command that lists something; returns its rows. Raises DemoError when it fails."""
        code, printed = await self.command(*arguments, "-o", "json")
        if code:
            self._check_alive()
            raise self._failure(printed.strip())
        rows: list[dict[str, Any]] = json.loads(printed)
        return rows

    async def stop(self) -> None:
        """Stop the servers in order; kill what does not end."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reading is not None:
            await self._reading

    def memory_mebibytes(self) -> float:
        """Return the proportional set size of parent and servers together (proc(5), smaps_rollup); 0 where it cannot be read."""
        if self._process is None:
            return 0.0
        return sum(_proportional_kibibytes(pid) for pid in [self._process.pid, *_children(self._process.pid)]) / 1024

    def _readyz(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._ports.health, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018 - made by start
        async for line in self._process.stdout:
            self._on_line(line.decode(errors="replace").rstrip("\n"))

    def _check_alive(self) -> None:
        if self._process is None or self._process.returncode is not None:
            raise self._failure("the servers ended")

    def _failure(self, what: str) -> DemoError:
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            return DemoError(what, hint="the end of their log:\n" + "\n".join(lines))
        return DemoError(what)


def _end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the demonstration dies, however it dies (prctl(2))."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def free_ports(count: int) -> list[int]:
    """Return different ports of 127.0.0.1 that nothing listens on now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in sockets]


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _proportional_kibibytes(pid: int) -> int:
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0
