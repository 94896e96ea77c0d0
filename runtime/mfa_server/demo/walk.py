"""The demonstration itself: two servers, a small directory, and one logon told step by step by all who take part."""

import asyncio
import re
import shutil
import signal
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from mfa_server.certificates import Authority
from mfa_server.clock import SystemClock
from mfa_server.demo import DemoDirectory, demo_tree
from mfa_server.demo.gateway import DemoGateway, GatewayAccount
from mfa_server.demo.installation import LOOPBACK, DemoError, Installation, free_ports
from mfa_server.demo.manifests import DemoPorts, demo_manifests
from mfa_server.ldap import LDAPResult, ResultCode

__all__ = ["Walk", "walk"]

PERSON = "anna"
PASSWORD = "Welcome-to-Anna-1"  # noqa: S105 - of an invented person, written in the demonstration's own directory
SERVICE_PASSWORD = "Service-account-1"  # noqa: S105 - likewise
ACCOUNT = GatewayAccount("CN=svc-netscaler,OU=service,DC=example,DC=com", SERVICE_PASSWORD, "DC=example,DC=com")
INTERRUPTED = 130
"""The exit code of a program that was interrupted."""
USERS_SECONDS = 30.0
PROMPT_SECONDS = 20.0
TEXT = re.compile(r" text to (?P<number>\+\d+): (?P<body>.*reply with (?P<code>\d+) .*)$")
WIDTH = 9
"""Of the column that names who speaks."""


