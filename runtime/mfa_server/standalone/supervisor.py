"""The parent of the server processes: starts them, restarts what dies, notices changed manifests, ends everything in order.

One thread, no event loop: it sleeps in ``sigtimedwait`` with its signals blocked, so that nothing is missed and every fork happens at a
known place. Whatever needs memory (migrating the store, reading manifests, making certificates) runs in short-lived children.
"""

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from mfa_server.clock import Clock, SystemClock
from mfa_server.errors import MfaError
from mfa_server.reload import stamp
from mfa_server.settings import StandaloneSettings, WorkerSettings
from mfa_server.standalone.backoff import Backoff
from mfa_server.standalone.generations import current_generation
from mfa_server.standalone.preparation import prepare
from mfa_server.standalone.processes import FAILED, fork, outcome
from mfa_server.standalone.warming import warm
from mfa_server.standalone.watch import Watch

__all__ = ["StandaloneError", "Supervisor"]

log = structlog.get_logger(__name__)

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
_STOP = frozenset({signal.SIGTERM, signal.SIGINT})
_RENEW_SECONDS = 3600.0
"""Between two looks at the certificates' ages while no manifest changes."""
_PREPARATION_SECONDS = 120.0
"""After this long a child that reads manifests is ended; the next change starts another."""
_BEYOND_DRAIN_SECONDS = 5.0


class StandaloneError(MfaError):
    """The installation cannot be started."""

    code = "notStarted"


@dataclass(slots=True)
class _Worker:
    index: int
    pid: int = 0
    """0: not running."""
    started: float = 0.0
    backoff: Backoff = field(default_factory=Backoff)
    restart_at: float = 0.0


