"""Searches through the server against a real OpenLDAP: byte for byte, less what a gateway must not see."""

import asyncio
import os
from dataclasses import replace
from typing import Any

import pytest

from mfa_server.auth.attempt import References
from mfa_server.directories import ServiceAccounts
from mfa_server.ldap import (
    Control,
    DistinguishedNameError,
    Frame,
    Framer,
    LDAPMessage,
    SearchResultDone,
    SearchResultReference,
    encode_message,
    oids,
    parse_filter,
)
from mfa_server.ldap.ber import SEQUENCE, Reader, encode_element, encode_integer, encode_octets
from mfa_server.ldap.messages import AbandonRequest, CompareRequest, LDAPResult, UnbindRequest
from mfa_server.servers import ldap_searches
from mfa_server.servers.ldap_front import ListenerKind
from mfa_server.servers.ldap_searches import entry_key
from tests.mfa_server.servers.conftest import Front
from tests.mfa_server.servers.directory_rig import SERVICE, SUBTREE, behind, code, gateway, names, policy, results
from tests.mfa_server.servers.rig import OneClient, RawClient, bind, search, until
from tests.support.people import PEOPLE
from tests.support.processes import run
from tests.support.slapd import Slapd


async def test_a_person_is_found_as_netscaler_finds_him_and_bound_on_the_same_connection(
    slapd_server: Slapd, front: Front
) -> None:
    slapd_server.start()
    anna = slapd_server.account("anna")
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        condition = parse_filter("(&(uid=anna)(objectClass=*))")
        found = await results(client, search(2, slapd_server.suffix, condition, scope=SUBTREE))
        assert names(found) == {anna.dn}
        assert code(found) == 0
        assert await client.code(bind(3, anna.dn, anna.password.encode())) == 0
        request = it.logons.requests[-1]
        assert request.service_bound
        assert request.searched_services == frozenset()
        assert await client.code(search(4, slapd_server.suffix, scope=SUBTREE)) == 50  # a person searches nothing
        await client.send(LDAPMessage(5, UnbindRequest()))
        assert await client.wait_closed() == []


