"""When manifests are read: after they have stopped changing, and not for every step on the way."""

import pytest

from mfa_server.standalone.watch import POLL_SECONDS, SETTLE_SECONDS, Watch


@pytest.mark.parametrize(
    ("stamps", "read_at"),
    [
        ("aaaa", []),
        ("aabb", [3]),
        ("abcdd", [4]),
        ("abbb", [2]),
        ("abaab", []),
        ("abbccaa", [2, 4, 6]),
        ("abbab", [2]),
    ],
)
def test_manifests_are_read_once_two_looks_agree(stamps: str, read_at: list[int]) -> None:
    watch = Watch("a")
    assert [place for place, stamp in enumerate(stamps) if watch.look(stamp, place * SETTLE_SECONDS)] == read_at


def test_what_never_stops_changing_is_read_after_five_seconds() -> None:
    watch = Watch("a")
    read = [number for number in range(40) if watch.look(str(number), number * 0.25)]
    assert read == [20]


def test_looks_are_closer_together_while_something_changes() -> None:
    watch = Watch("a")
    assert watch.wait_seconds == POLL_SECONDS
    watch.look("b", 0.0)
    assert watch.wait_seconds == SETTLE_SECONDS
    watch.look("b", 0.25)
    assert watch.wait_seconds == POLL_SECONDS
