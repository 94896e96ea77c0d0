"""One accepted socket: turns of handshakes, what a peer does not read, goodbyes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from mfa_server.servers.stream import MAX_UNREAD_OCTETS, Stream
from mfa_server.servers.tls import HandshakeGate, TlsFailedError
from tests.mfa_server.servers.conftest import Front
from tests.mfa_server.servers.rig import until

SECONDS = 5.0
PEERS: list[asyncio.StreamWriter] = []


class Owner:
    """Writes down what happens; echoes unless told otherwise."""

    def __init__(self) -> None:
        self.stream: Stream
        self.log: list[str] = []
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.on_data: Callable[[bytes], None] = self.echo

    def echo(self, data: bytes) -> None:
        self.stream.write(data)

    def note(self, what: str) -> None:
        self.log.append(what)
        self.events.put_nowait(what)

    async def until(self, what: str) -> None:
        async with asyncio.timeout(SECONDS):
            while await self.events.get() != what:
                pass

    def connected(self) -> None:
        self.note("connected")

    def secured(self) -> None:
        self.note("secured")

    def tls_failed(self, error: TlsFailedError) -> None:
        self.note("tls_failed")

    def received(self, data: bytes) -> None:
        assert data
        self.note("received")
        self.on_data(data)

    def overflowed(self) -> None:
        self.note("overflowed")
        self.stream.abort()

    def paused(self) -> None:
        self.note("paused")

    def resumed(self) -> None:
        self.note("resumed")

    def ended(self) -> None:
        self.note("ended")

    def closed(self, error: Exception | None) -> None:
        self.note("closed")


@asynccontextmanager
async def listening(
    context: ssl.SSLContext | None = None, gate: HandshakeGate | None = None
) -> AsyncIterator[tuple[int, list[Owner]]]:
    owners: list[Owner] = []
    turns = gate or HandshakeGate()
    loop = asyncio.get_running_loop()

    def accept() -> Stream:
        owner = Owner()
        owners.append(owner)
        owner.stream = Stream(owner, turns, loop, context)
        return owner.stream

    server = await loop.create_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], owners
    finally:
        server.close()
        for owner in owners:
            owner.stream.abort()
        await until(lambda: all(owner.log[-1:] == ["closed"] for owner in owners if owner.log))


async def opened(port: int, front: Front | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = front.client if front else None
    name = "127.0.0.1" if front else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    PEERS.append(writer)
    return reader, writer


def reading(writer: asyncio.StreamWriter) -> asyncio.ReadTransport:
    return cast("asyncio.ReadTransport", writer.transport)


@pytest.fixture(autouse=True)
async def _peers_closed() -> AsyncIterator[None]:
    PEERS.clear()
    yield
    for writer in PEERS:
        writer.transport.abort()
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("tls", [False, True])
async def test_what_comes_goes_back(front: Front, *, tls: bool) -> None:
    async with listening(front.server if tls else None) as (port, owners):
        reader, writer = await opened(port, front if tls else None)
        for message in (b"one", b"two" * 50_000):
            writer.write(message)
            assert await asyncio.wait_for(reader.readexactly(len(message)), SECONDS) == message
        assert owners[0].stream.source == "127.0.0.1"
        writer.close()
        await owners[0].until("closed")
        assert owners[0].log[-2:] == ["ended", "closed"]


async def test_writes_of_one_turn_leave_as_one_record(front: Front) -> None:
    async with listening(front.server) as (port, owners):
        reader, writer = await opened(port, front)

        def answer(_: bytes) -> None:
            for _number in range(100):
                owners[0].stream.write(b"entry")

        await owners[0].until("secured")
        owners[0].on_data = answer
        writer.write(b"search")
        assert await asyncio.wait_for(reader.read(65536), SECONDS) == b"entry" * 100


async def test_a_close_says_goodbye_after_the_last_words(front: Front) -> None:
    async with listening(front.server) as (port, owners):
        reader, _ = await opened(port, front)
        await owners[0].until("secured")
        owners[0].stream.write(b"last words")
        owners[0].stream.close()
        owners[0].stream.write(b"too late")
        assert await asyncio.wait_for(reader.read(), SECONDS) == b"last words"  # no truncation: close_notify came


async def test_a_peer_that_does_not_read_is_given_up_above_the_cap() -> None:
    async with listening() as (port, owners):
        _, writer = await opened(port)
        reading(writer).pause_reading()
        await owners[0].until("connected")
        owner = owners[0]
        written = 0
        while "overflowed" not in owner.log and written < 64 * MAX_UNREAD_OCTETS:
            owner.stream.write(b"x" * 65536)
            written += 65536
            await asyncio.sleep(0)
        await owner.until("closed")
        assert "paused" in owner.log
        assert owner.stream.closing


async def test_a_peer_that_reads_again_is_told_so() -> None:
    async with listening() as (port, owners):
        reader, writer = await opened(port)
        reading(writer).pause_reading()
        await owners[0].until("connected")
        owner = owners[0]
        written = 0
        while "paused" not in owner.log:
            owner.stream.write(b"x" * 65536)
            written += 65536
            await asyncio.sleep(0)
        assert owner.stream.unacknowledged() > 0
        reading(writer).resume_reading()
        await asyncio.wait_for(reader.readexactly(written), SECONDS)
        await owner.until("resumed")
        assert "overflowed" not in owner.log


async def test_handshakes_above_the_limit_wait_for_their_turn(front: Front) -> None:
    gate = HandshakeGate(1)
    async with listening(front.server, gate) as (port, _):
        _, slow = await opened(port)
        slow.write(b"\x16\x03\x01")  # a handshake that is begun and goes no further
        await until(lambda: gate.running)
        second = asyncio.ensure_future(opened(port, front))
        await until(lambda: gate.waiting)
        assert not second.done()
        slow.close()
        reader, writer = await asyncio.wait_for(second, SECONDS)
        writer.write(b"hello")
        assert await asyncio.wait_for(reader.readexactly(5), SECONDS) == b"hello"
        assert (gate.running, gate.waiting) == (0, 0)


async def test_one_that_leaves_while_it_waits_gives_its_place_back(front: Front) -> None:
    gate = HandshakeGate(1)
    async with listening(front.server, gate) as (port, owners):
        _, slow = await opened(port)
        slow.write(b"\x16\x03\x01")
        await until(lambda: gate.running)
        _, waiting = await opened(port)
        waiting.write(b"\x16\x03\x01")
        await until(lambda: gate.waiting)
        owners[1].stream.abort()
        await owners[1].until("closed")
        assert gate.waiting == 0


async def test_what_is_no_tls_is_answered_with_an_alert_and_closed(front: Front) -> None:
    async with listening(front.server) as (port, owners):
        reader, writer = await opened(port)
        writer.write(b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00")
        await asyncio.wait_for(reader.read(), SECONDS)
        await owners[0].until("closed")
        assert owners[0].log == ["connected", "tls_failed", "closed"]


async def test_nothing_reaches_the_owner_after_it_has_closed(front: Front) -> None:
    async with listening(front.server) as (port, owners):
        _, writer = await opened(port, front)
        await owners[0].until("secured")
        owners[0].on_data = lambda _: owners[0].stream.close()
        writer.write(b"one")
        await owners[0].until("received")
        writer.write(b"two")
        await owners[0].until("closed")
        assert owners[0].log.count("received") == 1
