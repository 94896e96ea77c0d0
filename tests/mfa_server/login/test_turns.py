"""Identical logons take turns."""

import asyncio

import pytest

from mfa_server.login.turns import Turns

KEY = ("mfa/gateway", b"hash")


async def test_the_second_waits_for_the_first_and_others_do_not():
    turns = Turns()
    await turns.take(KEY)
    await turns.take(("mfa/gateway", b"other"))
    second = asyncio.ensure_future(turns.take(KEY))
    await asyncio.sleep(0)
    assert not second.done()
    turns.give_back(KEY)
    await second


async def test_nothing_is_left_when_everybody_has_left():
    turns = Turns()
    await turns.take(KEY)
    second = asyncio.ensure_future(turns.take(KEY))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    turns.give_back(KEY)
    assert len(turns) == 0
    await turns.take(KEY)
    turns.give_back(KEY)
    assert len(turns) == 0
