"""One client's connection over real sockets: binds that wait, what is refused, what is too slow, too much or too late."""

import asyncio
import socket
import ssl
from dataclasses import replace
from typing import Any

import pytest

from mfa_server.auth.decision import Answer, Decision, Role
from mfa_server.auth.ports import PasswordVerdict
from mfa_server.auth.reasons import Reason
from mfa_server.ldap import Control, LDAPMessage, ResultCode, SaslCredentials, encode_message, oids
from mfa_server.ldap.messages import (
    AbandonRequest,
    AddRequest,
    Attribute,
    BindRequest,
    CompareRequest,
    DelRequest,
    ModifyDNRequest,
    ModifyRequest,
    Operation,
    UnbindRequest,
)
from mfa_server.servers.ldap_results import NO_CLIENT
from tests.mfa_server.servers.conftest import Front
from tests.mfa_server.servers.rig import (
    DENIED,
    PERSON,
    SERVICE,
    OneClient,
    bind,
    code_of,
    drained,
    extended,
    granted,
    grants_service,
    renamed,
    reset,
    rig,
    search,
)
from tests.support.logons import POLICY

SECONDS = 5.0
USER = "uid=anna,dc=example,dc=test"


async def test_a_gateway_binds_its_service_account_then_a_person_who_takes_his_time(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1)) == 0
        await gateway.send(bind(2, USER, b"hunter2"))
        asked = await it.logons.next()
        assert (asked.request.name, asked.request.password) == (USER, b"hunter2")
        assert asked.request.tls
        assert asked.request.service_bound
        assert asked.request.source == "127.0.0.1"
        assert it.server.pending == 1
        it.pass_time(3600)  # nothing times out while a person is asked
        assert asked.answer(granted())
        answer = await gateway.receive()
        assert (answer.message_id, code_of(answer)) == (2, 0)
        await gateway.send(LDAPMessage(3, UnbindRequest()))
        assert await gateway.wait_closed() == []
        assert not asked.abandoned.is_set()
        assert not asked.lost.is_set()


