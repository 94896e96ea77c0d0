"""What the store promises when everybody comes at once, from one server or two."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

from mfa_server.store import Store
from mfa_server.store.records import CounterRule, Finish, FinishOutcome, PromptOutcome, TakeOverOutcome, TokenUse
from tests.conformance.store_values import (
    ANNA,
    NOW,
    OpenStore,
    begin,
    event,
    finish,
    open_challenge,
    prompt,
    redelivery,
    seconds,
    sent_code,
    take_over,
    token,
    with_people,
    wrong_password,
)

__all__ = ["RaceSuite"]

CROWD = 64


class RaceSuite:
    """One winner each."""

    async def _granted(self, stores: tuple[Store, Store], **consumed: Any) -> int:
        """Begin 64 logons and finish them at once through two servers; returns how many were granted."""
        starts = [begin() for _ in range(CROWD)]
        await asyncio.gather(*(stores[n % 2].begin(started) for n, started in enumerate(starts)))
        ends = [finish(started.attempt_id, **{"epoch": 1, **consumed}) for started in starts]
        outcomes = Counter(await asyncio.gather(*(stores[n % 2].finish(end) for n, end in enumerate(ends))))
        assert set(outcomes) <= {FinishOutcome.GRANTED, FinishOutcome.ALREADY_USED}
        return outcomes[FinishOutcome.GRANTED]

    async def test_one_time_step_grants_one_of_sixty_four(self, store: Store, open_store: OpenStore) -> None:
        await with_people(store)
        owned = token()
        await store.add_token(owned, event())
        stores = (store, await open_store())
        for step in range(5, 10):
            assert await self._granted(stores, token_use=TokenUse(owned.token_id, step)) == 1

    async def test_one_sent_code_grants_one_of_sixty_four(self, store: Store, open_store: OpenStore) -> None:
        code = sent_code()
        await store.put_sent_code(code)
        assert await self._granted((store, await open_store()), sent_code=code.code_id, epoch=0) == 1

    async def test_a_redelivery_of_three_uses_grants_three_of_sixty_four(
        self, store: Store, open_store: OpenStore
    ) -> None:
        again = redelivery(uses=3)
        await store.put_redelivery(again)
        stores = (store, await open_store())
        assert await self._granted(stores, redelivery_used=again.redelivery_id, epoch=0) == 3

    async def test_one_challenge_grants_once(self, store: Store, open_store: OpenStore) -> None:
        stores = (store, await open_store())
        challenge = await open_challenge(store)
        ends: list[Finish] = [finish(challenge) for _ in range(CROWD)]
        outcomes = Counter(await asyncio.gather(*(stores[n % 2].finish(end) for n, end in enumerate(ends))))
        assert outcomes == {FinishOutcome.GRANTED: 1, FinishOutcome.GONE: CROWD - 1}

    async def test_the_same_end_sent_sixty_four_times_is_one_grant_for_all(
        self, store: Store, open_store: OpenStore
    ) -> None:
        stores = (store, await open_store())
        end = finish(await open_challenge(store))
        outcomes = await asyncio.gather(*(stores[n % 2].finish(end) for n in range(CROWD)))
        assert set(outcomes) == {FinishOutcome.GRANTED}

    async def test_one_prompt_opens(self, store: Store, open_store: OpenStore) -> None:
        stores = (store, await open_store())
        starts = [begin() for _ in range(CROWD)]
        await asyncio.gather(*(stores[n % 2].begin(started) for n, started in enumerate(starts)))
        asked = await asyncio.gather(
            *(stores[n % 2].prompt(prompt(started.attempt_id)) for n, started in enumerate(starts))
        )
        assert Counter(outcome for outcome, _ in asked) == {PromptOutcome.OPENED: 1, PromptOutcome.OCCUPIED: CROWD - 1}
        assert len({challenge.attempt_id for _, challenge in asked if challenge is not None}) == 1

    async def test_a_take_over_has_one_winner(self, store: Store, open_store: OpenStore) -> None:
        stores = (store, await open_store())
        challenge = await open_challenge(store)
        newcomers = [begin(owner=f"s{n}/1") for n in range(CROWD)]
        await asyncio.gather(*(stores[n % 2].begin(newcomer) for n, newcomer in enumerate(newcomers)))
        taken = await asyncio.gather(
            *(
                stores[n % 2].take_over(take_over(challenge, newcomer.attempt_id, owner=newcomer.owner))
                for n, newcomer in enumerate(newcomers)
            )
        )
        assert Counter(outcome for outcome, _, _ in taken) == {
            TakeOverOutcome.TAKEN: 1,
            TakeOverOutcome.GONE: CROWD - 1,
        }

    async def test_a_grant_and_a_take_over_exclude_each_other(self, store: Store, open_store: OpenStore) -> None:
        other = await open_store()
        for _ in range(20):
            challenge, newcomer = await open_challenge(store), begin(owner="there/1")
            await other.begin(newcomer)
            granted, taken = await asyncio.gather(
                store.finish(finish(challenge)), other.take_over(take_over(challenge, newcomer.attempt_id))
            )
            assert (granted is FinishOutcome.GRANTED) != (taken[0] is TakeOverOutcome.TAKEN)
            await other.finish(finish(challenge, granted=False, owner="there/1", generation=1))

    async def test_a_block_that_was_acknowledged_stops_every_grant_after_it(
        self, store: Store, open_store: OpenStore
    ) -> None:
        await with_people(store)
        other = await open_store()
        starts = [begin() for _ in range(CROWD)]
        await asyncio.gather(*map(store.begin, starts))
        blocked = asyncio.Event()

        async def grant(started_id: Finish) -> bool:
            after = blocked.is_set()
            outcome = await store.finish(started_id)
            return not (after and outcome is FinishOutcome.GRANTED)

        async def block() -> bool:
            await other.block(ANNA, NOW + seconds(99), "", event())
            blocked.set()
            return True

        grants = [grant(finish(started.attempt_id)) for started in starts]
        assert all(await asyncio.gather(*grants[:32], block(), *grants[32:]))

    async def test_no_failure_is_lost(self, store: Store, open_store: OpenStore) -> None:
        stores = (store, await open_store())
        rule = CounterRule(limit=1000, within=seconds(900), duration=seconds(900))
        ends = [
            finish(
                uuid4(),
                granted=False,
                factor_failure=rule,
                password_failure=wrong_password(n.to_bytes(2, "big"), rule=rule),
            )
            for n in range(CROWD)
        ]
        await asyncio.gather(*(stores[n % 2].finish(end) for n, end in enumerate(ends)))
        state = (await store.begin(begin())).state
        assert (state.factor_failures, state.password_failures) == (CROWD, CROWD)
