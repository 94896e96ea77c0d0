"""What happens at the same time at several servers: nobody gets in twice, nobody waits for ever, no limit is outrun."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from mfa_server.store.records import AuditEvent, AuditFilter
from tests.mfa_server.login.scene import Gateway, Scene
from tests.support.clock import START
from tests.support.logons import ANNA, IDENTITY

ACTOR = AuditEvent(UUID(int=78), START, "test")
HERE, THERE = "mfa-0/a", "mfa-1/b"


@pytest.fixture
async def scene(tmp_path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    await made.know_anna()
    yield made
    await made.close()


def reasons(*gateways: Gateway) -> list[str]:
    return [gateway.reason for gateway in gateways]


# Guesses in parallel ---------------------------------------------------------------------------------------------------------


async def test_guesses_sent_in_parallel_reach_the_directory_no_oftener_than_the_lock_allows(scene):
    scene.directory.lockout_threshold = 5
    guesses = [scene.bind((HERE, THERE)[turn % 2], password=b"guess %d" % turn) for turn in range(32)]
    await scene.settle()
    assert len(scene.directory.binds) <= 3, "two below the directory's own threshold"
    assert set(reasons(*guesses)) <= {"wrongPassword", "tooSoon", "passwordLocked"}


async def test_one_wrong_password_with_many_codes_in_parallel_costs_one_bind_per_server(scene):
    guesses = [scene.bind(password=b"wrong,%06d" % turn) for turn in range(16)]
    await scene.settle()
    assert len(scene.directory.binds) == 1
    assert sorted(set(reasons(*guesses))) == ["repeatedWrongPassword", "wrongPassword"]


async def test_a_right_password_gets_through_while_another_is_being_checked(scene):
    stale, right = scene.bind(HERE, password=b"stale"), scene.bind(THERE)
    await scene.settle()
    assert stale.reason == "wrongPassword"
    assert right.decisions == [] or right.reason == "tooSoon"


async def test_the_same_wrong_password_again_and_again_is_asked_ever_more_seldom_where_the_directory_locks(scene):
    scene.directory.lockout_threshold = 5
    for _ in range(80):
        await scene.bound(password=b"stale")
        scene.clock.advance(11)
    assert len(scene.directory.binds) <= 4
    scene.clock.advance(900)
    assert (await scene.bound()).decisions == []


# Prompts ---------------------------------------------------------------------------------------------------------------------


async def test_prompts_that_end_by_too_many_take_overs_use_up_the_budget(scene):
    for _ in range(3):
        for server in (HERE, THERE, HERE, THERE):
            last = await scene.bound(server)
        assert last.reason == "takeOverLimit"
    assert (await scene.bound()).reason == "promptsPaused"
    assert len(scene.phone.texts) == 3


async def test_a_waiter_that_lost_its_challenge_counts_no_unanswered_prompt(scene):
    scene.neighbours.deaf = True
    first = await scene.bound(HERE)
    await scene.bound(THERE)
    scene.later(1)
    await scene.settle()
    assert await scene.reply(scene.phone.code, THERE) == "granted"
    scene.later(57)
    await scene.settle()
    assert first.reason == "takenOver"
    state = (await scene.store.user(ANNA.user_id))[1]
    assert state.unanswered == 0


async def test_nobody_is_asked_what_could_not_be_answered_in_time(scene):
    gateway = scene.bind()
    scene.clock.advance(57)  # a directory that took its time
    await scene.settle()
    assert (gateway.reason, scene.phone.texts) == ("factorExpired", [])


# News that gets lost ---------------------------------------------------------------------------------------------------------


async def test_a_waiter_that_was_not_told_finds_out_within_a_second(scene):
    scene.neighbours.deaf = True
    older = await scene.bound(HERE)
    newer = await scene.bound(THERE)
    assert (older.decisions, newer.decisions) == ([], [])
    scene.later(1)
    await scene.settle()
    assert (older.reason, newer.decisions) == ("takenOver", [])
    assert await scene.reply(scene.phone.code, THERE) == "granted"
    assert newer.reason == "factorCompleted"


async def test_a_waiter_whose_challenge_was_voided_elsewhere_finds_out_within_a_second(scene):
    scene.neighbours.deaf = True
    gateways = [await scene.bound(server) for server in (HERE, THERE, THERE, THERE)]
    scene.later(1)
    await scene.settle()
    assert reasons(*gateways) == ["takenOver", "takenOver", "takenOver", "takeOverLimit"]


async def test_a_challenge_that_comes_back_ends_the_waiter_that_was_not_told(scene):
    scene.neighbours.deaf = True
    first = await scene.bound(HERE)
    second = await scene.bound(THERE)
    third = await scene.bound(HERE)
    assert first.reason == "takenOver"
    scene.later(1)
    await scene.settle()
    assert (second.reason, third.decisions) == ("takenOver", [])
    assert len(scene.logins[HERE].room) == 1


async def test_a_newcomer_that_is_taken_over_while_it_tells_the_older_one_is_told_too(scene):
    first = await scene.bound(THERE)
    scene.neighbours.slow[THERE] = asyncio.Event()
    second = scene.bind(HERE)
    assert await scene.neighbours.told.get() == THERE
    third = scene.bind(THERE)
    assert await scene.neighbours.told.get() == HERE
    scene.neighbours.slow[THERE].set()
    await scene.settle()
    assert (first.reason, second.reason, third.decisions) == ("takenOver", "takenOver", [])


async def test_a_gateway_that_left_when_its_challenge_was_taken_has_its_audit_row(scene):
    scene.neighbours.deaf = True
    first = await scene.bound(HERE)
    await scene.bound(THERE)
    first.leave()
    await scene.settle()
    rows = await scene.store.list_audit(AuditFilter())
    assert [row.reason for row in rows] == ["takenOver"]
    assert len(scene.logins[HERE].room) == 0


# Codes that were sent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["phone", "block"])
async def test_a_code_sent_before_the_person_was_changed_is_worth_nothing(tmp_path, change):
    scene = Scene(tmp_path, text_mode="OneWay")
    await scene.know_anna()
    assert (await scene.bound()).reason == "codeSent"
    code = scene.phone.code
    if change == "phone":
        await scene.store.set_user(ANNA.user_id, {"phone": "+441632960002"}, ACTOR)
    else:
        await scene.store.block(ANNA.user_id, scene.now, "for a moment", ACTOR)
    assert (await scene.bound(password=b"right," + code.encode())).reason == "codeWrong"
    await scene.close()


# Being interrupted -----------------------------------------------------------------------------------------------------------


async def test_an_answer_whose_bringer_is_cancelled_still_lets_the_person_in(scene):
    gateway = await scene.bound()
    bringing = asyncio.ensure_future(scene.neighbours.replies[HERE].reply("anna", scene.phone.code, "test"))
    asyncio.get_running_loop().call_soon(bringing.cancel)  # it has handed the answer over by then
    await asyncio.gather(bringing, return_exceptions=True)
    await scene.settle()
    assert gateway.reason == "factorCompleted"


async def test_a_server_that_stops_says_in_the_audit_how_its_waiting_logons_ended(scene):
    gateway = await scene.bound(THERE)
    await scene.logins[THERE].drain()
    assert gateway.reason == "serverStopping"
    rows = await scene.store.list_audit(AuditFilter())
    assert [(row.reason, row.result) for row in rows] == [("serverStopping", "refused")]
    assert len(scene.logins[THERE].room) == 0


async def test_a_metric_that_fails_keeps_no_answer_back(scene):
    def fail(*_: object) -> None:
        raise RuntimeError("a label too many")

    login = scene.logins[HERE]
    login.parts = replace(login.parts, observe=fail)
    gateway = await scene.bound(password=b"wrong")
    assert gateway.reason == "wrongPassword"


async def test_one_bind_with_the_persons_name_reaches_the_directory_per_logon(scene):
    await scene.bound()
    assert await scene.reply(scene.phone.code) == "granted"
    assert scene.directory.binds == [IDENTITY.dn]
