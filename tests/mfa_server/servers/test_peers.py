"""Peers over real UNIX sockets: the owner is looked up in our own table, and every failure means unreachable."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mfa_server.auth.ports import PeerUnreachableError
from mfa_server.errors import MfaError
from mfa_server.servers.http_server import HttpServer, bind_unix
from mfa_server.servers.peers import ANSWERS_PATH, METRICS_PATH, SUPERSEDED_PATH, HttpPeers, PeerTimeouts
from mfa_server.store.records import Server
from tests.support.clock import START, ManualClock

OWNER = "mfa-1/9f"
ATTEMPT = UUID("01890000-0000-7000-8000-000000000001")


class Table:
    """The table of registered servers, as the store would read it."""

    def __init__(self, address: str) -> None:
        self.rows = [Server(OWNER, "mfa-1", address, START, START)]
        self.reads = 0
        self.available = True

    async def read(self) -> Sequence[Server]:
        self.reads += 1
        if not self.available:
            raise MfaError("the store does not answer")
        return self.rows


@asynccontextmanager
async def peer(path: Path) -> AsyncIterator[list[dict[str, object]]]:
    """A server that answers as a peer does and remembers what it was told."""
    told: list[dict[str, object]] = []

    async def superseded(request: Request) -> Response:
        told.append(json.loads(await request.body()))
        return Response(status_code=204)

    async def answers(request: Request) -> Response:
        told.append(json.loads(await request.body()))
        return JSONResponse({"outcome": "granted"})

    async def metrics(_: Request) -> Response:
        return Response(b"mfa_ready 1\n" * 1000)

    routes = [
        Route(SUPERSEDED_PATH, superseded, methods=["POST"]),
        Route(ANSWERS_PATH, answers, methods=["POST"]),
        Route(METRICS_PATH, metrics),
    ]
    server = HttpServer(Starlette(routes=routes))
    await server.listen(bind_unix(path))
    try:
        yield told
    finally:
        await server.close()


@asynccontextmanager
async def raw(path: Path, answer: bytes | None) -> AsyncIterator[None]:
    """A server that sends these octets whatever it is asked, or nothing at all."""
    closing = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        if answer is None:
            await closing.wait()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(connected, path)
    try:
        yield
    finally:
        closing.set()
        server.close()
        await server.wait_closed()


def peers(table: Table, clock: ManualClock | None = None) -> HttpPeers:
    return HttpPeers(table.read, clock or ManualClock(), PeerTimeouts(0.5, 0.5, 0.5))


async def test_a_supersede_and_an_answer_reach_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "p.sock"
    table = Table(f"unix:{path}")
    async with peer(path) as told:
        await peers(table).superseded(OWNER, ATTEMPT, 3, "takenOver")
        assert await peers(table).deliver_code(OWNER, ATTEMPT, "123456", "anna") == "granted"
        assert (await peers(table).metrics(OWNER)).startswith(b"mfa_ready 1")
    assert told == [
        {"attempt_id": str(ATTEMPT), "generation": 3, "reason": "takenOver"},
        {"attempt_id": str(ATTEMPT), "code": "123456", "actor": "anna"},
    ]


async def test_the_table_is_read_once_a_second_and_at_once_for_an_id_it_does_not_hold(tmp_path: Path) -> None:
    path = tmp_path / "p.sock"
    table, clock = Table(f"unix:{path}"), ManualClock()
    asked = peers(table, clock)
    async with peer(path):
        for _ in range(3):
            await asked.superseded(OWNER, ATTEMPT, 0, "takenOver")
        assert table.reads == 1
        clock.advance(1.1)
        await asked.superseded(OWNER, ATTEMPT, 0, "takenOver")
        assert table.reads == 2
        with pytest.raises(PeerUnreachableError, match="mfa-1/old is not registered"):
            await asked.superseded("mfa-1/old", ATTEMPT, 0, "takenOver")
        assert table.reads == 3


async def test_an_address_read_earlier_is_used_while_the_store_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "p.sock"
    table, clock = Table(f"unix:{path}"), ManualClock()
    asked = peers(table, clock)
    async with peer(path) as told:
        await asked.superseded(OWNER, ATTEMPT, 0, "takenOver")
        table.available = False
        clock.advance(60)
        await asked.superseded(OWNER, ATTEMPT, 1, "takenOver")
        assert len(told) == 2
        with pytest.raises(PeerUnreachableError, match="cannot be looked up"):
            await asked.superseded("mfa-2/1", ATTEMPT, 0, "takenOver")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"outcome": 1',
        b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"outcome": 1}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + b"[" * 40_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 16000\r\n\r\n" + b"[" * 16_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000,
        b"\x00\x01\x02 garbage\r\n\r\n",
    ],
)
async def test_every_failure_of_a_peer_means_unreachable_and_names_no_code(
    tmp_path: Path, answer: bytes | None
) -> None:
    path = tmp_path / "p.sock"
    async with raw(path, answer):
        with pytest.raises(PeerUnreachableError) as caught:
            await peers(Table(f"unix:{path}")).deliver_code(OWNER, ATTEMPT, "123456", "anna")
    assert OWNER in str(caught.value)
    assert "123456" not in str(caught.value)


@given(answer=st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_octets_of_a_peer_are_an_answer_or_unreachable(
    tmp_path_factory: pytest.TempPathFactory, answer: bytes
) -> None:
    async def main() -> None:
        path = tmp_path_factory.mktemp("peer") / "p.sock"
        async with raw(path, answer):
            with pytest.raises(PeerUnreachableError):
                await peers(Table(f"unix:{path}")).deliver_code(OWNER, ATTEMPT, "123456", "anna")

    asyncio.run(main())


@pytest.mark.parametrize(
    "address", ["unix:/nowhere/p.sock", "unix:relative", "https://peer:8443", "http://169.254.169.254", ""]
)
async def test_an_address_that_nobody_answers_means_unreachable(address: str) -> None:
    with pytest.raises(PeerUnreachableError, match="cannot be reached"):
        await peers(Table(address)).superseded(OWNER, ATTEMPT, 0, "takenOver")
