"""What the store promises about the servers that share it, and about sync passes."""

from dataclasses import replace

from mfa_server.store import Store
from mfa_server.store.records import PromptOutcome
from mfa_server.store.sync_records import SyncRun
from tests.conformance.store_values import (
    ANNA,
    BERT,
    NOW,
    SOURCE,
    WINDOW,
    OpenStore,
    begin,
    open_challenge,
    prompt,
    seconds,
    server,
)

__all__ = ["ServerSuite"]


class ServerSuite:
    """Announcing, heartbeats, incarnations, sync passes, life and death of the store."""

    async def test_a_server_is_announced_and_seen(self, store: Store) -> None:
        first, second = server("b", 1), server("a", 1, version="0.1.0", bundle="old")
        assert await store.register(first) == 0
        assert await store.register(second) == 0
        assert list(await store.servers()) == [second, first]
        assert await store.heartbeat("a/1", "new", NOW + seconds(9))
        assert list(await store.servers()) == [replace(second, bundle="new", seen_at=NOW + seconds(9)), first]
        assert not await store.heartbeat("c/1", "new", NOW)

    async def test_a_newer_incarnation_replaces_the_older_and_its_waiters_are_gone(self, store: Store) -> None:
        await store.register(server("a", 1))
        mine = await open_challenge(store, owner="a/1")
        await open_challenge(store, BERT, owner="a/b/1")
        assert await store.register(server("a", 2)) == 1
        assert not await store.heartbeat("a/1", "", NOW)
        assert await store.heartbeat("a/2", "", NOW)
        (challenge,) = await store.open_challenges(ANNA, NOW)
        assert (challenge.attempt_id, challenge.waiting) == (mine, False)
        assert challenge.abandoned_at == NOW + seconds(2)
        assert (await store.open_challenges(BERT, NOW))[0].waiting
        assert await store.register(server("a", 2)) == 0

    async def test_an_older_incarnation_that_announces_itself_late_changes_nothing(self, store: Store) -> None:
        await store.register(server("a", 2))
        await open_challenge(store, owner="a/2")
        assert await store.register(server("a", 1)) == 0
        assert [known.server_id for known in await store.servers()] == ["a/2"]
        assert (await store.open_challenges(ANNA, NOW))[0].waiting

    async def test_a_dead_servers_challenge_makes_room_after_the_window(self, store: Store) -> None:
        await open_challenge(store, owner="a/1")
        await store.register(server("a", 2))
        started = begin()
        await store.begin(started)
        early, late = (prompt(started.attempt_id, now=NOW + seconds(2) + wait) for wait in (seconds(9), WINDOW))
        assert (await store.prompt(early))[0] is PromptOutcome.OCCUPIED
        assert (await store.prompt(late))[0] is PromptOutcome.OPENED

    async def test_the_newest_pass_of_each_source_is_kept(self, store: Store) -> None:
        old = SyncRun(SOURCE, NOW, NOW + seconds(1), added=5)
        new = SyncRun(SOURCE, NOW + seconds(60), NOW + seconds(61), changed=1, error="x" * 3000)
        other = SyncRun("default/a", NOW, NOW)
        for run in (old, new, other, old):
            await store.put_sync_run(run)
        assert list(await store.sync_runs()) == [other, replace(new, error="x" * 2047 + "…")]

    async def test_what_one_server_wrote_every_other_reads(self, store: Store, open_store: OpenStore) -> None:
        other = await open_store()
        challenge = await open_challenge(store)
        assert [c.attempt_id for c in await other.open_challenges(ANNA, NOW)] == [challenge]

    async def test_a_store_that_answers_answers_pings(self, store: Store) -> None:
        await store.ping()
        await store.ping()
