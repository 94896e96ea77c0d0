"""A process of its own on the database of a test: ``python -m`` is not needed, it imports the product only.

``racer.py DATABASE grant TOKEN STEP ATTEMPT…``: opens, says ``ready``, waits for a line, then ends all attempts at once with that time
step and prints how many were granted. ``racer.py DATABASE write``: appends events for ever and prints the id of each one once it
is acknowledged. ``racer.py DATABASE fork``: opens, forks, and prints what the store says in the child.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from mfa_server.store.errors import StoreUnavailableError
from mfa_server.store.records import AuditEvent, Finish, FinishOutcome, TokenUse
from mfa_server.store.sqlite import SqliteStore

__all__: list[str] = []

NOW = datetime(2031, 3, 4, 9, 0, 0, 123456, tzinfo=UTC)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def grant(store: SqliteStore, token_id: str, step: str, attempts: list[str]) -> None:
    use = TokenUse(UUID(token_id), int(step))
    ends = [
        Finish(
            attempt_id=UUID(attempt),
            user_id="5f3b3d3c-0001",
            owner="here/1",
            generation=0,
            epoch=1,
            now=NOW,
            granted=True,
            audit=AuditEvent(uuid4(), NOW, "logon"),
            token_use=use,
        )
        for attempt in attempts
    ]
    say("ready")
    sys.stdin.readline()
    outcomes = await asyncio.gather(*map(store.finish, ends))
    say(str(outcomes.count(FinishOutcome.GRANTED)))


async def write(store: SqliteStore) -> None:
    async def one_after_another() -> None:
        while True:
            event = AuditEvent(uuid4(), NOW, "logon")
            await store.append(event)
            say(event.event_id.hex)

    await asyncio.gather(*(one_after_another() for _ in range(20)))


def fork(store: SqliteStore) -> None:
    if os.fork() == 0:
        try:
            store.ping().send(None)
        except StoreUnavailableError as error:
            say(str(error))
        finally:
            os._exit(0)
    os.wait()


async def main(database: str, task: str, *arguments: str) -> None:
    store = SqliteStore.open(Path(database))
    if task == "grant":
        await grant(store, arguments[0], arguments[1], list(arguments[2:]))
        await store.close()
    elif task == "fork":
        fork(store)
    else:
        await write(store)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
