"""The root DSE and "Who am I?", answered without or with one question to the directory."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.ldap import (
    Attribute,
    Control,
    Framer,
    LDAPMessage,
    LDAPResult,
    SearchResultEntry,
    ServerSession,
    decode_message,
    encode_message,
    oids,
    parse_filter,
)
from mfa_server.servers.own_answers import (
    ROOT_DSE_SECONDS,
    RootDseReader,
    answer_extended,
    is_root_dse_search,
    select,
)
from tests.mfa_server.servers.rig import PERSON, bind, extended, search
from tests.support.clock import ManualClock

ENTRY = SearchResultEntry(
    "", (Attribute("namingContexts", (b"dc=x",)), Attribute("vendorName", (b"v",)), Attribute("cn;lang-de", (b"c",)))
)


def requested(message: LDAPMessage, session: ServerSession | None = None) -> Any:
    (event,) = (session or ServerSession()).receive(encode_message(message))
    return event


def answers(data: bytes) -> list[Any]:
    return [decode_message(frame.data).operation for frame in Framer(65536).feed(data)]


@pytest.mark.parametrize(
    ("base", "scope", "expected"), [("", 0, True), ("", 2, False), ("", 1, False), ("dc=x", 0, False)]
)
def test_only_the_base_search_of_the_empty_name_is_one(base: str, scope: int, *, expected: bool) -> None:
    assert is_root_dse_search(requested(search(1, base, scope=scope))) is expected


@pytest.mark.parametrize(
    ("condition", "asked", "shown"),
    [
        ("(objectClass=*)", (), ["namingContexts", "vendorName", "cn;lang-de"]),
        ("(objectClass=*)", ("+",), ["namingContexts", "vendorName", "cn;lang-de"]),
        ("(objectClass=*)", ("NAMINGCONTEXTS", "none"), ["namingContexts"]),
        ("(objectClass=*)", ("cn",), ["cn;lang-de"]),
        ("(objectClass=*)", ("1.1",), []),
        ("(&(namingContexts=*)(vendorName=*))", ("vendorName",), ["vendorName"]),
        ("(|(absent=*)(vendorName=*))", ("1.1",), []),
        ("(absent=*)", (), None),
        ("(!(objectClass=*))", (), None),
        ("(vendorName=v)", (), None),
    ],
)
def test_the_root_dse_is_selected_from(condition: str, asked: tuple[str, ...], shown: list[str] | None) -> None:
    entry = select(ENTRY, requested(search(1, "", parse_filter(condition), attributes=asked)))
    assert (None if entry is None else [each.description for each in entry.attributes]) == shown


class Directory:
    def __init__(self) -> None:
        self.asked = 0
        self.up = True

    async def root_dse(self) -> Sequence[Attribute]:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.up:
            raise DirectoryUnavailableError("down")
        return ENTRY.attributes


async def ask(reader: RootDseReader, *controls: Control) -> list[Any]:
    session = ServerSession()
    written: asyncio.Queue[bytes] = asyncio.Queue()
    reader.answer(session, requested(search(1, controls=controls), session), written.put_nowait)
    return answers(await asyncio.wait_for(written.get(), 5))


async def test_the_directory_is_asked_once_for_all_and_once_a_minute(clock: ManualClock) -> None:
    directory = Directory()
    reader = RootDseReader(directory.root_dse, clock)
    first, second = await asyncio.gather(ask(reader), ask(reader))
    assert [len(first), len(second), directory.asked] == [2, 2, 1]
    await ask(reader)
    assert directory.asked == 1
    clock.advance(ROOT_DSE_SECONDS)
    await ask(reader)
    assert directory.asked == 2
    reader.close()


async def test_a_directory_that_is_down_gives_52_and_is_asked_again(clock: ManualClock) -> None:
    directory = Directory()
    directory.up = False
    reader = RootDseReader(directory.root_dse, clock)
    (done,) = await ask(reader)
    assert done.result.result_code == 52
    directory.up = True
    assert len(await ask(reader)) == 2


async def test_a_fault_while_it_is_read_holds_no_later_reader_up(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault() -> Sequence[Attribute]:
        raise RuntimeError("a fault")

    reader = RootDseReader(fault, clock)
    (done,) = await ask(reader)
    assert done.result.result_code == 52
    monkeypatch.setattr(reader, "_read", Directory().root_dse)
    assert len(await ask(reader)) == 2


async def test_a_critical_control_is_refused(clock: ManualClock) -> None:
    directory = Directory()
    (done,) = await ask(RootDseReader(directory.root_dse, clock), Control("1.2.3", criticality=True))
    assert (done.result.result_code, directory.asked) == (12, 0)


async def test_closing_stops_reading(clock: ManualClock) -> None:
    directory = Directory()
    reader = RootDseReader(directory.root_dse, clock)
    session = ServerSession()
    written: list[bytes] = []
    reader.answer(session, requested(search(1), session), written.append)
    reader.close()
    for _ in range(5):
        await asyncio.sleep(0)
    assert written == []


@pytest.mark.parametrize(
    ("name", "controls", "code"),
    [
        (oids.WHO_AM_I, (), 0),
        (oids.WHO_AM_I, (Control("1.2.3"),), 0),
        (oids.WHO_AM_I, (Control("1.2.3", criticality=True),), 12),
        (oids.PASSWORD_MODIFY, (), 53),
        ("1.2.3.4", (), 2),
    ],
)
def test_extended_operations(name: str, controls: tuple[Control, ...], code: int) -> None:
    session = ServerSession()
    (answer,) = answers(answer_extended(session, requested(extended(1, name, *controls), session)))
    assert answer.result.result_code == code
    if code == 0:
        assert answer.response_value == b""


def test_who_am_i_names_the_identity_that_bound() -> None:
    session = ServerSession()
    event = requested(bind(1), session)
    session.bind_response(event, LDAPResult(0), identity=PERSON)
    (answer,) = answers(answer_extended(session, requested(extended(2, oids.WHO_AM_I), session)))
    assert answer.response_value == f"dn:{PERSON.dn}".encode()
