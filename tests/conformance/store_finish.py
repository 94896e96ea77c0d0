"""What the store promises about the end of a logon: every guard of a grant, and that nothing is half done."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from mfa_server.store import Store
from mfa_server.store.records import AuditFilter, FinishOutcome, TokenUse
from tests.conformance.store_values import (
    ANNA,
    BERT,
    HERE,
    NOW,
    RULE,
    THERE,
    begin,
    event,
    finish,
    open_challenge,
    redelivery,
    seconds,
    sent_code,
    token,
    with_people,
)

__all__ = ["FinishSuite"]


class FinishSuite:
    """Grants, refusals and repetitions."""

    async def test_a_grant_needs_its_row_and_takes_it(self, store: Store) -> None:
        started = begin()
        await store.begin(started)
        assert await store.finish(finish(started.attempt_id)) is FinishOutcome.GRANTED
        assert await store.finish(finish(started.attempt_id)) is FinishOutcome.GONE
        assert await store.finish(finish(uuid4())) is FinishOutcome.GONE

    async def test_a_grant_is_recorded_with_the_time_of_the_logon(self, store: Store) -> None:
        await with_people(store)
        started = begin()
        await store.begin(started)
        ended = finish(started.attempt_id, now=NOW + seconds(5))
        await store.finish(ended)
        assert list(await store.list_audit(AuditFilter())) == [replace(ended.audit, result="granted")]
        person = await store.user(ANNA)
        assert person is not None
        assert person[1].last_logon == NOW + seconds(5)

    @pytest.mark.parametrize(
        ("change", "outcome"),
        [
            ({"owner": THERE}, FinishOutcome.GONE),
            ({"generation": 1}, FinishOutcome.GONE),
            ({"user_id": BERT}, FinishOutcome.GONE),
            ({"now": NOW + seconds(57)}, FinishOutcome.EXPIRED),
            ({"epoch": 1}, FinishOutcome.EPOCH_CHANGED),
            ({"token_use": TokenUse(uuid4(), 1)}, FinishOutcome.ALREADY_USED),
            ({"sent_code": uuid4()}, FinishOutcome.ALREADY_USED),
            ({"redelivery_used": uuid4()}, FinishOutcome.ALREADY_USED),
            # The first of several hindrances is the one that is told.
            ({"owner": THERE, "now": NOW + seconds(57), "epoch": 1, "sent_code": uuid4()}, FinishOutcome.GONE),
            ({"now": NOW + seconds(57), "epoch": 1, "sent_code": uuid4()}, FinishOutcome.EXPIRED),
            ({"epoch": 1, "sent_code": uuid4()}, FinishOutcome.EPOCH_CHANGED),
        ],
    )
    async def test_a_grant_that_fails_a_guard_leaves_no_trace(
        self, store: Store, change: dict[str, Any], outcome: FinishOutcome
    ) -> None:
        started, code, owned, again = begin(), sent_code(), token(), redelivery(epoch=1)
        await with_people(store)
        await store.add_token(owned, event())
        await store.unlock(BERT, event())
        await store.put_sent_code(code)
        await store.put_redelivery(again)
        await store.begin(started)
        everything: dict[str, Any] = {"epoch": 1, "token_use": TokenUse(owned.token_id, 5), "sent_code": code.code_id}
        right = finish(started.attempt_id, **everything, redelivery_used=again.redelivery_id)
        if "epoch" in change:
            change = {**change, "epoch": 0}
        assert await store.finish(replace(right, audit=event(), **change)) is outcome
        assert await store.finish(right) is FinishOutcome.GRANTED

    async def test_a_blocked_person_is_not_granted_even_with_the_epoch_of_the_block(self, store: Store) -> None:
        await with_people(store)
        started = begin()
        await store.begin(started)
        await store.block(ANNA, datetime.max.replace(tzinfo=UTC), "stolen phone", event())
        assert await store.finish(finish(started.attempt_id)) is FinishOutcome.EPOCH_CHANGED
        assert await store.finish(finish(started.attempt_id, epoch=1)) is FinishOutcome.EPOCH_CHANGED

    async def test_a_block_that_ran_out_does_not_hinder(self, store: Store) -> None:
        await with_people(store)
        await store.block(ANNA, NOW, "", event())
        started = begin()
        await store.begin(started)
        assert await store.finish(finish(started.attempt_id, epoch=1)) is FinishOutcome.GRANTED

    async def test_codes_guessed_in_parallel_do_not_outrun_the_lock(self, store: Store) -> None:
        await with_people(store)
        owned, code = token(), sent_code()
        await store.add_token(owned, event())
        await store.put_sent_code(code)
        starts = [begin() for _ in range(RULE.limit + 2)]
        for started in starts:
            await store.begin(started)
        for started in starts[: RULE.limit]:
            ended = finish(started.attempt_id, granted=False, epoch=1, factor_failure=RULE)
            assert await store.finish(ended) is FinishOutcome.REFUSED
        guess = finish(starts[-1].attempt_id, epoch=1, token_use=TokenUse(owned.token_id, 5))
        assert await store.finish(guess) is FinishOutcome.EPOCH_CHANGED
        guess = finish(starts[-1].attempt_id, epoch=1, sent_code=code.code_id)
        assert await store.finish(guess) is FinishOutcome.EPOCH_CHANGED
        assert await store.finish(finish(starts[-1].attempt_id, epoch=1)) is FinishOutcome.GRANTED

    async def test_a_time_step_is_used_once_and_never_an_older_one(self, store: Store) -> None:
        await with_people(store)
        owned = token()
        await store.add_token(owned, event())
        outcomes = []
        for step in (5, 5, 4, 6):
            started = begin()
            await store.begin(started)
            ended = finish(started.attempt_id, epoch=1, token_use=TokenUse(owned.token_id, step))
            outcomes.append((await store.finish(ended)) is FinishOutcome.GRANTED)
        assert outcomes == [True, False, False, True]
        assert [kept.last_step for kept in await store.list_tokens(ANNA)] == [6]

    async def test_a_removed_or_foreign_token_grants_nothing(self, store: Store) -> None:
        await with_people(store)
        foreign, removed = token(BERT), token()
        await store.add_token(foreign, event())
        await store.add_token(removed, event())
        await store.remove_token(removed.token_id, event())
        started = begin()
        await store.begin(started)
        for owned in (foreign, removed):
            ended = finish(started.attempt_id, epoch=2, token_use=TokenUse(owned.token_id, 5))
            assert await store.finish(ended) is FinishOutcome.ALREADY_USED

    @pytest.mark.parametrize("step", ["code first", "token first"])
    async def test_a_grant_uses_up_everything_or_nothing(self, store: Store, step: str) -> None:
        await with_people(store)
        owned, code = token(last_step=9), sent_code()
        await store.add_token(owned, event())
        await store.put_sent_code(code)
        started = begin()
        await store.begin(started)
        wrong: dict[str, Any] = (
            {"token_use": TokenUse(owned.token_id, 9)} if step == "code first" else {"sent_code": uuid4()}
        )
        both: dict[str, Any] = {"token_use": TokenUse(owned.token_id, 10), "sent_code": code.code_id, **wrong}
        assert await store.finish(finish(started.attempt_id, epoch=1, **both)) is FinishOutcome.ALREADY_USED
        right: dict[str, Any] = {"token_use": TokenUse(owned.token_id, 10), "sent_code": code.code_id}
        assert await store.finish(finish(started.attempt_id, epoch=1, **right)) is FinishOutcome.GRANTED

    async def test_a_sent_code_is_used_once_and_before_it_expires(self, store: Store) -> None:
        code, late = sent_code(), sent_code(BERT, expires_at=NOW + seconds(5))
        await store.put_sent_code(code)
        await store.put_sent_code(late)
        outcomes = []
        for user_id, used, now in [(ANNA, code, NOW), (ANNA, code, NOW), (BERT, late, NOW + seconds(5))]:
            started = begin(user_id)
            await store.begin(started)
            ended = finish(started.attempt_id, user_id, sent_code=used.code_id, now=now)
            outcomes.append(await store.finish(ended))
        assert outcomes == [FinishOutcome.GRANTED, FinishOutcome.ALREADY_USED, FinishOutcome.ALREADY_USED]

    async def test_a_used_or_replaced_code_does_not_come_back_by_repetition(self, store: Store) -> None:
        old, new, elsewhere = sent_code(), sent_code(), sent_code(client="default/other")
        for code in (old, elsewhere, new, old):
            await store.put_sent_code(code)
        assert set((await store.begin(begin())).sent_codes) == {new, elsewhere}
        started = begin()
        await store.begin(started)
        assert await store.finish(finish(started.attempt_id, sent_code=new.code_id)) is FinishOutcome.GRANTED
        await store.put_sent_code(new)
        assert (await store.begin(begin())).sent_codes == (elsewhere,)

    async def test_a_redelivery_is_made_by_a_grant_and_used_as_often_as_it_says(self, store: Store) -> None:
        again = redelivery(uses=2)
        made = begin()
        await store.begin(made)
        await store.finish(finish(made.attempt_id, redelivery_made=again))
        outcomes = []
        for _ in range(3):
            started = begin()
            await store.begin(started)
            outcomes.append(await store.finish(finish(started.attempt_id, redelivery_used=again.redelivery_id)))
            await store.put_redelivery(again)
        assert outcomes == [FinishOutcome.GRANTED, FinishOutcome.GRANTED, FinishOutcome.ALREADY_USED]

    @pytest.mark.parametrize("change", [{"epoch": 1}, {"user_id": BERT}, {"expires_at": NOW}], ids=str)
    async def test_a_redelivery_is_for_its_person_its_epoch_and_its_time(
        self, store: Store, change: dict[str, Any]
    ) -> None:
        again = replace(redelivery(), **change)
        await store.put_redelivery(again)
        started = begin()
        await store.begin(started)
        ended = finish(started.attempt_id, redelivery_used=again.redelivery_id)
        assert await store.finish(ended) is FinishOutcome.ALREADY_USED

    async def test_a_refusal_is_always_recorded_and_takes_only_its_own_row(self, store: Store) -> None:
        challenge = await open_challenge(store)
        for change in ({"owner": THERE}, {"generation": 1}, {"attempt_id": uuid4()}):
            ended = replace(finish(challenge, granted=False), audit=event(), **change)
            assert await store.finish(ended) is FinishOutcome.REFUSED
        assert len(await store.open_challenges(ANNA, NOW)) == 1
        assert await store.finish(finish(challenge, granted=False)) is FinishOutcome.REFUSED
        assert not await store.open_challenges(ANNA, NOW)
        assert [row.result for row in await store.list_audit(AuditFilter())] == ["refused"] * 4

    @pytest.mark.parametrize("granted", [True, False])
    async def test_an_end_that_is_repeated_changes_nothing_and_says_the_same(
        self, store: Store, *, granted: bool
    ) -> None:
        await with_people(store)
        started = begin()
        await store.begin(started)
        ended = finish(started.attempt_id, granted=granted, factor_failure=RULE)
        first = await store.finish(ended)
        person = await store.user(ANNA)
        assert await store.finish(ended) is first
        assert await store.finish(replace(ended, now=NOW + seconds(9))) is first
        assert await store.user(ANNA) == person
        assert len(await store.list_audit(AuditFilter())) == 1

    async def test_a_grant_that_failed_may_be_refused_under_the_same_audit_id(self, store: Store) -> None:
        started = begin()
        await store.begin(started)
        wanted = finish(started.attempt_id, epoch=3)
        assert await store.finish(wanted) is FinishOutcome.EPOCH_CHANGED
        assert await store.finish(replace(wanted, granted=False)) is FinishOutcome.REFUSED
        assert await store.finish(wanted) is FinishOutcome.REFUSED

    async def test_a_logon_of_nobody_is_recorded_without_state(self, store: Store) -> None:
        ended = finish(uuid4(), "", granted=False, factor_failure=RULE)
        assert await store.finish(ended) is FinishOutcome.REFUSED
        assert (await store.begin(begin(""))).state.factor_failures == 0
        assert [row.user_id for row in await store.list_audit(AuditFilter())] == [""]

    async def test_a_logon_through_a_hand_over_inside_one_server_is_granted_once(self, store: Store) -> None:
        challenge = await open_challenge(store)
        adopted = await store.adopt(challenge, 0, HERE, NOW)
        assert adopted is not None
        assert await store.finish(finish(challenge, generation=0)) is FinishOutcome.GONE
        assert await store.finish(finish(challenge, generation=1)) is FinishOutcome.GRANTED