async def test_entries_and_controls_pass_byte_for_byte(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    request = search(9, f"ou=people,{slapd_server.suffix}", scope=SUBTREE, attributes=("*", "+"))
    account = slapd_server.account(SERVICE)
    direct_client = await RawClient.connect(slapd_server.ldap_port)
    async with direct_client as direct:
        assert await direct.code(bind(1, account.dn, account.password.encode())) == 0
        expected = await frames(direct, request)
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        assert [each.data for each in await frames(client, request)] == [each.data for each in expected]
    assert len(expected) == len(PEOPLE) + 2


async def frames(client: RawClient, message: LDAPMessage) -> list[Frame]:
    await client.send(message)
    found = [await client.frame()]
    while found[-1].tag != 0x65:
        found.append(await client.frame())
    return found


async def test_a_service_account_is_omitted_and_remembered_until_the_next_bind(
    slapd_server: Slapd, front: Front
) -> None:
    slapd_server.start()
    service = slapd_server.account(SERVICE)
    everything = search(2, slapd_server.suffix, scope=SUBTREE)
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        found = await results(client, everything)
        assert slapd_server.account("anna").dn in names(found)
        assert service.dn not in names(found)
        assert it.server.stats.entries_hidden == 1
        assert await client.code(bind(3, service.dn, service.password.encode())) == 0
        assert it.logons.requests[-1].searched_services == {entry_key(service.dn.encode())}
        assert await client.code(bind(4, service.dn, service.password.encode())) == 0
        assert it.logons.requests[-1].searched_services == frozenset()


async def test_a_visible_service_account_is_shown_and_remembered_all_the_same(
    slapd_server: Slapd, front: Front
) -> None:
    slapd_server.start()
    service = slapd_server.account(SERVICE)
    async with behind(slapd_server, front, visible=True) as it, gateway(it, front, slapd_server) as client:
        condition = parse_filter(f"(cn={SERVICE})")
        assert names(await results(client, search(2, slapd_server.suffix, condition, scope=SUBTREE))) == {service.dn}
        await client.ask(bind(3, service.dn, service.password.encode()))
        assert it.logons.requests[-1].searched_services == {entry_key(service.dn.encode())}


async def test_paged_searches_of_two_gateways_do_not_disturb_each_other(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()

    def page(message_id: int, cookie: bytes) -> LDAPMessage:
        value = encode_element(SEQUENCE, encode_integer(7) + encode_octets(cookie))
        control = Control(oids.PAGED_RESULTS, criticality=True, value=value)
        return search(message_id, f"ou=people,{slapd_server.suffix}", scope=SUBTREE, controls=(control,))

    def cookie_of(found: list[LDAPMessage]) -> bytes:
        (control,) = found[-1].controls
        assert control.value is not None
        reader = Reader(control.value, 0, len(control.value)).enter(SEQUENCE)
        reader.integer()
        return reader.octets()

    async with (
        behind(slapd_server, front) as it,
        gateway(it, front, slapd_server) as one,
        gateway(it, front, slapd_server) as two,
    ):
        seen: list[set[str]] = [set(), set()]
        cookies = [b"", b""]
        for message_id in range(2, 6):
            for which, client in enumerate((one, two)):
                found = await results(client, page(message_id, cookies[which]))
                assert code(found) == 0
                seen[which] |= names(found)
                cookies[which] = cookie_of(found)
            if not cookies[0]:
                break
        assert seen[0] == seen[1]
        assert len(seen[0]) == len(PEOPLE) + 1


async def test_an_abandoned_search_is_answered_no_more(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        everything = search(2, slapd_server.suffix, scope=SUBTREE)
        await client.send(everything, LDAPMessage(3, AbandonRequest(2)), search(4, slapd_server.suffix))
        found = [await client.receive(), await client.receive()]
        assert {each.message_id for each in found} == {4}


async def test_compare_passes_except_for_passwords_and_hidden_entries(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    anna, service = slapd_server.account("anna"), slapd_server.account(SERVICE)
    cases = [
        (CompareRequest(anna.dn, "uid", b"anna"), 6),
        (CompareRequest(anna.dn, "uid", b"bert"), 5),
        (CompareRequest(anna.dn, "userPassword", anna.password.encode()), 50),
        (CompareRequest(anna.dn, "2.5.4.35;x-option", anna.password.encode()), 50),
        (CompareRequest(service.dn, "cn", SERVICE.encode()), 32),
    ]
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        for number, (operation, expected) in enumerate(cases, 2):
            assert await client.code(LDAPMessage(number, operation)) == expected


@pytest.mark.parametrize("control", [oids.PROXIED_AUTHORIZATION, oids.PROXIED_AUTHORIZATION_V1])
async def test_nobody_searches_under_another_identity_than_the_one_he_bound_as(
    slapd_server: Slapd, front: Front, control: str
) -> None:
    slapd_server.start()
    anna = slapd_server.account("anna")
    another = Control(control, criticality=True, value=f"dn:{anna.dn}".encode())
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        found = await results(client, search(2, anna.dn, controls=(another,)))
        assert code(found) == 123
        assert "under the identity that was bound" in str(found[-1].operation)
        compare = CompareRequest(anna.dn, "uid", b"anna")
        assert await client.code(LDAPMessage(3, compare, (another,))) == 123


@pytest.mark.parametrize(
    ("references", "expected"),
    [(References.DROP, []), (References.PASS, [True]), (References.REFUSE, None)],
)
async def test_references_follow_the_policy(
    slapd_server: Slapd, front: Front, references: References, expected: list[bool] | None
) -> None:
    slapd_server.start()
    dn = f"ou=elsewhere,{slapd_server.suffix}"
    slapd_server.add(
        f"dn: {dn}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://192.0.2.9/{dn}\n"
    )
    try:
        async with (
            behind(slapd_server, front, references=references) as it,
            gateway(it, front, slapd_server) as client,
        ):
            condition = parse_filter("(|(uid=anna)(ou=elsewhere))")
            found = await results(client, search(2, slapd_server.suffix, condition, scope=SUBTREE))
            if expected is None:
                assert code(found) == 53
                return
            assert [isinstance(each.operation, SearchResultReference) for each in found].count(True) == len(expected)
            assert code(found) == 0
            passed = references is References.PASS
            assert await client.code(search(3, dn)) == (10 if passed else 32)
    finally:
        await asyncio.to_thread(
            run,
            "ldapdelete",
            *("-x", "-M", "-H", slapd_server.ldaps_url, "-D", slapd_server.admin_dn, "-w", slapd_server.admin_password),
            dn,
            env={"LDAPTLS_CACERT": str(slapd_server.ca_file), "LDAPRC": os.devnull},
        )


async def test_the_root_dse_is_the_directory_s_less_what_does_not_pass(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    async with behind(slapd_server, front) as it, await it.tls_client(front.client) as stranger:
        found = await results(stranger, search(1, attributes=("+",)))
        entry: Any = found[0].operation
        shown = {each.description.lower(): each.values for each in entry.attributes}
        assert shown["namingcontexts"] == (slapd_server.suffix.encode(),)
        assert "supportedsaslmechanisms" not in shown
        assert oids.START_TLS.encode() in shown["supportedextension"]


async def test_a_directory_that_is_down_gives_52(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        assert code(await results(client, search(2, slapd_server.suffix))) == 0
        await asyncio.to_thread(slapd_server.stop)
        try:
            assert code(await results(client, search(3, slapd_server.suffix))) == 52
        finally:
            slapd_server.start()  # not in another thread: the program is told to die with the one that starts it


async def test_a_gateway_that_does_not_read_its_results_is_cut_off(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        (connection,) = it.server._front.connections
        session = connection._session  # type: ignore[attr-defined]
        for batch in range(200):
            requests = [
                search(1000 * (batch + 1) + number, slapd_server.suffix, scope=SUBTREE, attributes=("*", "+"))
                for number in range(50)
            ]
            await client.send(*requests)
            await until(lambda: it.server.stats.unread or session.outstanding)
            await until(lambda: it.server.stats.unread or not session.outstanding)
            if it.server.stats.unread:
                break
        assert it.server.stats.unread == 1
        await until(lambda: not it.server.connections)


async def test_a_credential_that_the_directory_no_longer_takes_searches_nothing(
    slapd_server: Slapd, front: Front
) -> None:
    slapd_server.start()
    service = slapd_server.account(SERVICE)
    async with behind(slapd_server, front) as it, await it.tls_client(front.client) as client:
        assert await client.code(bind(1, service.dn, b"not the password")) == 0  # the script grants it, slapd does not
        assert await client.code(search(2, slapd_server.suffix)) in (49, 52)


async def test_an_account_that_is_no_service_account_any_more_searches_nothing_though_it_is_still_bound(
    slapd_server: Slapd, front: Front
) -> None:
    slapd_server.start()
    anna = slapd_server.account("anna")
    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        assert code(await results(client, search(2, anna.dn))) == 0
        it.server.replace(OneClient(replace(policy(slapd_server), service_accounts=())))
        found = await results(client, search(3, anna.dn))
        assert (names(found), code(found)) == (set(), 50)
        assert await client.code(LDAPMessage(4, CompareRequest(anna.dn, "uid", b"anna"))) == 50
        it.server.replace(OneClient(policy(slapd_server)))
        assert code(await results(client, search(5, anna.dn))) == 0


async def test_a_fault_while_service_accounts_are_looked_up_holds_no_later_search_up(
    slapd_server: Slapd, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    slapd_server.start()
    anna = slapd_server.account("anna")

    async def fault(*_: object) -> None:
        raise RuntimeError("a fault")

    async with behind(slapd_server, front) as it, gateway(it, front, slapd_server) as client:
        monkeypatch.setattr(ServiceAccounts, "resolve", fault)
        assert code(await results(client, search(2, anna.dn))) == 52
        monkeypatch.undo()
        assert code(await results(client, search(3, anna.dn))) == 0
        assert it.server.connections == 1


async def test_openldap_s_own_tools_find_their_way(slapd_server: Slapd, front: Front) -> None:
    slapd_server.start()
    service, anna = slapd_server.account(SERVICE), slapd_server.account("anna")
    environment = {"LDAPTLS_CACERT": str(front.authority.ca_file), "LDAPRC": os.devnull}
    async with behind(slapd_server, front) as it:
        ldaps = f"ldaps://localhost:{it.port(ListenerKind.LDAPS)}"
        ldap = f"ldap://localhost:{it.port()}"
        simple = ("-x", "-D", service.dn, "-w", service.password)

        async def tool(name: str, *arguments: str) -> str:
            return await asyncio.to_thread(run, name, *arguments, env=environment, seconds=20)

        for connect in (("-H", ldaps), ("-H", ldap, "-ZZ")):
            text = await tool("ldapsearch", *connect, *simple, "-LLL", "-b", slapd_server.suffix, "(uid=anna)", "mail")
            assert f"dn: {anna.dn}" in text
            assert f"mail: {anna.mail}" in text
            assert await tool("ldapwhoami", *connect, *simple) == f"dn:{service.dn}\n"
        paged = await tool(
            "ldapsearch",
            "-H",
            ldaps,
            *simple,
            "-LLL",
            "-E",
            "pr=6/noprompt",
            "-b",
            slapd_server.suffix,
            "(uid=*)",
            "uid",
        )
        assert paged.count("uid: ") == len(PEOPLE)
        root = await tool("ldapsearch", "-H", ldaps, "-x", "-LLL", "-s", "base", "-b", "", "+")
        assert f"namingContexts: {slapd_server.suffix}" in root


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (b"CN=Svc,DC=example,DC=test", "cn=svc,dc=example,dc=test"),
        (b"<GUID=0011>;<SID=0105>;CN=Svc,DC=example,DC=test", "cn=svc,dc=example,dc=test"),
        (b"", ""),
    ],
)
def test_names_of_entries_compare_in_every_form(name: bytes, key: str) -> None:
    assert entry_key(name) == key


@pytest.mark.parametrize("name", [b"<GUID=0011>", b"<GUID=0011>;", b"no name", b"cn=a,\xff"])
def test_a_name_that_cannot_be_read_is_an_error(name: bytes) -> None:
    if name == b"<GUID=0011>;":
        assert entry_key(name) == ""
        return
    with pytest.raises(DistinguishedNameError):
        entry_key(name)


def test_a_done_can_be_told_from_a_referral() -> None:
    for result_code in (0, 10, 32):
        message = LDAPMessage(1, SearchResultDone(LDAPResult(result_code)))
        (frame,) = Framer(1000).feed(encode_message(message))
        assert ldap_searches._result_code(frame) == result_code
