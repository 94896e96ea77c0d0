"""The embedded store: one SQLite file that the processes of one machine share.

Writes go through the process's one writer thread (``sqlite_writer``), point reads run inline on the loop (a few microseconds; a
thread hop costs more), and listings, which may look at every row, on a thread of their own. WAL needs one kernel: never put the file
on a network file system.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from mfa_server.store import sqlite_finish, sqlite_listings, sqlite_logons, sqlite_people, sqlite_servers
from mfa_server.store.base import Store
from mfa_server.store.errors import StoreUnavailableError
from mfa_server.store.records import (
    AuditEvent,
    AuditFilter,
    Begin,
    Challenge,
    Finish,
    FinishOutcome,
    Prompt,
    PromptOutcome,
    Redelivery,
    SentCode,
    Server,
    Snapshot,
    TakeOver,
    TakeOverOutcome,
    Token,
    User,
    UserState,
)
from mfa_server.store.sqlite_connect import check_schema, connect, translated
from mfa_server.store.sqlite_writer import Unit, Writer
from mfa_server.store.sync_records import DirectoryUser, SyncRun

__all__ = ["SqliteStore"]

T = TypeVar("T")
_READER_BUSY_MILLISECONDS = 100
_WRITER_BUSY_MILLISECONDS = 2000
_USERS_PER_BATCH = 1000
_ROWS_PER_SWEEP = 1000


class SqliteStore(Store):
    """One process's way to the file. Open it after the process forked: connections and threads do not survive a fork."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pid = os.getpid()
        connection = connect(path, busy_milliseconds=_WRITER_BUSY_MILLISECONDS, writing=True)
        try:
            check_schema(connection, path)
            self._reader = connect(path, busy_milliseconds=_READER_BUSY_MILLISECONDS, writing=False)
        except BaseException:
            connection.close()
            raise
        self._writer = Writer(connection, path)
        self._lister = ThreadPoolExecutor(1, thread_name_prefix="store-lister")
        self._closed = False

    @classmethod
    def open(cls, path: Path) -> "SqliteStore":
        """Open an existing, migrated file. Raises UnknownSchemaError, StoreUnavailableError. Blocks for milliseconds."""
        return cls(path)

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    async def _write(self, unit: Unit[T]) -> T:
        self._check_process()
        return await self._writer.write(unit)

    def _read(self, reading: Callable[[sqlite3.Connection], T]) -> T:
        self._check_process()
        try:
            return reading(self._reader)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    async def _list(self, reading: Callable[[sqlite3.Connection], T]) -> T:
        self._check_process()
        return await asyncio.get_running_loop().run_in_executor(self._lister, self._listed, reading)

    def _listed(self, reading: Callable[[sqlite3.Connection], T]) -> T:
        # A connection per listing: they are rare, and a kept one would hold memory for the largest.
        try:
            connection = connect(self.path, busy_milliseconds=_WRITER_BUSY_MILLISECONDS, writing=False)
            try:
                return reading(connection)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise StoreUnavailableError(
                "the state store was opened before this process forked", hint="open it afterwards"
            )
        if self._closed:
            raise StoreUnavailableError("the state store is closed")

    # LogonStore

    @override
    async def begin(self, begin: Begin) -> Snapshot:
        return await self._write(lambda connection: sqlite_logons.begin(connection, begin))

    @override
    async def prompt(self, prompt: Prompt) -> tuple[PromptOutcome, Challenge | None]:
        return await self._write(lambda connection: sqlite_logons.prompt(connection, prompt))

    @override
    async def put_sent_code(self, code: SentCode) -> None:
        await self._write(lambda connection: sqlite_logons.put_sent_code(connection, code))

    @override
    async def take_over(self, take_over: TakeOver) -> tuple[TakeOverOutcome, Challenge | None, Challenge | None]:
        return await self._write(lambda connection: sqlite_logons.take_over(connection, take_over))

    @override
    async def abandon(self, attempt_id: UUID, owner: str, generation: int, now: datetime) -> bool:
        return await self._write(
            lambda connection: sqlite_logons.abandon(connection, attempt_id, owner, generation, now)
        )

    @override
    async def wrong_reply(self, attempt_id: UUID, owner: str, generation: int) -> int:
        return await self._write(
            lambda connection: sqlite_logons.wrong_reply(connection, attempt_id, owner, generation)
        )

    @override
    async def finish(self, finish: Finish) -> FinishOutcome:
        return await self._write(lambda connection: sqlite_finish.finish(connection, finish))

    @override
    async def put_redelivery(self, redelivery: Redelivery) -> None:
        await self._write(lambda connection: sqlite_logons.put_redelivery(connection, redelivery))

    @override
    async def open_challenges(self, user_id: str, now: datetime) -> Sequence[Challenge]:
        return self._read(lambda connection: sqlite_logons.challenges_of(connection, user_id, now))

    @override
    async def owned(self, owner: str, now: datetime) -> Mapping[UUID, int]:
        return self._read(lambda connection: sqlite_logons.owned(connection, owner, now))

    @override
    async def adopt(self, attempt_id: UUID, expected_generation: int, owner: str, now: datetime) -> Challenge | None:
        return await self._write(
            lambda connection: sqlite_logons.adopt(connection, attempt_id, expected_generation, owner, now)
        )

    @override
    async def sweep(self, now: datetime, grace: timedelta) -> int:
        unit = partial(sqlite_logons.sweep, now=now, grace=grace, at_most=_ROWS_PER_SWEEP)
        swept = 0
        # In small transactions, so that logons are never held up by the past.
        while gone := await self._write(unit):
            swept += gone
        return swept

    # UserStore

    @override
    async def user(self, user_id: str) -> tuple[User, UserState] | None:
        return self._read(lambda connection: sqlite_listings.user(connection, user_id))

    @override
    async def find_users(self, name: str) -> Sequence[User]:
        return self._read(lambda connection: sqlite_listings.find_users(connection, name))

    @override
    async def list_users(
        self, *, search: str = "", after: str = "", limit: int = 100
    ) -> Sequence[tuple[User, UserState]]:
        return await self._list(
            lambda connection: sqlite_listings.list_users(connection, search=search, after=after, limit=limit)
        )

    @override
    async def set_user(self, user_id: str, changes: dict[str, object], audit: AuditEvent) -> User | None:
        return await self._write(lambda connection: sqlite_people.set_user(connection, user_id, changes, audit))

    @override
    async def block(self, user_id: str, until: datetime, reason: str, audit: AuditEvent) -> bool:
        return await self._write(lambda connection: sqlite_people.block(connection, user_id, until, reason, audit))

    @override
    async def unlock(self, user_id: str, audit: AuditEvent) -> bool:
        return await self._write(lambda connection: sqlite_people.unlock(connection, user_id, audit))

    # TokenStore

    @override
    async def add_token(self, token: Token, audit: AuditEvent) -> None:
        await self._write(lambda connection: sqlite_people.add_token(connection, token, audit))

    @override
    async def list_tokens(self, user_id: str) -> Sequence[Token]:
        return self._read(lambda connection: sqlite_listings.list_tokens(connection, user_id))

    @override
    async def remove_token(self, token_id: UUID, audit: AuditEvent) -> bool:
        return await self._write(lambda connection: sqlite_people.remove_token(connection, token_id, audit))

    @override
    async def key_ids(self) -> frozenset[str]:
        return await self._list(sqlite_listings.key_ids)

    # AuditStore

    @override
    async def append(self, event: AuditEvent) -> None:
        await self._write(lambda connection: sqlite_finish.append_audit(connection, event))

    @override
    async def list_audit(self, which: AuditFilter) -> Sequence[AuditEvent]:
        return await self._list(lambda connection: sqlite_listings.list_audit(connection, which))

    # ServerStore

    @override
    async def register(self, server: Server) -> int:
        return await self._write(lambda connection: sqlite_servers.register(connection, server))

    @override
    async def heartbeat(self, server_id: str, bundle: str, now: datetime) -> bool:
        return await self._write(lambda connection: sqlite_servers.heartbeat(connection, server_id, bundle, now))

    @override
    async def servers(self) -> Sequence[Server]:
        return self._read(sqlite_listings.servers)

    # SyncStore

    @override
    async def apply_users(self, source: str, users: Sequence[DirectoryUser], now: datetime) -> tuple[int, int, int]:
        added, changed = 0, 0
        for start in range(0, len(users), _USERS_PER_BATCH):
            batch = users[start : start + _USERS_PER_BATCH]
            new = await self._list(partial(sqlite_people.differing, source=source, found=batch, now=now))
            if new:
                counts = await self._write(partial(sqlite_people.apply_users, source=source, found=new, now=now))
                added, changed = added + counts[0], changed + counts[1]
        return added, changed, len(users) - added - changed

    @override
    async def put_sync_run(self, run: SyncRun) -> None:
        await self._write(lambda connection: sqlite_servers.put_sync_run(connection, run))

    @override
    async def sync_runs(self) -> Sequence[SyncRun]:
        return self._read(sqlite_listings.sync_runs)

    # Store

    @override
    async def ping(self) -> None:
        await self._write(sqlite_servers.touch)

    @override
    async def close(self) -> None:
        self._check_process()
        self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._lister, self._writer.close)
        self._lister.shutdown(wait=False)
        self._reader.close()
