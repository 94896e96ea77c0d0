"""Replies that reach nobody, and why."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mfa_server.store.sync_records import DirectoryUser
from tests.mfa_server.login.scene import Scene


@pytest.fixture
async def scene(tmp_path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    await made.know_anna()
    yield made
    await made.close()


async def result(scene: Scene, user: str, code: str = "123456"):
    return await scene.neighbours.replies["mfa-0/a"].reply(user, code, "test")


async def test_a_reply_of_nobody_and_of_two_people_is_refused(scene):
    assert (await result(scene, "nobody")).outcome.value == "unknownUser"
    twin = DirectoryUser(user_id="8", username="anna", dn="CN=Anna,OU=Other,DC=example,DC=test")
    await scene.store.apply_users("mfa/staff", [twin], scene.now)
    assert (await result(scene, "anna")).outcome.value == "ambiguousUser"


async def test_a_reply_without_a_sign_in_says_that_none_was_seen(scene):
    found = await result(scene, "anna")
    assert (found.outcome.value, found.why) == ("noOpenChallenge", "no sign-in of anna was ever seen")


async def test_a_reply_to_a_logon_that_is_over_says_how_it_ended(scene):
    await scene.bound()
    scene.later(57)
    await scene.settle()
    scene.clock.advance(5)
    found = await result(scene, "anna", scene.phone.code)
    assert found.why == "the last sign-in of anna ended 5 s ago: nobody answered in time"


async def test_a_code_with_blanks_and_dashes_is_the_same_code(scene):
    await scene.bound()
    code = scene.phone.code
    assert (await result(scene, "anna", f" {code[:3]}-{code[3:]} ")).outcome.value == "granted"


async def test_a_reply_to_a_dead_servers_challenge_after_its_time_is_refused(scene):
    await scene.bound("mfa-1/b")
    del scene.neighbours.replies["mfa-1/b"]
    code = scene.phone.code
    scene.clock.advance(58)
    assert (await result(scene, "anna", code)).outcome.value == "noOpenChallenge"


async def test_a_wrong_reply_to_a_dead_servers_challenge_leaves_it_open_for_the_right_one(scene):
    await scene.bound("mfa-1/b")
    del scene.neighbours.replies["mfa-1/b"]
    code = scene.phone.code
    wrong = "000000" if code != "000000" else "111111"
    assert (await result(scene, "anna", wrong)).outcome.value == "wrongCode"
    assert (await result(scene, "anna", code)).outcome.value == "grantedUndelivered"


async def test_a_stranger_to_this_server_cannot_be_answered_here(scene):
    await scene.bound("mfa-1/b")
    challenge = (await scene.store.open_challenges("7f0c", scene.now))[0]
    replies = scene.neighbours.replies["mfa-0/a"]
    assert await replies.deliver_code(challenge.attempt_id, scene.phone.code, "test") == "noOpenChallenge"


async def test_a_reply_that_is_faster_than_the_provider_is_not_lost(scene):
    scene.phone.slow = asyncio.Event()
    gateway = scene.bind()
    await scene.phone.rang.wait()
    reply = asyncio.ensure_future(scene.reply(scene.phone.code))
    await asyncio.sleep(0)
    assert not reply.done()
    scene.phone.slow.set()
    assert await reply == "granted"
    assert gateway.reason == "factorCompleted"


async def test_wrong_replies_count_on_when_the_gateway_leaves_and_comes_back(scene):
    gateway = await scene.bound()
    wrong = "000000" if scene.phone.code != "000000" else "111111"
    assert [await scene.reply(wrong) for _ in range(2)] == ["wrongCode", "wrongCode"]
    gateway.leave()
    await scene.settle()
    again = await scene.bound("mfa-1/b")
    assert await scene.reply(wrong) == "wrongCode"
    assert again.reason == "factorDenied"
    assert await scene.reply(scene.phone.code) == "noOpenChallenge"