class Supervisor:
    """Runs ``settings.workers`` processes of ``worker``, which serves until SIGTERM and returns an exit code.

    ``worker`` gets the settings of this start of it and is called in a process of its own. It takes up a changed bundle by itself;
    SIGHUP only tells it to look at once. ``migrate`` brings the store to the newest schema. A start waits ``lock_seconds`` for the
    processes of an installation on the same state directory that is just ending. Manifests whose reading failed are read again after
    ``retry_seconds`` although they have not changed: the disk may have been full.
    """

    def __init__(
        self,
        settings: StandaloneSettings,
        worker: Callable[[WorkerSettings], int],
        *,
        migrate: Callable[[StandaloneSettings], None] | None = None,
        clock: Clock | None = None,
        lock_seconds: float = 10.0,
        retry_seconds: float = 60.0,
    ) -> None:
        self._settings = settings
        self._worker = worker
        self._migrate = migrate or _migrate
        self._clock = clock or SystemClock()
        self._lock_seconds = lock_seconds
        self._retry_seconds = retry_seconds
        self._workers = [_Worker(index) for index in range(settings.workers)]
        self._preparing = 0
        self._preparing_until = 0.0
        self._renew_at = 0.0
        self._watch = Watch("")
        self._look_at = 0.0
        self._generation = 0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit code: 0 after an orderly stop, 1 when nothing could be started."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            with _lock(self._settings, self._lock_seconds):
                return self._run()
        except StandaloneError as error:
            log.error("not started", why=error.message, hint=error.hint)  # noqa: TRY400 - the message says it all
            return FAILED
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _run(self) -> int:
        self._watch.read = stamp(self._settings.manifests)
        for step in (self._prepare, lambda: self._migrate(self._settings)):
            if not _completed(fork(_as_process(step))):
                return FAILED
        warm(self._settings)
        self._generation = current_generation(self._settings.bundles)
        self._renew_at = self._now() + _RENEW_SECONDS
        for worker in self._workers:
            self._start(worker)
        log.info("started", name=self._settings.name, processes=len(self._workers), state=str(self._settings.state))
        self._watch_over()
        return self._stop()

    def _watch_over(self) -> None:
        while True:
            number = self._sleep(self._next_at() - self._now())
            if number in _STOP:
                return
            self._reap()
            self._restart_due()
            self._look(at_once=number == signal.SIGHUP)

    def _sleep(self, seconds: float) -> int:
        """Wait for a signal; returns its number, or 0."""
        came = signal.sigtimedwait(_SIGNALS, max(0.0, seconds))
        return came.si_signo if came is not None else 0

    def _next_at(self) -> float:
        waiting = [worker.restart_at for worker in self._workers if not worker.pid]
        return min([self._look_at, *waiting])

    def _start(self, worker: _Worker) -> None:
        settings = self._settings.worker(worker.index, secrets.token_hex(8))
        run = self._worker
        worker.started = self._now()
        worker.pid = fork(lambda: run(settings))
        log.info("process started", server=settings.server_id, pid=worker.pid)

    def _reap(self) -> None:
        while ended := _ended():
            pid, status = ended
            if pid == self._preparing:
                self._preparing = 0
                self._prepared(status)
            for worker in self._workers:
                if worker.pid == pid:
                    self._died(worker, status)

    def _died(self, worker: _Worker, status: int) -> None:
        now = self._now()
        worker.pid = 0
        worker.backoff = worker.backoff.died(now - worker.started)
        worker.restart_at = now + worker.backoff.wait_seconds
        name = self._settings.worker(worker.index, "").name
        log.error("process died", server=name, how=outcome(status), restart_in_seconds=worker.backoff.wait_seconds)

    def _restart_due(self) -> None:
        for worker in self._workers:
            if not worker.pid and self._now() >= worker.restart_at:
                self._start(worker)

    def _look(self, *, at_once: bool) -> None:
        """See whether the manifests changed or certificates may be due, and have them read if so."""
        now = self._now()
        if self._preparing:
            if now >= self._preparing_until:
                log.error("reading the manifests takes too long", seconds=_PREPARATION_SECONDS)
                os.kill(self._preparing, signal.SIGKILL)
                self._preparing_until = now + _PREPARATION_SECONDS
            self._look_at = now + self._watch.wait_seconds
            return
        if now < self._look_at and not at_once:
            return
        changed = self._watch.look(stamp(self._settings.manifests), now)
        if changed or at_once or now >= self._renew_at:
            self._renew_at = now + _RENEW_SECONDS
            self._preparing_until = now + _PREPARATION_SECONDS
            self._preparing = fork(_as_process(self._prepare))
        self._look_at = now + self._watch.wait_seconds

    def _prepared(self, status: int) -> None:
        generation = current_generation(self._settings.bundles)
        if status:
            log.error("manifests not taken", how=outcome(status), serving=self._generation)
            self._renew_at = min(self._renew_at, self._now() + self._retry_seconds)
        elif generation != self._generation:
            log.info("manifests taken", generation=generation, before=self._generation)
        self._generation = generation
        self._signal(signal.SIGHUP)

    def _prepare(self) -> None:
        try:
            prepare(self._settings, self._clock.now())
        except OSError as error:
            raise StandaloneError(
                f"{error.filename or self._settings.state}: {error.strerror or error}",
                hint="give it room or rights; what is served stays as it was, and reading is tried again",
            ) from error

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, number)

    def _stop(self) -> int:
        """Let the processes drain; end those that do not, and all at once when told to stop a second time."""
        log.info("stopping")
        if self._preparing:
            os.kill(self._preparing, signal.SIGKILL)
        self._signal(signal.SIGTERM)
        until = self._now() + self._settings.drain_seconds + _BEYOND_DRAIN_SECONDS
        while any(worker.pid for worker in self._workers):
            number = self._sleep(until - self._now())
            self._gather()
            if (number in _STOP or self._now() >= until) and any(worker.pid for worker in self._workers):
                log.warning("processes ended before they had drained")
                self._signal(signal.SIGKILL)
                until = self._now() + _BEYOND_DRAIN_SECONDS
        for worker in self._workers:
            self._settings.control_socket(worker.index).unlink(missing_ok=True)
        log.info("stopped")
        return 0

    def _gather(self) -> None:
        while ended := _ended():
            for worker in self._workers:
                if worker.pid == ended[0]:
                    worker.pid = 0

    def _now(self) -> float:
        return self._clock.monotonic()


def _migrate(settings: StandaloneSettings) -> None:
    from mfa_server.store.migrate import migrate  # noqa: PLC0415 - Alembic's memory goes away with the child that imports it

    settings.store_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    report = migrate(settings.store_path)
    if report.applied:
        log.info("store migrated", revision=report.after, before=report.before, backup=str(report.backup or ""))


def _as_process(step: Callable[[], None]) -> Callable[[], int]:
    def process() -> int:
        step()
        return 0

    return process


def _completed(pid: int) -> bool:
    """Wait for a child; whether it succeeded."""
    _, status = os.waitpid(pid, 0)
    return status == 0


def _ended() -> tuple[int, int] | None:
    """Return process id and status of one child that has ended, or None."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


@contextmanager
def _lock(settings: StandaloneSettings, seconds: float) -> Iterator[None]:
    """Hold the state directory: two installations on one would fight over its sockets and its bundle.

    The children inherit the lock, so that it is held until the last of them is gone, whatever happens to this process.
    """
    path = settings.run / "lock"
    try:
        for directory in (settings.state, settings.run):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.run.chmod(0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StandaloneError(
            f"the state directory {settings.state} cannot be used: {error.strerror}",
            hint="choose another with --state, or give this user the right to write there",
        ) from error
    try:
        _acquire(descriptor, settings, seconds)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, settings: StandaloneSettings, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
                raise StandaloneError(
                    f"another mfa standalone (process {holder}) uses the state directory {settings.state}",
                    hint="stop it, or choose another directory with --state",
                ) from None
            time.sleep(0.1)
        else:
            return