def walk(*, keep: bool = False, stream: TextIO | None = None) -> int:
    """Run the demonstration; returns the exit code: 0 where the logon was granted. ``keep`` leaves all running until interrupted."""
    folder = Path(tempfile.mkdtemp(prefix="mfa-demo-"))
    try:
        return asyncio.run(_interruptible(Walk(folder, stream or sys.stdout), keep=keep))
    except asyncio.CancelledError:
        return 0 if keep else INTERRUPTED
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _interruptible(demonstration: "Walk", *, keep: bool) -> int:
    """Run a demonstration that SIGINT and SIGTERM end in order: the servers are stopped, however impatient the person is."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: None)
        if task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return await demonstration.run(keep=keep)


class Walk:
    """One demonstration in a folder of its own."""

    def __init__(self, folder: Path, stream: TextIO) -> None:
        self._folder = folder
        self._stream = stream
        self._telling = False
        self._texts: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()

    async def run(self, *, keep: bool) -> int:
        """Start everything, log one person on, tell what happened, and stop everything. Raises MfaError when something fails."""
        began = time.monotonic()
        async with self._running() as (installation, ports):
            self._say(
                "demo",
                f"two servers and a directory run in {self._folder}, ready after {time.monotonic() - began:.1f} s",
            )
            await self._wait_for_users(installation)
            granted = await self._log_on(installation, ports)
            await self._show_audit(installation)
            memory = installation.memory_mebibytes()
            self._say(
                "demo", f"took {time.monotonic() - began:.1f} s; the servers use {memory:.0f} MiB (PSS, all processes)"
            )
            if keep:
                await self._keep(installation, ports)
        return 0 if granted else 1

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[tuple[Installation, DemoPorts]]:
        clock = SystemClock()
        directory = DemoDirectory(demo_tree(), lambda text: self._tell("directory", text))
        authority = Authority.create("Demonstration directory", clock.now())
        await directory.start(_directory_context(authority, self._folder, clock))
        ldap, ldaps, health, internal = free_ports(4)
        ports = DemoPorts(directory.ldaps_port, ldap, ldaps, health, internal)
        installation = Installation(self._folder, ports, self._line)
        installation.manifests.mkdir()
        documents = demo_manifests(ports, authority.certificate_pem.decode(), SERVICE_PASSWORD)
        (installation.manifests / "demo.yaml").write_text(documents, encoding="utf-8")
        try:
            await installation.start()
            await installation.ready()
            yield installation, ports
        finally:
            await installation.stop()
            await directory.close()

    async def _wait_for_users(self, installation: Installation) -> None:
        """Wait for the first pass of directory sync. Raises DemoError."""
        try:
            async with asyncio.timeout(USERS_SECONDS):
                users: list[dict[str, Any]] = []
                while not users:  # each look is a command of its own, which takes long enough to be no busy loop
                    users = await installation.rows("users", "list")
        except TimeoutError:
            raise DemoError("directory sync brought no users", hint="`mfa status` would say why") from None
        self._say("demo", f"directory sync brought {len(users)} users: {', '.join(user['username'] for user in users)}")

    async def _log_on(self, installation: Installation, ports: DemoPorts) -> bool:
        self._say("demo", f"{PERSON} types name and password at the gateway's page")
        context = ssl.create_default_context(cafile=str(installation.authority))
        self._telling = True
        began = time.monotonic()
        gateway = DemoGateway(LOOPBACK, ports.ldaps, ACCOUNT, context)
        gateway.on_event = lambda text: self._tell("gateway", text)
        async with gateway:
            waiting = asyncio.create_task(gateway.log_on(PERSON, PASSWORD))
            try:
                await self._answer(installation, waiting)
                result = await waiting
            finally:
                waiting.cancel()
            self._say("gateway", f"is answered after {time.monotonic() - began:.1f} s: {_in_words(result)}")
        self._telling = False
        granted = result.result_code == ResultCode.SUCCESS
        self._say("", f"logon: {'granted' if granted else 'refused'}")
        return granted

    async def _answer(self, installation: Installation, waiting: asyncio.Task[LDAPResult]) -> None:
        """Answer the text message as the person does; nothing to do where the logon ends without one."""
        message = asyncio.create_task(self._texts.get())
        done, _ = await asyncio.wait({message, waiting}, timeout=PROMPT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if message not in done:
            message.cancel()
            return
        number, body, code = message.result()
        self._say("phone", f"{number} shows “{body}”")
        self._say("phone", f"{PERSON} replies {code}   (mfa reply {PERSON} {code})")
        _, printed = await installation.command("reply", PERSON, code)
        self._say("phone", f"the servers say “{printed.strip()}”")

    async def _show_audit(self, installation: Installation) -> None:
        self._say("", "")
        self._say("", "the audit of this logon (mfa log list):")
        for row in reversed(await installation.rows("log", "list", "--event", "logon")):
            self._say("", "  " + _audit_line(row))
        self._say("", "")

    async def _keep(self, installation: Installation, ports: DemoPorts) -> None:
        authority, state = installation.authority, installation.state
        mfa = sys.argv[0] if Path(sys.argv[0]).name == "mfa" else "mfa"
        search = f"LDAPTLS_CACERT={authority} ldapsearch -H ldaps://{LOOPBACK}:{ports.ldaps}"
        for line in (
            "everything keeps running until you press Ctrl-C. What to try next, in another terminal:",
            f"  export MFA_STATE={state}",
            f"  {mfa} status; {mfa} users list; {mfa} gateway show netscaler",
            f"  {search} -D '{ACCOUNT.service_dn}' -w {SERVICE_PASSWORD} -b DC=example,DC=com sAMAccountName=bert",
            f"  {mfa} tokens add dirk --generate      # dirk has no mobile phone: he types password,code",
            f"  $EDITOR {installation.manifests}/demo.yaml      # the servers follow within seconds",
            f"  tail -f {installation.log}",
            "people: anna bert carla dirk emma (disabled) frank (must change); passwords are Welcome-to-Anna-1, Welcome-to-Bert-1, …",
        ):
            self._say("demo", line)
        self._telling = True
        while True:
            number, body, _ = await self._texts.get()
            self._say("phone", f"{number} shows “{body}”")

    def _line(self, line: str) -> None:
        """Take a line that a server printed: the text messages of the Console provider are among them."""
        found = TEXT.search(line)
        if found is not None:
            self._texts.put_nowait((found["number"], found["body"], found["code"]))

    def _tell(self, who: str, text: str) -> None:
        if self._telling:
            self._say(who, text)

    def _say(self, who: str, text: str) -> None:
        self._stream.write(f"{who:{WIDTH}}  {text}".rstrip() + "\n" if who else f"{text}\n")
        self._stream.flush()


def _directory_context(authority: Authority, folder: Path, clock: SystemClock) -> ssl.SSLContext:
    issued = authority.issue_server(["localhost"], [LOOPBACK], "ECDSA", clock.now(), timedelta(days=1))
    path = folder / "directory.pem"
    path.touch(mode=0o600)
    path.write_bytes(issued.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _in_words(result: LDAPResult) -> str:
    code = ResultCode(result.result_code).name if result.result_code in set(ResultCode) else str(result.result_code)
    text = f" ({result.diagnostic_message})" if result.diagnostic_message else ""
    return f"{code.lower().replace('_', ' ')}{text}"


def _audit_line(row: dict[str, Any]) -> str:
    names = ("at", "result", "reason", "user", "client", "source", "method", "server")
    return "  ".join(str(row[name]) for name in names if name in row)
