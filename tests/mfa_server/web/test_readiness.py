"""Readiness: every missing part is named, the store within its time, and nothing but these parts counts."""

import asyncio

import pytest

from mfa_server.errors import MfaError
from mfa_server.web.readiness import Readiness


async def answers() -> None:
    """A store that answers."""


async def refuses() -> None:
    raise MfaError("the store does not answer")


async def hangs() -> None:
    await asyncio.Event().wait()


def yes() -> bool:
    return True


def no() -> bool:
    return False


@pytest.mark.parametrize(
    ("readiness", "missing"),
    [
        (Readiness(yes, yes, answers), ()),
        (Readiness(no, yes, answers), ("bundle",)),
        (Readiness(yes, no, answers), ("certificate",)),
        (Readiness(yes, yes, refuses), ("store",)),
        (Readiness(yes, yes, hangs, store_seconds=0.01), ("store",)),
        (Readiness(yes, yes, answers, stopping=yes), ("stopping",)),
        (Readiness(no, no, refuses, stopping=yes), ("stopping", "bundle", "certificate", "store")),
    ],
)
async def test_what_is_missing_is_named(readiness: Readiness, missing: tuple[str, ...]) -> None:
    assert await readiness.missing() == missing
