"""The control API as a server runs it: over a real UNIX socket and a real SQLite store, in a thread of this process."""

import asyncio
import tempfile
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn

from mfa_server.cli.control_client import ControlClient
from mfa_server.cli.program import run
from mfa_server.clock import SystemRandomness
from mfa_server.login import ReplyOutcome, ReplyResult
from mfa_server.store.keyring import KeyRing
from mfa_server.store.migrate import migrate
from mfa_server.store.sqlite import SqliteStore
from mfa_server.store.sync_records import DirectoryUser
from mfa_server.web.control import control_app
from mfa_server.web.control_services import ControlDefaults, ControlServices
from tests.support.clock import ManualClock
from tests.support.processes import wait_until

__all__ = ["PEOPLE", "ControlServer"]

T = TypeVar("T")


@cache
def _empty_database() -> bytes:
    """Return a migrated SQLite file without rows: migrating takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        migrate(Path(folder) / "empty.sqlite")
        return (Path(folder) / "empty.sqlite").read_bytes()


PEOPLE = (
    DirectoryUser(
        user_id="11111111-1111-1111-1111-111111111111",
        username="anna",
        dn="cn=Anna,ou=people,dc=example,dc=com",
        upn="anna@example.com",
        display_name="Anna Example",
        email="anna@mail.example.com",
        phone="+441632960001",
    ),
    DirectoryUser(
        user_id="22222222-2222-2222-2222-222222222222",
        username="bert",
        dn="cn=Bert/IT,ou=people,dc=example,dc=com",
        upn="bert@example.com",
        display_name="Bert \x1b[31mExample",
        email="shared@mail.example.com",
    ),
    DirectoryUser(
        user_id="33333333-3333-3333-3333-333333333333",
        username="carla",
        dn="cn=Carla,ou=people,dc=example,dc=com",
        upn="carla@example.com",
        email="shared@mail.example.com",
    ),
)


@dataclass
class ControlServer:
    """Serves the control socket ``STATE/run/mfa-0.sock`` until the ``with`` block ends."""

    state: Path
    clock: ManualClock = field(default_factory=ManualClock)
    defaults: ControlDefaults = field(default_factory=lambda: ControlDefaults(issuer="Example Corp", region="GB"))
    outcome: ReplyResult = field(default_factory=lambda: ReplyResult(ReplyOutcome.GRANTED))
    """What becomes of the next reply."""
    replies: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.state / "run" / "mfa-0.sock"

    @property
    def client(self) -> ControlClient:
        return ControlClient(self.socket)

    def __enter__(self) -> Self:
        (self.state / "run").mkdir(parents=True)
        (self.state / "store").mkdir()
        database = self.state / "store" / "mfa.sqlite"
        database.write_bytes(_empty_database())
        self.key_ring = KeyRing({"k1": bytes(range(32))}, "k1")
        self.store = SqliteStore.open(database)
        services = ControlServices(
            server="mfa-0",
            store=self.store,
            key_ring=lambda: self.key_ring,
            clock=self.clock,
            randomness=SystemRandomness(),
            reply=self._reply,
            defaults=lambda: self.defaults,
            status=lambda: {"ready": True, "bundle": {"digest": "sha256:0", "generation": 1}},
        )
        config = uvicorn.Config(
            control_app(services), uds=str(self.socket), lifespan="off", ws="none", log_level="error", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        wait_until("the control socket answers", lambda: self._server.started)
        self.do(self.store.apply_users("mfa/staff", PEOPLE, self.clock.now()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the server's loop, where its store lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def run(self, *arguments: str) -> int:
        """Run ``mfa`` with this server's state directory; returns the exit code."""
        return run([*arguments, "--state", str(self.state)])

    def audit(self) -> Sequence[dict[str, Any]]:
        """Return the audit's rows, newest first."""
        events: list[dict[str, Any]] = self.client.get("/audit")["events"]
        return events

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._server.serve())
            self._loop.run_until_complete(self.store.close())
        finally:
            self._loop.close()

    async def _reply(self, user: str, code: str, actor: str) -> ReplyResult:
        self.replies.append((user, code, actor))
        return self.outcome
