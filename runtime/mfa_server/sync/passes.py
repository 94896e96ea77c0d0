"""The passes of directory sync: read, map, hand to the store; one at a time, on the primary only.

A pass only adds and updates. What goes wrong ends up in its ``SyncRun``; users that were handed over before stay.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from mfa_server.clock import Clock
from mfa_server.errors import MfaError
from mfa_server.ldap import SearchResultEntry
from mfa_server.store.base import SyncStore
from mfa_server.store.sync_records import DirectoryUser, SyncRun
from mfa_server.sync.mapping import EntryIdentity, map_entry
from mfa_server.sync.ports import DirectoryReader
from mfa_server.sync.schedule import PassState, next_due
from mfa_server.sync.selection import Selection
from mfa_server.sync.sources import SyncSource, in_order

__all__ = ["Synchronizer"]

log = structlog.get_logger("sync")
_LISTED_REJECTS: Final = 20
_IDLE_SECONDS: Final = 3600.0


class Synchronizer:
    """Keeps the store's users like the directory's people.

    ``observe`` is told of every pass. ``run`` belongs to the primary alone; ``run_pass`` may be called beside it (``mfa sync now``) and waits its turn.
    """

    def __init__(
        self,
        store: SyncStore,
        reader: DirectoryReader,
        sources: Iterable[SyncSource],
        clock: Clock,
        observe: Callable[[SyncRun], None] = lambda _: None,
    ) -> None:
        self._observe = observe
        self._store = store
        self._reader = reader
        self._clock = clock
        self._sources = in_order(sources)
        self._states: dict[str, PassState] = {}
        self._one_at_a_time = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def sources(self) -> tuple[SyncSource, ...]:
        """The active sources in the order of their passes."""
        return self._sources

    def replace(self, reader: DirectoryReader, sources: Iterable[SyncSource]) -> None:
        """Go on with a changed configuration: a source that changed is due at once, the others when they were."""
        was = {source.name: source for source in self._sources}
        self._sources = in_order(sources)
        kept = {source.name for source in self._sources if was.get(source.name) == source}
        self._states = {name: state for name, state in self._states.items() if name in kept}
        self._reader = reader
        self._changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run the passes when they are due until ``stop`` is set: each source once at the start, then every interval."""
        while not stop.is_set():
            self._changed.clear()
            now = self._clock.monotonic()
            due = {source.name: next_due(self._state(source), _interval(source)) for source in self._sources}
            ready = next((source for source in self._sources if due[source.name] <= now), None)
            if ready is not None:
                await self._pass_unless(stop, ready)
            else:
                await self._sleep(stop, min([_IDLE_SECONDS, *(at - now for at in due.values())]))

    async def run_pass(self, source: SyncSource) -> SyncRun:
        """Run one pass now and return its outcome, which the store keeps as well. Does not raise for the directory's faults."""
        async with self._one_at_a_time:
            started = self._clock.monotonic()
            run = await self._run_pass(source)
            failures = self._state(source).failures + 1 if run.error else 0
            if source in self._sources:  # else it was changed meanwhile, and is due in its new form
                self._states[source.name] = PassState(started, failures)
            self._observe(run)
            return run

    # Inside -----------------------------------------------------------------------------------------------------------

    def _state(self, source: SyncSource) -> PassState:
        return self._states.get(source.name, PassState())

    async def _pass_unless(self, stop: asyncio.Event, source: SyncSource) -> None:
        work = asyncio.ensure_future(self.run_pass(source))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            work.cancel()
            await asyncio.gather(work, stopped, return_exceptions=True)

    async def _sleep(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._changed)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _run_pass(self, source: SyncSource) -> SyncRun:
        tally = _Tally(SyncRun(source.name, self._clock.now(), self._clock.now()))
        error = ""
        try:
            await self._read(source, tally)
        except MfaError as problem:
            error = str(problem)
            log.warning("a synchronization failed", source=source.name, error=error)
        except Exception:
            error = "a fault in this program; the log has the details"
            log.exception("a synchronization failed", source=source.name)
        run = replace(tally.run, finished_at=self._clock.now(), error=error)
        try:
            await self._store.put_sync_run(run)
        except MfaError as problem:
            log.warning("the outcome of a synchronization could not be kept", source=source.name, error=str(problem))
            return replace(run, error=run.error or str(problem))
        return run

    async def _read(self, source: SyncSource, tally: "_Tally") -> None:
        seen: set[str] = set()
        async with self._reader.session() as session:
            async for page in Selection(session, self._reader, source.spec).pages():
                users = self._map(source, page, seen, tally)
                if users:
                    counts = await self._store.apply_users(source.name, users, self._clock.now())
                    tally.add(counts)
        run = tally.run
        log.info(
            "users synchronized", source=source.name, added=run.added, changed=run.changed, unchanged=run.unchanged
        )
        if tally.rejects:
            log.warning(
                "phone numbers that cannot be used",
                source=source.name,
                count=run.phones_invalid,
                first=tally.rejects,
                hint="write them with the country code, or set spec.phone.defaultRegion",
            )

    def _map(
        self, source: SyncSource, page: Sequence[SearchResultEntry], seen: set[str], tally: "_Tally"
    ) -> list[DirectoryUser]:
        users: list[DirectoryUser] = []
        for entry in page:
            identity = EntryIdentity(self._reader.user_id(entry), self._reader.username(entry), self._reader.upn(entry))
            if not identity.user_id or not identity.username or identity.user_id in seen:
                continue
            seen.add(identity.user_id)
            mapped = map_entry(entry, identity, source.spec)
            tally.reject(identity.username, mapped.rejected)
            users.append(mapped.user)
        return users


@dataclass(slots=True)
class _Tally:
    """The counts of a pass while it runs."""

    run: SyncRun
    rejects: list[str]

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.rejects = []

    def add(self, counts: tuple[int, int, int]) -> None:
        added, changed, unchanged = counts
        run = self.run
        self.run = replace(
            run, added=run.added + added, changed=run.changed + changed, unchanged=run.unchanged + unchanged
        )

    def reject(self, username: str, attributes: tuple[str, ...]) -> None:
        if attributes:
            self.run = replace(self.run, phones_invalid=self.run.phones_invalid + len(attributes))
            if len(self.rejects) < _LISTED_REJECTS:
                self.rejects.append(f"{username}: {', '.join(attributes)}")


def _interval(source: SyncSource) -> float:
    return source.spec.interval.total_seconds()
