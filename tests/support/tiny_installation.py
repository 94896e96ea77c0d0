"""`python -m tests.support.tiny_installation MANIFESTS STATE [KIND]`: the real supervisor over server processes that do almost nothing.

Each process writes what happens to it into STATE/events, a line each: `start NAME SERVER_ID PID GENERATION`, `hup NAME GENERATION`,
`term NAME`. KIND: `good`; `stored` (with a store, which takes a while to make); `stubborn` (does not end when told to); `broken` (the
second process ends at once with code 3); `impatient` (what failed is tried again after a second).
"""

import os
import signal
import sys
from functools import partial
from pathlib import Path

from mfa_server import logs
from mfa_server.reload import load_bundle
from mfa_server.settings import StandaloneSettings, WorkerSettings
from mfa_server.standalone import Supervisor

__all__ = ["main"]


def _note(settings: WorkerSettings, *words: object) -> None:
    line = " ".join(map(str, words)) + "\n"
    descriptor = os.open(settings.state_directory / "events", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def _generation(settings: WorkerSettings) -> int:
    return load_bundle(settings.bundle_directory).generation


def _serve(settings: WorkerSettings, kind: str) -> int:
    waited = {signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    signal.signal(signal.SIGHUP, lambda *_: None)
    settings.control_socket.touch()
    _note(settings, "start", settings.name, settings.server_id, os.getpid(), _generation(settings))
    if kind == "broken" and settings.index == 1:
        return 3
    while True:
        number = signal.sigwait(waited)
        if number == signal.SIGHUP:
            _note(settings, "hup", settings.name, _generation(settings))
            continue
        _note(settings, "term", settings.name)
        if kind != "stubborn":
            return 0


def main(manifests: str, state: str, kind: str = "good") -> int:
    """Run the installation until it is told to end."""
    logs.configure()
    settings = StandaloneSettings(Path(manifests), Path(state), drain_seconds=20)
    migrate = None if kind == "stored" else _no_store
    retry_seconds = 1.0 if kind == "impatient" else 60.0
    serve = partial(_serve, kind=kind)
    return Supervisor(settings, serve, migrate=migrate, lock_seconds=0.5, retry_seconds=retry_seconds).run()


def _no_store(_: StandaloneSettings) -> None:
    """Make none: these processes do not use it."""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