async def test_starttls_works_and_forgets_what_was_before_it(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        assert await gateway.code(bind(1)) == 0
        assert not it.logons.requests[-1].tls
        await gateway.start_tls(front.client)
        await gateway.send(bind(2, USER))
        asked = await it.logons.next()
        assert asked.request.tls
        assert not asked.request.service_bound


async def test_octets_behind_a_starttls_request_close_the_connection_without_an_answer(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as attacker:
        await attacker.send(extended(1, oids.START_TLS), bind(2))
        assert await attacker.wait_closed() == []
        assert it.logons.requests == []
        assert it.server.stats.protocol_errors == 1


async def test_octets_in_the_clear_after_starttls_was_answered_close_the_connection(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as attacker:
        assert code_of(await attacker.ask(extended(1, oids.START_TLS))) == 0
        await attacker.send(bind(2))
        with pytest.raises((AssertionError, EOFError, ConnectionError)):  # an alert is no LDAP message
            await attacker.receive()
        assert it.logons.requests == []
        assert it.server.stats.handshakes_failed == 1


async def test_starttls_inside_tls_is_refused_and_the_connection_goes_on(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(extended(1, oids.START_TLS)) == ResultCode.OPERATIONS_ERROR
        assert await gateway.code(bind(2)) == 0


async def test_the_source_that_no_client_covers_is_closed_before_any_handshake(front: Front) -> None:
    async with rig(front.server, clients=OneClient(POLICY, addresses=("192.0.2.1",))) as it:
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await it.tls_client(front.client)
        async with await it.client() as stranger:
            assert await stranger.wait_closed() == []
        assert it.refused == ["127.0.0.1", "127.0.0.1"]
        assert it.server.stats.refused == {"127.0.0.1": 2}
        assert it.server.stats.handshakes_failed == 0
        assert it.server.connections == 0


async def test_a_second_bind_cancels_the_first_and_its_late_answer_reaches_nobody(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        first = await it.logons.next()
        await gateway.send(bind(2, "uid=bert,dc=example,dc=test"))
        second = await it.logons.next()
        assert first.abandoned.is_set()
        assert not first.answer(granted())
        assert second.answer(DENIED)
        answer = await gateway.receive()
        assert (answer.message_id, code_of(answer)) == (2, 49)


async def test_two_binds_in_one_segment_leave_only_the_second(front: Front) -> None:
    def at_once(request: Any) -> Decision | None:
        return granted() if request.name == USER else None

    async with rig(front.server, at_once) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER), bind(2, "uid=bert,dc=example,dc=test"))
        second = await it.logons.next()
        assert [each.name for each in it.logons.requests] == [USER, "uid=bert,dc=example,dc=test"]
        assert second.answer(DENIED)
        answer = await gateway.receive()
        assert (answer.message_id, code_of(answer)) == (2, 49)


async def test_a_search_in_the_bind_s_segment_waits_for_the_bind(front: Front) -> None:
    async with rig(front.server, lambda _: None) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER), extended(2, oids.WHO_AM_I), search(3, "dc=example,dc=test"))
        asked = await it.logons.next()
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        who: Any = (await gateway.receive()).operation
        assert who.response_value == f"dn:{PERSON.dn}".encode()
        assert code_of(await gateway.receive()) == ResultCode.INSUFFICIENT_ACCESS_RIGHTS


@pytest.mark.parametrize("leave", ["fin", "rst", "unbind"])
async def test_a_gateway_that_leaves_while_a_person_is_asked_is_given_up_at_once(front: Front, leave: str) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        if leave == "fin":
            gateway.writer.write_eof()
        elif leave == "unbind":
            await gateway.send(LDAPMessage(2, UnbindRequest()))
        else:
            reset(gateway)
        await asyncio.wait_for(asked.abandoned.wait(), SECONDS)
        assert not asked.answer(granted())
        assert not asked.lost.is_set()


async def test_close_notify_while_a_person_is_asked_counts_as_leaving(front: Front) -> None:
    async with rig(front.server) as it:
        gateway = await it.tls_client(front.client)
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        gateway.writer.close()
        await asyncio.wait_for(asked.abandoned.wait(), SECONDS)


async def test_an_answer_that_meets_a_reset_is_reported_as_undelivered(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        assert asked.answer(granted())
        reset(gateway)
        await asyncio.wait_for(asked.lost.wait(), SECONDS)
        assert it.server.stats.undelivered == 1


async def test_an_answer_given_after_the_gateway_closed_is_abandoned_or_undelivered(front: Front) -> None:
    async with rig(front.server) as it:
        with socket.create_connection(("127.0.0.1", it.port())) as sock:
            sock.sendall(encode_message(bind(1, USER)))
            asked = await it.logons.next()
        # The FIN lies in our kernel; the answer is written before the loop reads it.
        assert asked.answer(granted())
        await asyncio.wait_for(asked.lost.wait(), SECONDS)


async def test_an_answer_that_was_read_is_delivered_even_without_an_unbind(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        gateway.writer.close()
        await gateway.wait_closed()
        await drained(it)
        assert not asked.lost.is_set()


async def test_a_reset_long_after_the_answer_says_nothing_about_it(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        await gateway.send(bind(1, USER))
        asked = await it.logons.next()
        assert asked.answer(granted())
        assert code_of(await gateway.receive()) == 0
        it.clock.advance(1.5)
        reset(gateway)
        await drained(it)
        assert not asked.lost.is_set()


async def test_abandon_does_not_touch_a_bind(front: Front) -> None:
    async with rig(front.server) as it, await it.client() as gateway:
        await gateway.send(bind(1, USER), LDAPMessage(2, AbandonRequest(1)))
        asked = await it.logons.next()
        assert not asked.abandoned.is_set()
        assert asked.answer(DENIED)
        assert code_of(await gateway.receive()) == 49


@pytest.mark.parametrize(
    ("decision", "code", "text"),
    [
        (DENIED, 49, "the sign-in was not accepted"),
        (
            Decision(
                Reason.DIRECTORY_REFUSED,
                Answer.DIRECTORY_ANSWER,
                verdict=PasswordVerdict(accepted=False, code=49, diagnostic="80090308: data 773, v4563"),
            ),
            49,
            "80090308: data 773, v4563",
        ),
        (Decision(Reason.DIRECTORY_UNAVAILABLE, Answer.UNAVAILABLE), 52, ""),
    ],
    ids=["denied", "the directory's own answer", "directory down"],
)
async def test_a_failed_bind_leaves_the_connection_anonymous(
    front: Front, decision: Decision, code: int, text: str
) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1)) == 0
        await gateway.send(bind(2, USER))
        assert (await it.logons.next()).answer(decision)
        answer: Any = (await gateway.receive()).operation
        assert answer.result.result_code == code
        assert text in answer.result.diagnostic_message
        who: Any = (await gateway.ask(extended(3, oids.WHO_AM_I))).operation
        assert who.response_value == b""
        assert await gateway.code(search(4, "dc=example,dc=test")) == ResultCode.INSUFFICIENT_ACCESS_RIGHTS


async def test_form_comes_to_the_logon_as_it_is(front: Front) -> None:
    critical = Control("1.2.3.4", criticality=True)
    sasl = BindRequest(3, "", SaslCredentials("GSSAPI", b"token"))
    async with rig(front.server, lambda _: DENIED) as it, await it.client() as gateway:
        await gateway.ask(replace(bind(1), controls=(critical,)))
        await gateway.ask(LDAPMessage(2, sasl))
        await gateway.ask(LDAPMessage(3, replace(sasl, version=2)))
        first, second, third = it.logons.requests
        assert first.critical_control
        assert (second.simple, second.password, second.critical_control) == (False, b"", False)
        assert third.version == 2


async def test_nothing_is_written_and_unknown_operations_are_refused(front: Front) -> None:
    dn = "uid=anna,dc=example,dc=test"
    refusals: list[tuple[Operation, int]] = [
        (ModifyRequest(dn, ()), 50),
        (AddRequest(dn, (Attribute("cn", (b"x",)),)), 50),
        (DelRequest(dn), 50),
        (ModifyDNRequest(dn, "uid=x", delete_old_rdn=True), 50),
    ]
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1)) == 0
        for number, (operation, code) in enumerate(refusals, 2):
            assert await gateway.code(LDAPMessage(number, operation)) == code
        assert await gateway.code(extended(20, oids.PASSWORD_MODIFY)) == ResultCode.UNWILLING_TO_PERFORM
        assert await gateway.code(extended(21, oids.CANCEL)) == ResultCode.PROTOCOL_ERROR
        assert await gateway.code(extended(22, oids.AD_FAST_BIND)) == ResultCode.PROTOCOL_ERROR


