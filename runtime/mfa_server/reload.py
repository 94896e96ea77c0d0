"""Configuration and certificates change while servers run: a new set is taken whole, or the old one goes on.

``Reloader`` looks at the bundle's directory and the certificate files four times a second (and at once when poked), loads what changed
and hands it to the rooms. A bundle that does not validate, or that the rooms refuse, changes nothing: it is reported, and what
served before goes on. The same loader reads a directory of ``mfa standalone`` and a mount in a pod.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from mfa_resources import Bundle, ManifestError, ResourcesError
from mfa_resources.admission import read_bundle
from mfa_server.errors import MfaError

__all__ = ["BundleError", "LoadedBundle", "Reloader", "load_bundle", "stamp"]

log = structlog.get_logger(__name__)

MAXIMUM_ENTRIES = 20_000
"""Files and folders that one stamp looks at."""
MAXIMUM_DEPTH = 40
"""Folders within folders that it looks into: a little deeper than manifests are read."""


class BundleError(MfaError):
    """A bundle that cannot be served."""

    code = "badBundle"


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """One complete bundle and where it came from."""

    bundle: Bundle
    generation: int
    """Number of the directory that ``current`` points at; 0 where directories are not numbered."""

    @property
    def digest(self) -> str:
        """``sha256:`` and the hash over its documents."""
        return self.bundle.digest


def load_bundle(directory: Path) -> LoadedBundle:
    """Read one complete bundle. Raises BundleError with everything that is wrong with it."""
    real = Path(os.path.realpath(directory))  # one generation, even when ``current`` moves on meanwhile
    try:
        bundle = read_bundle(real)
    except (ManifestError, OSError) as error:
        raise BundleError(f"the bundle {directory} cannot be used: {error}") from error
    return LoadedBundle(bundle, int(real.name) if real.name.isdecimal() else 0)


def stamp(*paths: Path) -> str:
    """Return a text that changes whenever something in these directories does: names, sizes, times, inodes, links.

    A directory that is not there is a state like any other. Folders are followed, links to folders only at the top.
    """
    found = hashlib.blake2b(digest_size=16)
    for path in paths:
        found.update(os.path.realpath(path).encode() + b"\0")
        for count, line in enumerate(_entries(Path(path))):
            if count >= MAXIMUM_ENTRIES:
                break
            found.update(line.encode("utf-8", "surrogateescape"))
    return found.hexdigest()


class Reloader:
    """Watches one bundle and the certificates beside it.

    ``on_bundle`` and ``on_certificates`` raise MfaError to refuse; they must leave things as they were then. A refused bundle is not
    tried again until its files change or ``poke`` is called.
    """

    def __init__(
        self,
        bundle_directory: Path,
        certificates_directory: Path,
        *,
        on_bundle: Callable[[LoadedBundle], Awaitable[None]],
        on_certificates: Callable[[], Awaitable[None]],
        on_refused: Callable[[MfaError], None] = lambda _: None,
        interval_seconds: float = 0.25,
    ) -> None:
        self._bundle_directory = bundle_directory
        self._certificate_directories = (certificates_directory / "front", certificates_directory / "internal")
        self._on_bundle = on_bundle
        self._on_certificates = on_certificates
        self._on_refused = on_refused
        self._interval = interval_seconds
        self._poked = asyncio.Event()
        self._bundle_stamp = ""
        self._certificate_stamp = ""
        self.current: LoadedBundle | None = None
        """The bundle that serves."""
        self.refused: MfaError | None = None
        """Why the newest bundle or certificate is not the one that serves; None: it is."""

    def poke(self) -> None:
        """Look at once, and try again what was refused."""
        self._poked.set()

    async def run(self) -> None:
        """Load what is there and everything that comes later, until cancelled."""
        while True:
            await self.look(again=self._poked.is_set())
            self._poked.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), self._interval)

    async def look(self, *, again: bool = False) -> None:
        """Take over what has changed; with ``again`` also what was refused before."""
        certificates, bundle = stamp(*self._certificate_directories), stamp(self._bundle_directory)
        retry = again and self.refused is not None
        if certificates == self._certificate_stamp and bundle == self._bundle_stamp and not retry:
            return
        refused: MfaError | None = None
        if certificates != self._certificate_stamp or retry:
            self._certificate_stamp = certificates
            refused = await self._attempt(self._on_certificates(), "certificates refused")
        if bundle != self._bundle_stamp or retry:
            self._bundle_stamp = bundle
            refused = await self._attempt(self._load(bundle), "bundle refused") or refused
        self.refused = refused

    async def _load(self, before: str) -> None:
        loaded = await asyncio.to_thread(load_bundle, self._bundle_directory)
        if stamp(self._bundle_directory) != before:
            self._bundle_stamp = ""  # it was replaced while it was read: the next look reads it whole
            return
        if self.current is not None and loaded.digest == self.current.digest:
            self.current = loaded
            return
        await self._on_bundle(loaded)
        self.current = loaded
        log.info("bundle applied", digest=loaded.digest, generation=loaded.generation)

    async def _attempt(self, step: Awaitable[None], event: str) -> MfaError | None:
        serving = self.current.digest if self.current else "nothing"
        refused: MfaError
        try:
            await step
        except MfaError as error:
            refused = error
        except ResourcesError as error:
            refused = BundleError(str(error))
        except Exception:  # a fault of ours must not end the watching, and with it every later correction
            refused = BundleError("a fault in this program", hint="the log has the details")
            log.exception("reload failed", step=event)
        else:
            return None
        log.error(event, why=refused.message, hint=refused.hint, serving=serving)
        self._on_refused(refused)
        return refused


def _entries(path: Path, depth: int = 0) -> Iterator[str]:
    if depth > MAXIMUM_DEPTH:
        return
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        yield f"{path} {error.errno}\n"
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield f"{entry.name}/\n"
            yield from _entries(Path(entry.path), depth + 1)
        else:
            yield f"{entry.name} {_facts(entry)}\n"


def _facts(entry: os.DirEntry[str]) -> str:
    try:
        facts = entry.stat()
    except OSError as error:
        return f"{error.errno}"
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {facts.st_ino}"
