"""The life of one server process: load the bundle, serve while ready, take changes over, leave in order."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import structlog
import uvloop

from mfa_server import logs
from mfa_server.app.assembly import tls_contexts
from mfa_server.app.management import Management
from mfa_server.app.observation import Observation
from mfa_server.app.serving import Ground, Serving, Swappable, build
from mfa_server.certificates.files import front_files, internal_file, not_after
from mfa_server.clock import SystemClock, SystemRandomness
from mfa_server.errors import MfaError
from mfa_server.login import Login, Replies
from mfa_server.reload import LoadedBundle, Reloader
from mfa_server.servers.ldap_front import LdapParts
from mfa_server.servers.ldap_server import LdapServer
from mfa_server.servers.peers import HttpPeers
from mfa_server.settings import WorkerSettings
from mfa_server.store.records import Server
from mfa_server.store.sqlite import SqliteStore
from mfa_server.sync import Synchronizer
from mfa_server.web.internal import ServerFacts, StatusSource
from mfa_server.web.readiness import Readiness

__all__ = ["Worker", "run"]

log = structlog.get_logger("server")

Duty = Callable[[], Awaitable[None]]

TICK_SECONDS = 0.25
READINESS_SECONDS = 1.0
HEARTBEAT_SECONDS = 2.0
SWEEP_SECONDS = 30.0
SWEEP_GRACE = timedelta(minutes=10)
"""What expired is kept this long, so that a late answer can be told what became of its question."""
OLD_DIRECTORY_SECONDS = 60.0
"""A replaced directory keeps its connections this long, for the logons that began with it."""

MOST_STRANGERS = 1024
"""Addresses remembered as reported."""

VERSION = version("mfa-operator")
"""Read from the installed package here, once and before a fork: looking for it walks the whole path."""


def run(settings: WorkerSettings) -> int:
    """Run one server until SIGTERM or SIGINT; returns the exit code. Nothing may have been opened before the fork."""
    logs.configure()
    structlog.contextvars.bind_contextvars(server=settings.name)
    try:
        uvloop.run(_serve(settings))
    except MfaError as error:
        log.error("the server cannot run", why=error.message, hint=error.hint)  # noqa: TRY400 - no traceback for people
        return 1
    return 0


async def _serve(settings: WorkerSettings) -> None:
    await Worker(settings).main()


class Worker:
    """One server. Made and used inside one running loop."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.stop = asyncio.Event()
        self.clock = SystemClock()
        self.started_at = self.clock.now()
        self.store = SqliteStore.open(settings.store_path)
        self.observation = Observation(self.clock)
        peers = HttpPeers(self.store.servers, self.clock)
        self.ground = Ground(settings, self.store, peers, self.clock, SystemRandomness(), self.observation)
        self.readiness = Readiness(
            bundle_loaded=lambda: self.serving is not None,
            certificate_loaded=lambda: bool(front_files(settings.certificates_directory)),
            ping_store=self.store.ping,
            stopping=self.stop.is_set,
        )
        status = StatusSource(self._facts, self.readiness, self.store.servers, self.clock)
        self.management = Management(self.ground, self.readiness, status, peers)
        self.reloader = Reloader(
            settings.bundle_directory,
            settings.certificates_directory,
            on_bundle=self._take_over,
            on_certificates=self._renew_certificates,
            on_refused=lambda _error: self.observation.metrics.reloads.labels("refused").inc(),
        )
        self.serving: Serving | None = None
        self.login: Login | None = None
        self.ldap: LdapServer | None = None
        self._swappable: Swappable | None = None
        self._sync: Synchronizer | None = None
        self._ready = False
        self._background: set[asyncio.Task[None]] = set()

    async def main(self) -> None:
        """Serve until told to stop. Raises MfaError when the store or a management port cannot be used."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reloader.poke)
        # First: it fails where a server of this name lives, which must not be told that this one is newer.
        await self.management.open()
        await self._register()
        log.info("started", id=self.settings.server_id, version=VERSION)
        duties = [
            self._spawn(self.reloader.run()),
            self._every(TICK_SECONDS, self._tick),
            self._every(READINESS_SECONDS, self._follow_readiness),
            self._every(HEARTBEAT_SECONDS, self._heartbeat),
        ]
        if not self.settings.index:
            duties.append(self._every(SWEEP_SECONDS, self._sweep))
        await self.stop.wait()
        await self._leave()
        for duty in [*duties, *self._background]:
            duty.cancel()
        await asyncio.gather(*duties, *self._background, return_exceptions=True)
        await self.management.close()
        if self.serving is not None:
            await self.serving.directory.close()
        if not self.store.closed:
            await self.store.close()
        log.info("stopped")

    # Changes

    async def _take_over(self, loaded: LoadedBundle) -> None:
        """Serve another bundle. Raises MfaError, with nothing changed, for one that cannot be served."""
        before = self.serving
        serving = await build(loaded, self.ground, before)
        login = self.login or Login(serving.parts, self.settings.server_id)
        rooms = self._swappable or Swappable(serving)
        await self._fit_listeners(before, serving, login, rooms)  # the last that may fail
        self.login, self._swappable = login, rooms
        login.parts = serving.parts
        rooms.serving = self.serving = serving
        self._fit_sync(serving)
        self.management.serve(serving, Replies(login), self._describe)
        if before is not None and before.directory is not serving.directory:
            self._spawn(_close_later(before))
        self.observation.metrics.reloads.labels("applied").inc()
        self._tell_certificates()
        await self._follow_readiness()

    async def _fit_listeners(self, before: Serving | None, serving: Serving, login: Login, rooms: Swappable) -> None:
        """Keep the listeners, with new clients and certificates; other ports mean other listeners, and the old ones drain.

        Raises ListenerError, with nothing changed, where a new port cannot be listened on.
        """
        old = self.ldap
        if old is not None and before is not None and before.ldap == serving.ldap:
            old.replace(serving.clients)
            old.replace_contexts(serving.contexts)
            return
        parts = LdapParts(login, rooms, rooms, rooms.root_dse, _Strangers().report)
        server = LdapServer(serving.ldap, serving.clients, parts, serving.contexts, self.clock)
        if old is not None:
            if old.listening:
                await server.open()
            self._spawn(old.drain(self.settings.drain_seconds))
        self.ldap = server

    def _fit_sync(self, serving: Serving) -> None:
        if self.settings.index:
            return  # one process of a machine brings the users
        reader = serving.directory.reader
        if self._sync is None:
            self._sync = Synchronizer(self.store, reader, serving.sync_sources, self.clock, self.observation.synced)
            self._spawn(self._sync.run(self.stop))
        else:
            self._sync.replace(reader, serving.sync_sources)

    async def _renew_certificates(self) -> None:
        """Serve the certificates that lie there now. Raises MfaError when one cannot be used."""
        if self.serving is None or self.ldap is None:
            return  # the first bundle brings them
        contexts = tls_contexts(self.serving.loaded.bundle, self.settings.certificates_directory)
        await self.management.renew_certificates()
        self.ldap.replace_contexts(contexts)
        self._tell_certificates()
        log.info("certificates replaced")

    def _tell_certificates(self) -> None:
        for name, ends in self._certificates():
            self.observation.certificate(name, ends)

    # Duties

    async def _tick(self) -> None:
        if self.login is not None:
            self.login.tick()

    async def _follow_readiness(self) -> None:
        """Listen for gateways while ready, and only then: a balancer's probe of the port is the truth."""
        missing = await self.readiness.missing()
        if self.serving is None:
            self.reloader.poke()  # with nothing to serve, what was refused is tried again: its cause may be gone
        if self.ldap is not None and not self.stop.is_set():
            if missing:
                self.ldap.close_listeners()
            else:
                await self.ldap.open()
        ready = not missing and self.ldap is not None and self.ldap.listening
        if ready != self._ready:
            log.info("ready: gateways are served" if ready else "not ready: listeners are closed", missing=missing)
            self._ready = ready
        if self.serving is not None and self.ldap is not None and self.login is not None:
            self.observation.gauge(
                waiting=len(self.login.room),
                connections=self.ldap.connections,
                ready=ready,
                directory=self.serving.directory.counters,
                ldap=self.ldap.stats,
            )

    async def _heartbeat(self) -> None:
        digest = self.serving.loaded.digest if self.serving else ""
        if not await self.store.heartbeat(self.settings.server_id, digest, self.clock.now()):
            log.error("a newer server of this name is running; this one ends", name=self.settings.name)
            self.stop.set()

    async def _sweep(self) -> None:
        await self.store.sweep(self.clock.now(), SWEEP_GRACE)

    async def _register(self) -> None:
        now = self.clock.now()
        settings = self.settings
        server = Server(settings.server_id, settings.name, settings.address, now, now, VERSION)
        left = await self.store.register(server)
        if left:
            log.info("challenges of an earlier start wait for their gateways", count=left)

    async def _leave(self) -> None:
        """Stop taking logons, let those that wait end for a while, then leave their challenges to the other servers."""
        log.info("stopping", waiting=len(self.login.room) if self.login else 0)
        if self.ldap is not None:
            await self.ldap.drain(self.settings.drain_seconds)
        if self.login is not None:
            await self.login.drain()

    # Facts

    def _facts(self) -> ServerFacts:
        loaded = self.serving.loaded if self.serving else None
        return ServerFacts(
            name=self.settings.name,
            server_id=self.settings.server_id,
            role="Secondary" if self.settings.index else "Primary",
            version=VERSION,
            namespace=loaded.bundle.namespace if loaded else "",
            group=loaded.bundle.group.metadata.name if loaded else "",
            bundle_digest=loaded.digest if loaded else "",
            bundle_generation=loaded.generation if loaded else 0,
            started_at=self.started_at,
            certificates=self._certificates(),
        )

    def _certificates(self) -> tuple[tuple[str, datetime], ...]:
        """Return name and end of each certificate that lies there."""
        directory = self.settings.certificates_directory
        ends = ((path, not_after(path)) for path in (*front_files(directory), internal_file(directory)))
        return tuple((f"{path.parent.name}/{path.stem}", end) for path, end in ends if end is not None)

    def _describe(self) -> dict[str, Any]:
        """Return what ``mfa status`` shows of this process."""
        facts = self._facts()
        refused = self.reloader.refused
        return {
            "id": facts.server_id,
            "role": facts.role,
            "version": facts.version,
            "group": f"{facts.namespace}/{facts.group}",
            "bundle": {"digest": facts.bundle_digest, "generation": facts.bundle_generation},
            "ready": self._ready,
            "waiting": len(self.login.room) if self.login else 0,
            **({"refused": str(refused)} if refused else {}),
        }

    # Tasks

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    def _every(self, seconds: float, duty: Duty) -> asyncio.Task[None]:
        return self._spawn(_repeat(seconds, duty))


async def _repeat(seconds: float, duty: Duty) -> None:
    """Do something again and again; a failure is said and does not end it."""
    said = ""
    while True:
        try:
            await duty()
            said = ""
        except MfaError as error:
            if str(error) != said:
                said = str(error)
                log.warning(
                    "a duty failed and is tried again",
                    duty=getattr(duty, "__name__", ""),
                    why=error.message,
                    hint=error.hint,
                )
        except Exception:
            log.exception("a fault in this program; the duty is tried again", duty=getattr(duty, "__name__", ""))
        await asyncio.sleep(seconds)


async def _close_later(serving: Serving) -> None:
    await asyncio.sleep(OLD_DIRECTORY_SECONDS)
    await serving.directory.close()


class _Strangers:
    """Says once per address that nobody is configured there; the metric counts the rest."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def report(self, address: str) -> None:
        if address not in self._said and len(self._said) < MOST_STRANGERS:
            self._said.add(address)
            log.warning("connections from an address that no LdapClient covers are closed", source=address)