@pytest.mark.parametrize("who", ["nobody", "anonymous", "a person"])
async def test_only_service_accounts_search_and_compare(front: Front, who: str) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        if who == "anonymous":
            assert await gateway.code(bind(1, "", b"")) == 0
        elif who == "a person":
            await gateway.send(bind(1, USER))
            assert (await it.logons.next()).answer(granted())
            await gateway.receive()
        assert await gateway.code(search(2, "dc=example,dc=test", scope=2)) == 50
        assert await gateway.code(LDAPMessage(3, CompareRequest(PERSON.dn, "uid", b"anna"))) == 50
        entry: Any = (await gateway.ask(search(4))).operation
        assert entry.object_name == ""
        assert code_of(await gateway.receive()) == 0


async def test_service_accounts_that_cannot_be_known_keep_searches_back(front: Front) -> None:
    async with rig(front.server) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1)) == 0
        assert await gateway.code(search(2, "dc=example,dc=test", scope=2)) == ResultCode.UNAVAILABLE


async def test_a_bind_that_fits_no_client_is_answered_49_and_reaches_no_logon(front: Front) -> None:
    clients = OneClient(renamed(POLICY, "mfa/a"), renamed(POLICY, "mfa/b"))
    clients.by_name = {SERVICE.dn: clients.policies[1]}
    async with rig(front.server, clients=clients) as it, await it.tls_client(front.client) as gateway:
        answer: Any = (await gateway.ask(bind(1, USER))).operation
        assert answer.result == NO_CLIENT
        assert it.logons.requests == []
        assert it.server.stats.binds_without_client == 1
        assert await gateway.code(bind(2)) == 0
        await gateway.send(bind(3, USER))  # belongs to the client of the connection's first bind
        assert (await it.logons.next()).request.policy.client == "mfa/b"


async def test_an_anonymous_first_bind_does_not_choose_the_client(front: Front) -> None:
    clients = OneClient(renamed(POLICY, "mfa/a"), renamed(POLICY, "mfa/b"))
    clients.by_name = {"": clients.policies[0], SERVICE.dn: clients.policies[1]}
    async with rig(front.server, clients=clients) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1, "", b"")) == 0
        assert await gateway.code(bind(2)) == 0
        assert [each.policy.client for each in it.logons.requests] == ["mfa/a", "mfa/b"]


async def test_a_grant_without_the_right_reason_is_no_grant(front: Front) -> None:
    odd = Decision(Reason.FACTOR_DENIED, Answer.GRANTED, Role.SERVICE, SERVICE)
    async with rig(front.server, lambda _: odd) as it, await it.tls_client(front.client) as gateway:
        assert await gateway.code(bind(1)) == 49
        assert await gateway.code(search(2, "dc=example,dc=test")) == 50


async def test_an_answer_may_come_before_start_returns(front: Front) -> None:
    async with rig(front.server, grants_service) as it, await it.tls_client(front.client) as gateway:
        await gateway.send(bind(1), extended(2, oids.WHO_AM_I))
        assert code_of(await gateway.receive()) == 0
        who: Any = (await gateway.receive()).operation
        assert who.response_value == f"dn:{SERVICE.dn}".encode()
