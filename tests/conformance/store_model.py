"""A logon's life in any order, against a model of twenty lines: at most one open challenge, at most one grant per attempt."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from typing_extensions import override

from mfa_server.store import Store
from mfa_server.store.records import FinishOutcome, PromptOutcome, TakeOverOutcome
from tests.conformance.store_values import ANNA, NOW, WINDOW, begin, finish, prompt, seconds, take_over

__all__ = ["StoreMachine"]

T = TypeVar("T")
LIMIT = 3
OWNERS = st.sampled_from(["here/1", "there/1"])


@dataclass(frozen=True)
class Row:
    """What the model knows of an attempt."""

    owner: str
    expires_at: datetime
    generation: int = 0
    takeovers: int = 0
    prompted: bool = False
    abandoned_at: datetime | None = None


class StoreMachine(RuleBasedStateMachine):
    """Drives a store that a subclass opens; all logons are of one person, client and password."""

    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.now = NOW
        self.rows: dict[UUID, Row] = {}
        self.grants: set[UUID] = set()
        self.store = self.run(self.open_store())

    async def open_store(self) -> Store:
        """Open an empty store."""
        raise NotImplementedError

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @override
    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.close()

    def row(self, attempt: UUID) -> Row:
        """What is known of an attempt; a row that is gone has no owner."""
        return self.rows.get(attempt, Row("", self.now))

    def live(self, attempt: UUID) -> bool:
        return self.row(attempt).prompted and self.row(attempt).expires_at > self.now

    @rule(target=attempts, owner=OWNERS, lasts=st.sampled_from([5, 57]))
    def begins(self, owner: str, lasts: int) -> UUID:
        started = begin(owner=owner, now=self.now, expires_at=self.now + seconds(lasts))
        self.run(self.store.begin(started))
        self.rows[started.attempt_id] = Row(owner, started.expires_at)
        return started.attempt_id

    @rule(passed=st.sampled_from([0.5, 4, 10, 60]))
    def time_passes(self, passed: float) -> None:
        self.now += seconds(passed)

    @rule(attempt=attempts, owner=OWNERS)
    def prompts(self, attempt: UUID, owner: str) -> None:
        expires_at = self.now + seconds(30)
        asked = prompt(attempt, owner=owner, now=self.now, expires_at=expires_at)
        outcome, challenge = self.run(self.store.prompt(asked))
        if self.row(attempt).owner != owner:
            assert outcome is PromptOutcome.GONE
            return
        if self.live(attempt):
            assert outcome is PromptOutcome.OPENED
            return
        others = [other for other in self.rows if other != attempt and self.live(other)]
        held = [other for other in others if self._held(self.rows[other])]
        assert outcome is (PromptOutcome.OCCUPIED if held else PromptOutcome.OPENED)
        assert challenge is not None
        assert challenge.attempt_id == (held[0] if held else attempt)
        if not held:
            for other in others:
                del self.rows[other]
            self.rows[attempt] = replace(self.rows[attempt], prompted=True, expires_at=expires_at)

    def _held(self, row: Row) -> bool:
        return row.abandoned_at is None or self.now < row.abandoned_at + WINDOW

    @rule(attempt=attempts, newcomer=attempts, owner=OWNERS, generation=st.integers(0, 3))
    def takes_over(self, attempt: UUID, newcomer: UUID, owner: str, generation: int) -> None:
        wanted = take_over(attempt, newcomer, owner=owner, expected_generation=generation, now=self.now, limit=LIMIT)
        row, fits = self.row(attempt), newcomer in self.rows and not self.row(newcomer).prompted
        outcome, _, _ = self.run(self.store.take_over(wanted))
        if not (fits and self.live(attempt) and row.generation == generation):
            assert outcome is TakeOverOutcome.GONE
            return
        del self.rows[newcomer]
        counted = row.takeovers + (row.abandoned_at is None)
        if row.abandoned_at is None and counted >= LIMIT:
            assert outcome is TakeOverOutcome.VOIDED
            del self.rows[attempt]
            return
        assert outcome is TakeOverOutcome.TAKEN
        self.rows[attempt] = replace(row, owner=owner, generation=generation + 1, takeovers=counted, abandoned_at=None)

    @rule(attempt=attempts, owner=OWNERS, generation=st.integers(0, 3))
    def abandons(self, attempt: UUID, owner: str, generation: int) -> None:
        row = self.row(attempt)
        own = (row.owner, row.generation) == (owner, generation)
        assert self.run(self.store.abandon(attempt, owner, generation, self.now)) is own
        if own:
            self.rows[attempt] = replace(row, abandoned_at=row.abandoned_at or self.now)

    @rule(target=attempts, attempt=attempts, owner=OWNERS, generation=st.integers(0, 3), granted=st.booleans())
    def finishes(self, attempt: UUID, owner: str, generation: int, *, granted: bool) -> Any:
        row = self.row(attempt)
        end = finish(attempt, owner=owner, generation=generation, granted=granted, now=self.now)
        outcome = self.run(self.store.finish(end))
        own = (row.owner, row.generation) == (owner, generation)
        expected = FinishOutcome.GRANTED if granted else FinishOutcome.REFUSED
        if granted and not own:
            expected = FinishOutcome.GONE
        elif granted and row.expires_at <= self.now:
            expected = FinishOutcome.EXPIRED
        assert outcome is expected
        assert self.run(self.store.finish(end)) is outcome
        if own and outcome in {FinishOutcome.GRANTED, FinishOutcome.REFUSED}:
            del self.rows[attempt]
        if outcome is FinishOutcome.GRANTED:
            assert attempt not in self.grants
            self.grants.add(attempt)
        return multiple()

    @rule(attempt=attempts)
    def finishes_as_it_should(self, attempt: UUID) -> None:
        row = self.row(attempt)
        self.finishes(attempt, row.owner or "here/1", row.generation, granted=True)

    @rule(grace=st.sampled_from([0, 30]))
    def sweeps(self, grace: int) -> None:
        old = [attempt for attempt, row in self.rows.items() if row.expires_at < self.now - seconds(grace)]
        assert self.run(self.store.sweep(self.now, seconds(grace))) == len(old)
        for attempt in old:
            del self.rows[attempt]

    @invariant()
    def at_most_one_challenge_is_open(self) -> None:
        found = self.run(self.store.open_challenges(ANNA, self.now))
        assert len(found) <= 1
        assert {c.attempt_id for c in found} == {attempt for attempt in self.rows if self.live(attempt)}
        for challenge in found:
            row = self.rows[challenge.attempt_id]
            assert (challenge.owner, challenge.generation, challenge.takeovers) == (
                row.owner,
                row.generation,
                row.takeovers,
            )
