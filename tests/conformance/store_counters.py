"""What the store promises about counters: what is counted, what locks, what starts anew."""

from typing import Any
from uuid import uuid4

from mfa_server.store import Store
from mfa_server.store.records import UserState
from tests.conformance.store_values import ANNA, NOW, RULE, begin, event, finish, seconds, with_people, wrong_password

__all__ = ["CounterSuite"]


class CounterSuite:
    """Wrong passwords, wrong factors, unanswered prompts."""

    async def _after(self, store: Store, *ends: dict[str, Any]) -> UserState:
        for fields in ends:
            await store.finish(finish(uuid4(), **{"granted": False, **fields}))
        return (await store.begin(begin())).state

    async def test_wrong_passwords_are_counted_and_lock(self, store: Store) -> None:
        tries: list[dict[str, Any]] = [
            {"password_failure": wrong_password(bytes([n])), "now": NOW + seconds(n)} for n in range(RULE.limit)
        ]
        before = await self._after(store, *tries[:-1])
        assert (before.password_failures, before.password_since) == (2, NOW)
        assert (before.password_last, before.password_locked_until) == (NOW + seconds(1), None)
        after = await self._after(store, tries[-1])
        assert (after.password_failures, after.password_since) == (0, None)
        assert after.password_locked_until == NOW + seconds(2) + RULE.duration

    async def test_the_same_wrong_password_counts_once_but_is_seen_again(self, store: Store) -> None:
        ends: list[dict[str, Any]] = [
            {"password_failure": wrong_password(), "now": NOW + seconds(20 * n)} for n in range(9)
        ]
        state = await self._after(store, *ends)
        assert (state.password_failures, state.password_last) == (1, NOW)
        assert (state.wrong_at, state.wrong_code, state.wrong_diagnostic) == (NOW + seconds(160), 49, "data 52e")

    async def test_a_failure_after_the_window_starts_a_new_one(self, store: Store) -> None:
        late = NOW + RULE.within + seconds(1)
        ends: list[dict[str, Any]] = [
            {"password_failure": wrong_password(b"a")},
            {"password_failure": wrong_password(b"b"), "now": late},
        ]
        state = await self._after(store, *ends)
        assert (state.password_failures, state.password_since) == (1, late)

    async def test_a_right_password_starts_its_counter_anew_even_when_the_factor_fails(self, store: Store) -> None:
        state = await self._after(
            store, {"password_failure": wrong_password()}, {"password_correct": True, "factor_failure": RULE}
        )
        assert (state.password_failures, state.password_last, state.wrong_credential) == (0, None, b"")
        assert (state.factor_failures, state.factor_last) == (1, NOW)

    async def test_wrong_factors_lock_and_unanswered_prompts_pause(self, store: Store) -> None:
        state = await self._after(store, *[{"factor_failure": RULE, "unanswered": RULE}] * RULE.limit)
        assert (state.factor_failures, state.unanswered) == (0, 0)
        assert state.factor_locked_until == state.prompts_paused_until == NOW + RULE.duration

    async def test_a_grant_starts_factor_and_prompt_counters_anew_but_ends_no_lock(self, store: Store) -> None:
        await self._after(store, *[{"factor_failure": RULE, "unanswered": RULE}] * RULE.limit)
        await self._after(store, {"factor_failure": RULE, "unanswered": RULE, "password_failure": wrong_password()})
        started = begin()
        await store.begin(started)
        await store.finish(finish(started.attempt_id))
        state = (await store.begin(begin())).state
        assert (state.factor_failures, state.unanswered, state.password_failures) == (0, 0, 1)
        assert state.factor_locked_until == state.prompts_paused_until == NOW + RULE.duration

    async def test_late_news_moves_no_time_back(self, store: Store) -> None:
        state = await self._after(
            store,
            {"password_failure": wrong_password(b"a"), "factor_failure": RULE, "now": NOW + seconds(9)},
            {"password_failure": wrong_password(b"b"), "factor_failure": RULE},
        )
        assert (state.password_failures, state.factor_failures) == (2, 2)
        assert state.password_last == state.factor_last == state.wrong_at == NOW + seconds(9)

    async def test_a_directory_that_talks_too_much_is_cut_short(self, store: Store) -> None:
        state = await self._after(store, {"password_failure": wrong_password(diagnostic="x" * 9999)})
        assert len(state.wrong_diagnostic) == 1024

    async def test_unlock_ends_everything_and_the_logons_that_wait(self, store: Store) -> None:
        await with_people(store)
        await self._after(
            store,
            *[
                {"factor_failure": RULE, "unanswered": RULE, "password_failure": wrong_password(bytes([n]))}
                for n in range(7)
            ],
        )
        await store.block(ANNA, NOW + seconds(99), "lost phone", event())
        assert await store.unlock(ANNA, event())
        assert (await store.begin(begin())).state == UserState(ANNA, epoch=2)
