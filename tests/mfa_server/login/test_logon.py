"""Logons from the gateway's request to the answer, over two servers and one real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mfa_server.auth.decision import Answer
from mfa_server.auth.ports import PasswordVerdict
from mfa_server.factors.totp import code_at, step_at
from mfa_server.store.records import AuditEvent, AuditFilter, Token
from tests.mfa_server.login.scene import SERVICE, Scene
from tests.support.clock import START
from tests.support.logons import ANNA, IDENTITY

SECRET = b"12345678901234567890"
ACTOR = AuditEvent(UUID(int=77), START, "test")


@pytest.fixture
async def scene(tmp_path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    await made.know_anna()
    yield made
    await made.close()


async def test_a_right_password_and_a_reply_let_somebody_in_by_one_bind_and_one_text(scene):
    gateway = await scene.bound()
    assert gateway.decisions == []
    assert await scene.reply(scene.phone.code) == "granted"
    assert gateway.reason == "factorCompleted"
    assert (scene.directory.binds, len(scene.phone.texts)) == ([IDENTITY.dn], 1)
    row = (await scene.store.list_audit(AuditFilter()))[0]
    assert (row.result, row.reason, row.user_id, row.method) == ("granted", "factorCompleted", "7f0c", "TextMessage")


async def test_a_reply_at_another_server_reaches_the_one_that_waits(scene):
    gateway = await scene.bound("mfa-1/b")
    assert await scene.reply(scene.phone.code, "mfa-0/a") == "granted"
    assert gateway.reason == "factorCompleted"


async def test_nobody_gets_in_without_an_answer(scene):
    gateway = await scene.bound()
    scene.later(57)
    await scene.settle()
    assert (gateway.reason, gateway.decisions[0].answer) == ("factorExpired", Answer.INVALID_CREDENTIALS)
    assert await scene.reply(scene.phone.code) == "noOpenChallenge"


async def test_a_wrong_code_does_not_end_the_challenge_but_three_do(scene):
    gateway = await scene.bound()
    wrong = "000000" if scene.phone.code != "000000" else "111111"
    assert [await scene.reply(wrong) for _ in range(2)] == ["wrongCode", "wrongCode"]
    assert gateway.decisions == []
    assert await scene.reply(wrong) == "wrongCode"
    assert gateway.reason == "factorDenied"
    assert await scene.reply(scene.phone.code) == "noOpenChallenge"


async def test_a_wrong_password_gets_the_directorys_answer_and_no_text(scene):
    gateway = await scene.bound(password=b"wrong")
    assert gateway.decisions[0].verdict is not None
    assert gateway.decisions[0].verdict.sub_code == "52e"
    assert scene.phone.texts == []


async def test_the_same_wrong_password_again_costs_no_bind(scene):
    await scene.bound(password=b"wrong")
    again = await scene.bound(password=b"wrong")
    assert (again.reason, len(scene.directory.binds)) == ("repeatedWrongPassword", 1)


async def test_wrong_passwords_delay_and_then_lock_and_unlocking_helps(scene):
    for guess in range(5):
        scene.clock.advance(61)
        await scene.bound(password=b"guess %d" % guess)
    scene.clock.advance(61)
    assert (await scene.bound()).reason == "passwordLocked"
    assert len(scene.directory.binds) == 5
    await scene.store.unlock(ANNA.user_id, ACTOR)
    assert (await scene.bound()).decisions == []


async def test_a_try_right_after_a_wrong_one_is_refused_without_a_bind(scene):
    await scene.bound(password=b"wrong")
    hasty = await scene.bound()
    assert (hasty.reason, len(scene.directory.binds)) == ("tooSoon", 1)


@pytest.mark.parametrize("second", ["mfa-0/a", "mfa-1/b"])
async def test_an_identical_request_takes_a_waiting_logon_over_without_bind_or_text(scene, second):
    first = await scene.bound("mfa-0/a")
    newer = await scene.bound(second)
    assert (first.reason, newer.decisions) == ("takenOver", [])
    assert (len(scene.directory.binds), len(scene.phone.texts)) == (1, 1)
    assert await scene.reply(scene.phone.code) == "granted"
    assert newer.reason == "factorCompleted"


async def test_the_third_take_over_voids_the_challenge_denies_both_and_alerts(scene):
    gateways = [await scene.bound(server) for server in ("mfa-0/a", "mfa-1/b", "mfa-0/a", "mfa-1/b")]
    assert [gateway.reason for gateway in gateways] == ["takenOver", "takenOver", "takenOver", "takeOverLimit"]
    assert await scene.reply(scene.phone.code) == "noOpenChallenge"
    alerts = [row for row in await scene.store.list_audit(AuditFilter()) if row.alert]
    assert [row.reason for row in alerts] == ["takeOverLimit"]


async def test_two_identical_requests_in_one_moment_cost_one_bind_and_one_text(scene):
    first, second = scene.bind(), scene.bind()
    await scene.settle()
    assert (len(scene.directory.binds), len(scene.phone.texts)) == (1, 1)
    assert await scene.reply(scene.phone.code) == "granted"
    assert sorted(gateway.reason for gateway in (first, second)) == ["factorCompleted", "takenOver"]


async def test_two_identical_requests_at_two_servers_in_one_moment_cost_one_text(scene):
    first, second = scene.bind("mfa-0/a"), scene.bind("mfa-1/b")
    await scene.settle()
    assert len(scene.phone.texts) == 1
    assert await scene.reply(scene.phone.code) == "granted"
    assert sorted(gateway.reason for gateway in (first, second)) == ["factorCompleted", "takenOver"]


async def test_a_gateway_that_leaves_and_comes_back_in_time_goes_on_with_the_same_challenge(scene):
    first = await scene.bound()
    first.leave()
    await scene.settle()
    scene.later(9)
    again = await scene.bound("mfa-1/b")
    assert (first.decisions, len(scene.directory.binds), len(scene.phone.texts)) == ([], 1, 1)
    assert await scene.reply(scene.phone.code) == "granted"
    assert again.reason == "factorCompleted"


async def test_after_the_window_an_abandoned_challenge_is_void_and_a_late_answer_is_refused_and_said_so(scene):
    first = await scene.bound()
    first.leave()
    await scene.settle()
    scene.later(10)
    await scene.settle()
    result = await scene.neighbours.replies["mfa-0/a"].reply("anna", scene.phone.code, "test")
    assert result.outcome.value == "noOpenChallenge"
    assert "the gateway went away" in result.why


async def test_an_approval_while_the_gateway_is_away_is_given_once_after_a_fresh_bind(scene):
    first = await scene.bound()
    first.leave()
    await scene.settle()
    assert await scene.reply(scene.phone.code) == "grantedUndelivered"
    again = await scene.bound("mfa-1/b")
    assert (again.reason, len(scene.directory.binds), len(scene.phone.texts)) == ("redelivered", 2, 1)
    once_more = await scene.bound()
    assert once_more.decisions == []


async def test_an_approval_whose_delivery_failed_is_given_once_more(scene):
    gateway = await scene.bound()
    gateway.reachable = False
    assert await scene.reply(scene.phone.code) == "grantedUndelivered"
    assert (await scene.bound()).reason == "redelivered"


async def test_an_answer_that_broke_on_its_way_is_given_once_more_and_not_after_the_window(scene):
    gateway = await scene.bound()
    await scene.reply(scene.phone.code)
    gateway.ticket.undelivered()
    await scene.settle()
    scene.later(10)
    assert (await scene.bound()).decisions == []


async def test_an_undelivered_approval_serves_no_other_password(scene):
    gateway = await scene.bound()
    gateway.reachable = False
    await scene.reply(scene.phone.code)
    assert (await scene.bound(password=b"wrong")).reason == "wrongPassword"


async def test_a_user_blocked_while_his_challenge_waits_is_not_let_in(scene):
    gateway = await scene.bound()
    await scene.store.block(ANNA.user_id, scene.now + timedelta(days=90), "lost phone", ACTOR)
    assert await scene.reply(scene.phone.code) == "refused"
    assert gateway.reason == "epochChanged"
    assert (await scene.bound()).reason == "blocked"


async def test_a_client_removed_while_a_challenge_waits_lets_nobody_in(scene):
    gateway = await scene.bound()
    scene.clients.clear()
    assert await scene.reply(scene.phone.code) == "refused"
    assert gateway.reason == "clientChanged"


async def test_another_sign_in_of_the_same_person_is_refused_while_one_waits(scene):
    await scene.bound()
    other = replace(scene.policy, client="mfa/other")
    assert (await scene.bound(policy=other)).reason == "promptOpen"
    assert len(scene.phone.texts) == 1


async def test_three_unanswered_prompts_pause_prompting(scene):
    for _ in range(3):
        await scene.bound()
        scene.later(57)
        await scene.settle()
    assert (await scene.bound()).reason == "promptsPaused"
    assert len(scene.phone.texts) == 3


async def test_a_text_that_cannot_be_sent_is_a_refusal_and_leaves_no_open_prompt(scene):
    scene.phone.broken = True
    assert (await scene.bound()).reason == "promptNotSent"
    scene.phone.broken = False
    assert (await scene.bound()).decisions == []


async def test_a_directory_that_is_down_lets_nobody_in_and_says_so(scene):
    scene.directory.down = True
    gateway = await scene.bound()
    assert (gateway.reason, gateway.decisions[0].answer) == ("directoryUnavailable", Answer.UNAVAILABLE)


async def test_a_store_that_is_gone_lets_nobody_in(scene):
    await scene.close()
    gateway = await scene.bound()
    assert (gateway.reason, gateway.decisions[0].answer) == ("storeUnavailable", Answer.UNAVAILABLE)
    assert scene.directory.binds == []


async def test_a_service_account_gets_in_by_its_password_alone(scene):
    gateway = await scene.bound(name=SERVICE.dn, password=b"service")
    assert (gateway.reason, scene.phone.texts) == ("serviceAccount", [])


async def test_a_service_account_typed_like_a_person_is_refused_and_alerted(scene):
    typed = await scene.bound(
        name=SERVICE.dn, password=b"service", searched_services=frozenset({SERVICE.dn_key}), service_bound=True
    )
    assert (typed.reason, scene.directory.binds) == ("serviceAccountInteractive", [])
    assert (await scene.store.list_audit(AuditFilter()))[0].alert


async def test_a_service_account_with_wrong_passwords_is_slowed_down_but_never_locked(scene):
    await scene.bound(name=SERVICE.dn, password=b"wrong")
    assert (await scene.bound(name=SERVICE.dn, password=b"service")).reason == "serviceAccountThrottled"
    scene.clock.advance(1)
    assert (await scene.bound(name=SERVICE.dn, password=b"service")).reason == "serviceAccount"


async def test_a_password_that_must_be_changed_reaches_the_gateway_unchanged(scene):
    must_change = PasswordVerdict(accepted=False, code=49, diagnostic="80090308: LdapErr: x, data 773, v4563")
    scene.directory.verdict = must_change
    assert (await scene.bound()).decisions[0].verdict == must_change


async def give_token(scene: Scene) -> None:
    token = Token(UUID(int=3), ANNA.user_id, scene.ring.seal(SECRET, "tokens"), created_at=scene.now)
    await scene.store.add_token(token, ACTOR)


def with_code(code: str) -> bytes:
    return b"right," + code.encode()


async def test_a_code_typed_after_the_password_decides_and_counts_once(scene):
    await give_token(scene)
    code = code_at(SECRET, step_at(scene.now, 30))
    assert (await scene.bound(password=with_code(code))).reason == "codeAccepted"
    assert (await scene.bound(password=with_code(code))).reason == "codeAlreadyUsed"
    assert scene.phone.texts == []


async def test_of_sixty_four_parallel_uses_of_one_code_one_is_granted(scene):
    await give_token(scene)
    password = with_code(code_at(SECRET, step_at(scene.now, 30)))
    gateways = [scene.bind(("mfa-0/a", "mfa-1/b")[turn % 2], password=password) for turn in range(64)]
    await scene.settle()
    assert sorted(gateway.reason for gateway in gateways).count("codeAccepted") == 1
    assert {gateway.reason for gateway in gateways} == {"codeAccepted", "codeAlreadyUsed"}


async def test_a_wrong_code_is_counted_as_a_wrong_factor(scene):
    await give_token(scene)
    for _ in range(5):
        assert (await scene.bound(password=with_code("000001"))).reason == "codeWrong"
        scene.clock.advance(61)
    assert (await scene.bound(password=with_code("000001"))).reason == "factorLocked"


async def test_a_one_way_code_is_sent_refused_at_once_and_typed_at_the_next_try(tmp_path):
    scene = Scene(tmp_path, text_mode="OneWay")
    await scene.know_anna()
    first = await scene.bound()
    assert first.reason == "codeSent"
    code = scene.phone.code
    assert (await scene.bound("mfa-1/b", password=with_code(code))).reason == "codeAccepted"
    assert (await scene.bound(password=with_code(code))).reason in ("codeAlreadyUsed", "codeWrong")
    await scene.close()


async def test_a_reply_outlives_the_server_that_waited_and_is_given_to_the_gateways_next_request(scene):
    await scene.bound("mfa-1/b")
    del scene.neighbours.replies["mfa-1/b"]
    assert await scene.reply(scene.phone.code, "mfa-0/a") == "grantedUndelivered"
    assert (await scene.bound("mfa-0/a")).reason == "redelivered"


async def test_a_server_that_stops_leaves_its_challenge_to_the_next(scene):
    gateway = await scene.bound("mfa-1/b")
    await scene.logins["mfa-1/b"].drain()
    assert gateway.decisions[0].answer is Answer.UNAVAILABLE
    again = await scene.bound("mfa-0/a")
    assert (again.decisions, len(scene.phone.texts)) == ([], 1)
    assert await scene.reply(scene.phone.code) == "granted"


async def test_a_gateway_that_left_before_the_password_was_checked_causes_no_text(scene):
    gateway = scene.bind()
    gateway.leave()
    await scene.settle()
    assert (gateway.decisions, scene.phone.texts) == ([], [])
