"""What the store promises about people and tokens: sync adds, administrators override, and what matters raises the epoch."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from mfa_server.store import Store
from mfa_server.store.errors import SealError, StoreRefusedError
from mfa_server.store.keyring import KeyRing
from mfa_server.store.records import AuditFilter, User
from mfa_server.store.sync_records import DirectoryUser
from tests.conformance.store_values import (
    ANNA,
    BERT,
    NOW,
    RULE,
    SOURCE,
    event,
    finish,
    seconds,
    token,
    with_people,
)

__all__ = ["PeopleSuite"]

FULL = DirectoryUser(
    ANNA,
    "anna",
    "CN=Anna,DC=x",
    upn="anna@example.test",
    display_name="Anna Ärmel",
    email="a.aermel@example.test",
    phone="+491701234567",
    method="TextMessage",
)


async def epoch_of(store: Store, user_id: str = ANNA) -> int:
    person = await store.user(user_id)
    assert person is not None
    return person[1].epoch


async def anna(store: Store) -> User:
    person = await store.user(ANNA)
    assert person is not None
    return person[0]


class PeopleSuite:
    """Sync, overrides, blocks, searches, tokens."""

    async def test_sync_adds_and_updates_and_counts(self, store: Store) -> None:
        other = DirectoryUser(BERT, "bert", "cn=Bert,dc=x")
        assert await store.apply_users(SOURCE, [FULL, other], NOW) == (2, 0, 0)
        later = NOW + seconds(60)
        assert await store.apply_users(SOURCE, [replace(FULL, email="new@example.test"), other], later) == (0, 1, 1)
        user = await anna(store)
        assert (user.email, user.source, user.created_at, user.updated_at) == ("new@example.test", SOURCE, NOW, later)
        assert await store.apply_users(SOURCE, [], later) == (0, 0, 0)
        assert await store.user(BERT) is not None

    async def test_sync_leaves_other_sources_alone(self, store: Store) -> None:
        await store.apply_users(SOURCE, [FULL], NOW)
        assert await store.apply_users("default/other", [replace(FULL, phone="+4930")], NOW) == (0, 0, 1)
        assert (await anna(store)).phone == FULL.phone

    async def test_somebody_found_twice_is_one_person(self, store: Store) -> None:
        assert await store.apply_users(SOURCE, [FULL, replace(FULL, surname="Last")], NOW) == (1, 0, 1)
        assert (await anna(store)).surname == "Last"

    async def test_sync_writes_large_directories_in_batches(self, store: Store) -> None:
        people = [DirectoryUser(f"id-{n}", f"user{n}", f"cn={n}") for n in range(2500)]
        assert await store.apply_users(SOURCE, people, NOW) == (2500, 0, 0)
        people[7] = replace(people[7], surname="Seven")
        assert await store.apply_users(SOURCE, people, NOW) == (0, 1, 2499)

    @pytest.mark.parametrize(
        ("change", "raised"),
        [
            ({"phone": "+4930"}, 1),
            ({"backup_phone": "+4930"}, 1),
            ({"method": "OathToken"}, 1),
            ({"text_message_mode": "TwoWay"}, 1),
            ({"pin_mode": "Required"}, 1),
            ({"enabled": False}, 1),
            ({"email": "x@example.test"}, 0),
            ({"phone": FULL.phone, "enabled": True}, 0),
        ],
        ids=str,
    )
    async def test_what_decides_the_factor_raises_the_epoch(
        self, store: Store, change: dict[str, Any], raised: int
    ) -> None:
        await store.apply_users(SOURCE, [FULL], NOW)
        await store.apply_users(SOURCE, [replace(FULL, **change)], NOW)
        assert await epoch_of(store) == raised
        await store.apply_users(SOURCE, [FULL], NOW)
        before = await epoch_of(store)
        await store.set_user(ANNA, change, event("userChanged"))
        assert await epoch_of(store) == before + raised

    async def test_a_field_set_by_hand_stays(self, store: Store) -> None:
        await store.apply_users(SOURCE, [FULL], NOW)
        at = NOW + seconds(5)
        user = await store.set_user(ANNA, {"phone": "+4940", "language": ""}, event("userChanged", at=at))
        assert user == await anna(store)
        assert user is not None
        assert (user.phone, user.overrides, user.updated_at) == ("+4940", frozenset({"phone", "language"}), at)
        counts = await store.apply_users(SOURCE, [replace(FULL, phone="+4950", language="de")], NOW)
        assert counts == (0, 0, 1)
        assert await anna(store) == user

    async def test_a_change_that_is_repeated_is_made_once(self, store: Store) -> None:
        await store.apply_users(SOURCE, [FULL], NOW)
        changed, blocked, unlocked = event("userChanged"), event("userBlocked"), event("userUnlocked")
        for _ in range(2):
            await store.set_user(ANNA, {"phone": "+4940"}, changed)
            assert await store.block(ANNA, NOW, "", blocked)
            assert await store.unlock(ANNA, unlocked)
        assert await epoch_of(store) == 3
        assert len(await store.list_audit(AuditFilter())) == 3

    @pytest.mark.parametrize(
        "change",
        [
            {"user_id": "x"},
            {"username": "x"},
            {"dn": "x"},
            {"source": "x"},
            {"overrides": "x"},
            {"nonsense": "x"},
            {"enabled": "yes"},
            {"phone": None},
            {"phone": "1" * 65},
            {"surname": "a\0b"},
            {"surname": "\ud800"},
        ],
        ids=ascii,
    )
    async def test_what_cannot_be_set_is_refused_whole(self, store: Store, change: dict[str, Any]) -> None:
        await store.apply_users(SOURCE, [FULL], NOW)
        before = await store.user(ANNA)
        with pytest.raises(StoreRefusedError):
            await store.set_user(ANNA, {"email": "other@example.test", **change}, event("userChanged"))
        assert await store.user(ANNA) == before
        assert not await store.list_audit(AuditFilter())

    async def test_a_text_too_long_names_the_person_and_the_field(self, store: Store) -> None:
        with pytest.raises(StoreRefusedError, match=f"user '{ANNA}': surname has 257 characters"):
            await store.apply_users(SOURCE, [replace(FULL, surname="x" * 257)], NOW)

    async def test_there_is_nothing_to_change_about_nobody(self, store: Store) -> None:
        assert await store.user("nobody") is None
        assert await store.set_user("nobody", {"phone": "+4940"}, event()) is None
        assert not await store.block("nobody", NOW, "", event())
        assert not await store.unlock("nobody", event())
        assert not await store.remove_token(uuid4(), event())
        assert not await store.list_audit(AuditFilter())

    async def test_somebody_who_only_tried_can_be_blocked(self, store: Store) -> None:
        await store.finish(finish(uuid4(), "stranger", granted=False, factor_failure=RULE))
        assert await store.block("stranger", datetime.max.replace(tzinfo=UTC), "why", event())
        started_state = (await store.list_audit(AuditFilter(user_id="stranger")))[0]
        assert started_state.result == "refused"

    async def test_a_block_is_kept_as_it_was_given(self, store: Store) -> None:
        await with_people(store)
        forever = datetime.max.replace(tzinfo=UTC)
        await store.block(ANNA, forever, "stolen phone", event())
        person = await store.user(ANNA)
        assert person is not None
        assert (person[1].blocked_until, person[1].block_reason, person[1].epoch) == (forever, "stolen phone", 1)

    @pytest.mark.parametrize("name", ["anna", "ANNA", "Anna@Example.Test", "cn=anna,dc=X", "A.AERMEL@example.test"])
    async def test_a_person_is_found_by_any_name_in_any_case(self, store: Store, name: str) -> None:
        await store.apply_users(SOURCE, [FULL, DirectoryUser(BERT, "bert", "cn=Bert")], NOW)
        assert [user.user_id for user in await store.find_users(name)] == [ANNA]

    async def test_names_beyond_ascii_have_cases_too_and_nobody_is_called_nothing(self, store: Store) -> None:
        await store.apply_users(SOURCE, [replace(FULL, username="Jürgen Groß")], NOW)
        assert len(await store.find_users("JÜRGEN GROSS")) == 1
        assert not await store.find_users("")
        assert not await store.find_users("ann")

    async def test_at_most_ten_people_of_one_name_are_returned(self, store: Store) -> None:
        people = [DirectoryUser(f"id-{n}", f"user{n}", f"cn={n}", email="shared@example.test") for n in range(12)]
        await store.apply_users(SOURCE, people, NOW)
        assert len(await store.find_users("shared@example.test")) == 10

    async def test_a_listing_goes_on_where_the_last_page_ended(self, store: Store) -> None:
        people = [DirectoryUser(f"id-{n}", f"user{n % 3}", f"cn={n}") for n in range(7)]
        await store.apply_users(SOURCE, people, NOW)
        seen: list[tuple[str, str]] = []
        while page := await store.list_users(after=seen[-1][1] if seen else "", limit=2):
            assert len(page) <= 2
            seen += [(user.username, user.user_id) for user, _ in page]
        assert seen == sorted((f"user{n % 3}", f"id-{n}") for n in range(7))
        assert await store.list_users(after="no such id") == ()

    @pytest.mark.parametrize(
        ("search", "found"),
        [("ärmel", 1), ("ÄRMEL", 1), ("170123", 1), ("cn=", 2), ("%", 0), ("_", 0), ("\\", 0), ("", 2), ("zzz", 0)],
    )
    async def test_a_search_looks_anywhere_and_takes_nothing_for_a_pattern(
        self, store: Store, search: str, found: int
    ) -> None:
        await store.apply_users(SOURCE, [FULL, DirectoryUser(BERT, "bert", "cn=Bert")], NOW)
        assert len(await store.list_users(search=search)) == found

    async def test_tokens_come_and_go_and_end_the_logons_that_wait(self, store: Store) -> None:
        await with_people(store)
        first, second = token(label="one"), token(label="two", created_at=NOW + seconds(1))
        await store.add_token(second, event())
        await store.add_token(first, event())
        assert list(await store.list_tokens(ANNA)) == [first, second]
        assert await store.remove_token(first.token_id, event())
        assert list(await store.list_tokens(ANNA)) == [second]
        assert list(await store.list_tokens(BERT)) == []
        assert (await epoch_of(store), await epoch_of(store, BERT)) == (3, 0)

    async def test_a_removed_token_does_not_come_back_by_repetition(self, store: Store) -> None:
        await with_people(store)
        kept, added, removed = token(), event(), event()
        for _ in range(2):
            await store.add_token(kept, added)
            assert await store.remove_token(kept.token_id, removed)
        assert list(await store.list_tokens(ANNA)) == []
        assert await epoch_of(store) == 2

    async def test_a_token_belongs_to_somebody_and_is_sealed(self, store: Store) -> None:
        with pytest.raises(StoreRefusedError):
            await store.add_token(token("nobody"), event())
        await with_people(store)
        with pytest.raises(SealError):
            await store.add_token(token(secret=b"in the clear, though long enough to be a field"), event())
        assert not await store.list_tokens(ANNA)
        assert not await store.list_audit(AuditFilter())

    async def test_the_store_knows_which_keys_it_needs(self, store: Store) -> None:
        assert await store.key_ids() == frozenset()
        await with_people(store)
        ring = KeyRing({"k2": b"2" * 32}, "k2")
        await store.add_token(token(), event())
        await store.add_token(token(secret=ring.seal(b"s", "")), event())
        assert await store.key_ids() == {"k1", "k2"}
