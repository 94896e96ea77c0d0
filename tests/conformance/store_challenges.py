"""What the store promises about a logon that waits: beginning, asking, changing hands."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from mfa_server.store import Store
from mfa_server.store.records import Begin, FinishOutcome, PromptOutcome, Snapshot, TakeOverOutcome, UserState
from tests.conformance.store_values import (
    ANNA,
    BERT,
    HERE,
    NOW,
    THERE,
    WINDOW,
    begin,
    finish,
    open_challenge,
    prompt,
    redelivery,
    seconds,
    sent_code,
    take_over,
    token,
    with_people,
)

__all__ = ["ChallengeSuite"]


class ChallengeSuite:
    """Beginning, prompting, taking over, abandoning, adopting, sweeping."""

    async def test_a_stranger_begins_with_an_empty_snapshot(self, store: Store) -> None:
        assert await store.begin(begin("nobody")) == Snapshot(None, UserState("nobody"))

    async def test_begin_reads_everything_the_decisions_need(self, store: Store) -> None:
        await with_people(store)
        owned, code, again = token(), sent_code(), redelivery()
        await store.add_token(owned, audit=finish(uuid4()).audit)
        await store.put_sent_code(code)
        await store.put_redelivery(again)
        challenge = await open_challenge(store)
        snapshot = await store.begin(begin(owner=THERE))
        assert snapshot.user is not None
        assert snapshot.user.username == "anna"
        assert snapshot.state.epoch == 1
        assert (snapshot.tokens, snapshot.sent_codes, snapshot.redeliveries) == ((owned,), (code,), (again,))
        assert [(c.attempt_id, c.owner, c.waiting) for c in snapshot.challenges] == [(challenge, HERE, True)]

    async def test_begin_leaves_out_what_expired_what_was_used_up_and_what_is_not_a_challenge_yet(
        self, store: Store
    ) -> None:
        await store.put_sent_code(sent_code(expires_at=NOW))
        await store.put_redelivery(redelivery(expires_at=NOW))
        await store.put_redelivery(redelivery(uses=0))
        await store.begin(begin())
        await open_challenge(store, expires_at=NOW)
        late = await store.begin(begin(now=NOW + seconds(57)))
        assert (late.sent_codes, late.redeliveries, late.challenges) == ((), (), ())

    async def test_begin_counts_the_other_passwords_that_are_in_check_each_once(self, store: Store) -> None:
        for fields in ({"credential": b"a"}, {"credential": b"a", "owner": THERE}, {"credential": b"b"}, {}):
            await store.begin(begin(**fields))
        await store.begin(begin(BERT, credential=b"c"))
        await store.begin(begin(credential=b"expired", expires_at=NOW))
        ended = begin(credential=b"ended")
        await store.begin(ended)
        await store.finish(finish(ended.attempt_id, granted=False))
        await open_challenge(store, credential=b"asked")
        started = begin()
        assert (await store.begin(started)).in_check == 2
        assert (await store.begin(started)).in_check == 2

    async def test_a_server_is_told_which_challenges_it_owns_and_of_what_generation(self, store: Store) -> None:
        mine, taken = await open_challenge(store), await open_challenge(store, BERT)
        newcomer = begin(BERT, owner=THERE)
        await store.begin(newcomer)
        await store.begin(begin("somebody"))
        await store.take_over(take_over(taken, newcomer.attempt_id))
        assert await store.owned(HERE, NOW) == {mine: 0}
        assert await store.owned(THERE, NOW) == {taken: 1}
        assert await store.owned(HERE, NOW + seconds(57)) == {}

    async def test_beginning_twice_is_beginning_once(self, store: Store) -> None:
        started = begin()
        first = await store.begin(started)
        assert await store.begin(started) == first
        assert (await store.prompt(prompt(started.attempt_id)))[0] is PromptOutcome.OPENED
        await store.begin(started)
        assert len(await store.open_challenges(ANNA, NOW)) == 1

    async def test_a_prompt_opens_a_challenge(self, store: Store) -> None:
        started = begin()
        await store.begin(started)
        outcome, challenge = await store.prompt(prompt(started.attempt_id, epoch=7, expires_at=NOW + seconds(30)))
        assert outcome is PromptOutcome.OPENED
        assert challenge is not None
        assert (challenge.epoch, challenge.generation, challenge.waiting) == (7, 0, True)
        assert (challenge.prompted_at, challenge.expires_at) == (NOW, NOW + seconds(30))
        assert list(await store.open_challenges(ANNA, NOW)) == [challenge]
        assert await store.prompt(prompt(started.attempt_id, now=NOW + seconds(1))) == (outcome, challenge)

    async def test_a_second_prompt_of_the_same_person_meets_the_first(self, store: Store) -> None:
        first = await open_challenge(store)
        started = begin(client="default/other")
        await store.begin(started)
        outcome, challenge = await store.prompt(prompt(started.attempt_id))
        assert outcome is PromptOutcome.OCCUPIED
        assert challenge is not None
        assert challenge.attempt_id == first
        assert await open_challenge(store, BERT) in {c.attempt_id for c in await store.open_challenges(BERT, NOW)}

    async def test_a_prompt_needs_its_own_row(self, store: Store) -> None:
        started = begin()
        await store.begin(started)
        assert await store.prompt(prompt(uuid4())) == (PromptOutcome.GONE, None)
        assert await store.prompt(prompt(started.attempt_id, owner=THERE)) == (PromptOutcome.GONE, None)

    @pytest.mark.parametrize(("later", "outcome"), [(9.999, PromptOutcome.OCCUPIED), (10, PromptOutcome.OPENED)])
    async def test_an_abandoned_challenge_is_open_for_the_redelivery_window(
        self, store: Store, later: float, outcome: PromptOutcome
    ) -> None:
        first = await open_challenge(store)
        assert await store.abandon(first, HERE, 0, NOW)
        started = begin()
        await store.begin(started)
        assert (await store.prompt(prompt(started.attempt_id, now=NOW + seconds(later))))[0] is outcome
        expected = first if outcome is PromptOutcome.OCCUPIED else started.attempt_id
        assert [c.attempt_id for c in await store.open_challenges(ANNA, NOW)] == [expected]

    async def test_an_expired_challenge_makes_room(self, store: Store) -> None:
        await open_challenge(store)
        started = begin()
        await store.begin(started)
        later = prompt(started.attempt_id, now=NOW + seconds(57), expires_at=NOW + seconds(99))
        assert (await store.prompt(later))[0] is PromptOutcome.OPENED

    async def test_a_newcomer_takes_over(self, store: Store) -> None:
        challenge, newcomer = await open_challenge(store), begin(owner=THERE)
        await store.begin(newcomer)
        outcome, old, new = await store.take_over(take_over(challenge, newcomer.attempt_id))
        assert outcome is TakeOverOutcome.TAKEN
        assert old is not None
        assert (old.owner, old.generation, old.takeovers) == (HERE, 0, 0)
        assert new == replace(old, owner=THERE, generation=1, takeovers=1)
        assert (await store.prompt(prompt(newcomer.attempt_id, owner=THERE)))[0] is PromptOutcome.GONE
        assert await store.finish(finish(challenge)) is FinishOutcome.GONE
        assert await store.finish(finish(challenge, owner=THERE, generation=1)) is FinishOutcome.GRANTED

    async def test_a_take_over_that_is_repeated_is_still_taken(self, store: Store) -> None:
        challenge, newcomer = await open_challenge(store), begin(owner=THERE)
        await store.begin(newcomer)
        wanted = take_over(challenge, newcomer.attempt_id)
        first = await store.take_over(wanted)
        again = await store.take_over(wanted)
        assert again == (TakeOverOutcome.TAKEN, first[2], first[2])

    async def test_the_take_over_that_reaches_the_limit_voids(self, store: Store) -> None:
        challenge = await open_challenge(store)
        outcomes = []
        for generation in range(3):
            newcomer = begin(owner=THERE)
            await store.begin(newcomer)
            wanted = take_over(challenge, newcomer.attempt_id, expected_generation=generation, limit=3)
            outcomes.append((await store.take_over(wanted))[0])
        assert outcomes == [TakeOverOutcome.TAKEN, TakeOverOutcome.TAKEN, TakeOverOutcome.VOIDED]
        assert not await store.open_challenges(ANNA, NOW)
        assert await store.finish(finish(challenge, owner=THERE, generation=2)) is FinishOutcome.GONE

    async def test_wrong_replies_are_counted_over_all_waiters_of_a_challenge(self, store: Store) -> None:
        challenge, newcomer = await open_challenge(store), begin(owner=THERE)
        assert await store.wrong_reply(challenge, HERE, 0) == 1
        await store.begin(newcomer)
        await store.take_over(take_over(challenge, newcomer.attempt_id))
        assert await store.wrong_reply(challenge, HERE, 0) == 0
        assert await store.wrong_reply(challenge, THERE, 1) == 2
        assert (await store.open_challenges(ANNA, NOW))[0].wrong_replies == 2

    async def test_taking_over_from_nobody_does_not_count(self, store: Store) -> None:
        challenge = await open_challenge(store)
        for generation in range(5):
            newcomer = begin()
            await store.begin(newcomer)
            assert await store.abandon(challenge, HERE, generation, NOW)
            wanted = take_over(challenge, newcomer.attempt_id, expected_generation=generation, owner=HERE)
            outcome, old, new = await store.take_over(wanted)
            assert outcome is TakeOverOutcome.TAKEN
            assert old is not None
            assert new is not None
            assert (old.waiting, old.abandoned_at) == (False, NOW)
            assert (new.waiting, new.abandoned_at, new.takeovers) == (True, None, 0)

    @pytest.mark.parametrize(
        "change",
        [
            {"expected_generation": 1},
            {"now": NOW + seconds(57)},
            {"newcomer_id": uuid4()},
            {"attempt_id": uuid4()},
        ],
    )
    async def test_a_take_over_that_does_not_fit_changes_nothing(self, store: Store, change: dict[str, Any]) -> None:
        challenge, newcomer = await open_challenge(store), begin(owner=THERE)
        await store.begin(newcomer)
        before = list(await store.open_challenges(ANNA, NOW))
        wanted = replace(take_over(challenge, newcomer.attempt_id), **change)
        assert await store.take_over(wanted) == (TakeOverOutcome.GONE, None, None)
        assert list(await store.open_challenges(ANNA, NOW)) == before
        assert await store.finish(finish(newcomer.attempt_id, owner=THERE)) is FinishOutcome.GRANTED

    @pytest.mark.parametrize(
        "other",
        [begin(BERT), begin(credential=b"another"), begin(client="default/other")],
        ids=["user", "password", "client"],
    )
    async def test_only_the_identical_request_takes_over(self, store: Store, other: Begin) -> None:
        newcomer = replace(other, attempt_id=uuid4(), owner=THERE)
        challenge = await open_challenge(store)
        await store.begin(newcomer)
        wanted = take_over(challenge, newcomer.attempt_id)
        assert (await store.take_over(wanted))[0] is TakeOverOutcome.GONE

    async def test_what_nobody_was_asked_about_cannot_be_taken(self, store: Store) -> None:
        first, second = begin(), begin(owner=THERE)
        await store.begin(first)
        await store.begin(second)
        wanted = take_over(first.attempt_id, second.attempt_id)
        assert (await store.take_over(wanted))[0] is TakeOverOutcome.GONE
        assert await store.adopt(first.attempt_id, 0, THERE, NOW) is None

    async def test_only_the_waiter_can_leave_and_its_first_leaving_counts(self, store: Store) -> None:
        challenge = await open_challenge(store)
        assert not await store.abandon(challenge, THERE, 0, NOW)
        assert not await store.abandon(challenge, HERE, 1, NOW)
        assert not await store.abandon(uuid4(), HERE, 0, NOW)
        assert await store.abandon(challenge, HERE, 0, NOW + seconds(1))
        assert await store.abandon(challenge, HERE, 0, NOW + seconds(5))
        (left,) = await store.open_challenges(ANNA, NOW)
        assert (left.waiting, left.abandoned_at) == (False, NOW + seconds(1))

    async def test_a_dead_servers_challenge_is_adopted_once(self, store: Store) -> None:
        challenge = await open_challenge(store)
        adopted = await store.adopt(challenge, 0, THERE, NOW + seconds(2))
        assert adopted is not None
        assert (adopted.owner, adopted.generation, adopted.waiting) == (THERE, 1, False)
        assert adopted.abandoned_at == NOW + seconds(2)
        assert await store.adopt(challenge, 0, THERE, NOW + seconds(3)) == adopted
        assert await store.adopt(challenge, 0, "third/1", NOW + seconds(3)) is None
        assert await store.adopt(challenge, 1, "third/1", NOW + seconds(57)) is None
        assert await store.adopt(uuid4(), 0, THERE, NOW) is None
        assert await store.finish(finish(challenge)) is FinishOutcome.GONE

    async def test_an_adopted_challenge_is_void_as_early_as_its_waiter_left(self, store: Store) -> None:
        challenge = await open_challenge(store)
        await store.abandon(challenge, HERE, 0, NOW)
        adopted = await store.adopt(challenge, 0, THERE, NOW + WINDOW)
        assert adopted is not None
        assert adopted.abandoned_at == NOW

    async def test_sweeping_deletes_what_expired_long_ago(self, store: Store) -> None:
        await open_challenge(store)
        await store.begin(begin(expires_at=NOW + seconds(1)))
        await store.put_sent_code(sent_code(expires_at=NOW + seconds(1)))
        await store.put_redelivery(redelivery(expires_at=NOW + seconds(1)))
        assert await store.sweep(NOW + seconds(11), seconds(10)) == 0
        assert await store.sweep(NOW + seconds(12), seconds(10)) == 3
        assert await store.sweep(NOW + seconds(12), seconds(10)) == 0
        assert len(await store.open_challenges(ANNA, NOW)) == 1
