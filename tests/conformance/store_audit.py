"""What the store promises about the audit: everything is written, once, and found again."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from mfa_server.store import Store
from mfa_server.store.records import AuditFilter
from tests.conformance.store_values import ANNA, BERT, NOW, event, seconds

__all__ = ["AuditSuite"]


class AuditSuite:
    """Appending and listing."""

    async def test_an_event_comes_back_as_it_was(self, store: Store) -> None:
        written = event(
            "alert",
            result="refused",
            reason="blocked",
            alert=True,
            user_id=ANNA,
            username="anna",
            client="default/netscaler",
            source="192.0.2.7",
            server="here/1",
            method="TextMessage",
            detail={"tries": 3, "nested": [None, True, {"ü": 1.5}]},
        )
        await store.append(written)
        await store.append(written)
        assert list(await store.list_audit(AuditFilter())) == [written]

    @pytest.mark.parametrize(
        ("which", "expected"),
        [
            ({}, [3, 2, 1, 0]),
            ({"limit": 2}, [3, 2]),
            ({"limit": 0}, [3]),
            ({"user_id": ANNA}, [2, 0]),
            ({"client": "c1"}, [1, 0]),
            ({"event": "logon", "result": "granted"}, [2, 0]),
            ({"since": NOW + seconds(2)}, [3, 2]),
            ({"user_id": ANNA, "client": "c1", "since": NOW, "event": "logon", "result": "granted"}, [0]),
            ({"user_id": "nobody"}, []),
        ],
        ids=str,
    )
    async def test_a_listing_is_narrowed_newest_first(
        self, store: Store, which: dict[str, Any], expected: list[int]
    ) -> None:
        for n in range(4):
            written = event(
                "logon" if n < 3 else "reload",
                at=NOW + seconds(n),
                user_id=(ANNA, BERT)[n % 2],
                client="c1" if n < 2 else "c2",
                result=("granted", "refused")[n % 2],
                detail={"n": n},
            )
            await store.append(written)
        assert [row.detail["n"] for row in await store.list_audit(AuditFilter(**which))] == expected

    async def test_events_of_one_moment_are_ordered_by_their_ids(self, store: Store) -> None:
        ids = [UUID(int=n) for n in (2, 1, 3)]
        for event_id in ids:
            await store.append(replace(event(), event_id=event_id))
        assert [row.event_id.int for row in await store.list_audit(AuditFilter())] == [3, 2, 1]

    async def test_whatever_a_gateway_sends_is_written_in_a_form_that_fits(self, store: Store) -> None:
        await store.append(event(username="x" * 9999, source="a\0b\ud800", detail={"long": "y" * 99999}))
        (row,) = await store.list_audit(AuditFilter())
        assert row.username == "x" * 255 + "…"
        assert row.source == "a\ufffdb?"
        assert row.detail == {"tooLong": 100010}

    async def test_what_json_does_not_know_is_written_as_text(self, store: Store) -> None:
        some_id = uuid4()
        await store.append(event(detail={"id": some_id, "at": NOW}))
        (row,) = await store.list_audit(AuditFilter())
        assert row.detail == {"id": str(some_id), "at": str(NOW)}
