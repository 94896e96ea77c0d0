"""The HTTP server on real sockets: who is let in over mutual TLS, what a caller can cost, reload and shutdown."""

import asyncio
import gc
import signal
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from mfa_server.certificates.contexts import internal_client_context, internal_server_context
from mfa_server.certificates.files import ensure_internal
from mfa_server.certificates.names import Role
from mfa_server.servers.http_server import HttpLimits, HttpServer, ListenError, bind_tcp, bind_unix
from mfa_server.settings import Endpoint

LOCAL = Endpoint("127.0.0.1", 0)
USUAL = HttpLimits()
GET = b"GET /%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Say who called; `/slow` never answers."""
    if scope["path"] == "/slow":
        await asyncio.Event().wait()
    peers = scope.get("extensions", {}).get("tls", {}).get("peer_uris", ())
    body = " ".join(("hello", *peers)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(
    limits: HttpLimits = USUAL, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[HttpServer, int]]:
    server = HttpServer(app, limits)
    sock = bind_tcp(LOCAL)
    port = sock.getsockname()[1]
    await server.listen(sock, tls)
    try:
        yield server, port
    finally:
        await server.close(0.5)


async def ask(port: int, data: bytes = GET % b"", tls: ssl.SSLContext | None = None, seconds: float = 5) -> bytes:
    """Send `data`, return everything that comes back until the server closes."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        try:
            writer.write(data)
            return await reader.read()
        finally:
            writer.close()


async def test_a_plain_listener_answers_and_says_nothing_about_its_software() -> None:
    async with serving() as (_, port):
        answer = await ask(port)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nhello")
    assert b"server:" not in answer.lower()


async def answered(port: int, tls: ssl.SSLContext | None = None) -> bool:
    """Whether a request gets an answer; TLS 1.3 tells a caller only with the first read that its certificate is refused."""
    try:
        return bool(await ask(port, tls=tls))
    except OSError:
        return False


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in another place of this loop
            await asyncio.sleep(0)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    ensure_internal(tmp_path, "mfa", "main", ["mfa-0"], datetime.now(UTC))
    return tmp_path


async def test_mutual_tls_hands_the_callers_identity_to_the_application(certificates: Path) -> None:
    async with serving(tls=internal_server_context(certificates)) as (_, port):
        for role in (Role.SERVER, Role.OPERATOR):
            answer = await ask(port, tls=internal_client_context(certificates, role))
            assert answer.endswith(f"hello mfa://mfa/main/{role}".encode())


async def test_a_caller_without_a_certificate_of_the_authority_gets_no_answer(
    certificates: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nobody = internal_client_context(certificates)
    without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    without.check_hostname = False
    without.load_verify_locations(certificates / "internal" / "ca.crt")
    other = tmp_path_factory.mktemp("other")
    ensure_internal(other, "mfa", "main", [], datetime.now(UTC))
    stranger = internal_client_context(other)
    stranger.load_verify_locations(certificates / "internal" / "ca.crt")
    async with serving(tls=internal_server_context(certificates)) as (_, port):
        for context in (without, stranger):
            assert not await answered(port, context)
        assert (await ask(port, tls=nobody)).startswith(b"HTTP/1.1 200")


async def change_certificates(certificates: Path, other: Path) -> None:
    old_client, new_client = internal_client_context(certificates), internal_client_context(other)
    async with serving(tls=internal_server_context(certificates)) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=old_client)
        await server.replace_tls(internal_server_context(other))
        writer.write(GET % b"")
        assert b"hello" in await reader.read(), "a connection that is open goes on"
        writer.close()
        assert await answered(port, new_client)
        assert not await answered(port, old_client)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_new_certificates_are_used_for_connections_that_begin_later(
    certificates: Path, tmp_path_factory: pytest.TempPathFactory, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    other = tmp_path_factory.mktemp("other")
    ensure_internal(other, "mfa", "main", [], datetime.now(UTC))
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(change_certificates(certificates, other))
    gc.collect()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_unix_socket_serves_its_owner_alone_and_is_gone_afterwards(
    tmp_path: Path, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    path = tmp_path / "run" / "mfa-0.sock"

    async def main() -> bytes:
        server = HttpServer(app)
        await server.listen(bind_unix(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(GET % b"")
        answer = await reader.read()
        writer.close()
        await server.close()
        return answer

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(main()).endswith(b"hello")
    assert not path.exists()


def test_a_socket_that_a_dead_process_left_is_replaced_and_a_living_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "mfa-0.sock"
    bind_unix(path).close()
    living = bind_unix(path)
    living.listen()
    with pytest.raises(ListenError, match="a process listens there; is another server of this name running"):
        bind_unix(path)
    living.close()
    path.unlink()
    path.write_text("precious")
    with pytest.raises(ListenError, match="no socket"):
        bind_unix(path)
    assert path.read_text() == "precious"


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"127.0.0.1 port {port}: .*in use.*; stop what listens there"):
            bind_tcp(Endpoint("127.0.0.1", port))


def test_all_interfaces_means_both_families() -> None:
    with bind_tcp(Endpoint("::", 0)) as sock:
        sock.listen()
        socket.create_connection(("127.0.0.1", sock.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 2000, b"HTTP/1.1 400"),
        (b"\x16\x03\x01 no HTTP\r\n\r\n", b"HTTP/1.1 400"),
        (GET % b"slow", b"HTTP/1.1 503"),
    ],
    ids=["silence", "half a head", "a head too long", "another protocol", "an application that does not answer"],
)
async def test_what_a_caller_costs_is_bounded(sent: bytes, answer: bytes) -> None:
    limits = HttpLimits(head_octets=1024, head_seconds=0.2, request_seconds=0.2)
    async with serving(limits) as (_, port):
        try:
            received = await ask(port, sent, seconds=3)
        except ConnectionResetError:
            received = b""
    assert received.startswith(answer)
    assert bool(received) == bool(answer)


async def test_connections_over_the_limit_are_cut_and_places_come_back() -> None:
    async with serving(HttpLimits(connections=1)) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readuntil(b"hello")
        assert not await answered(port)
        writer.close()
        await writer.wait_closed()
        await until(lambda: answered(port))


async def test_closing_lets_requests_finish_and_cuts_what_does_not() -> None:
    server = HttpServer(app)
    sock = bind_tcp(LOCAL)
    port = sock.getsockname()[1]
    await server.listen(sock)
    stuck = asyncio.create_task(ask(port, GET % b"slow"))
    _, idle = await asyncio.open_connection("127.0.0.1", port)

    async def begun() -> bool:
        return len(server._state.tasks) == 1 and len(server._state.connections) == 2

    await until(begun)
    await server.close(0.1)
    await server.close(0.1)
    (cut,) = await asyncio.gather(stuck, return_exceptions=True)
    assert cut == b"" or isinstance(cut, ConnectionError)
    idle.close()
    assert not await answered(port)


async def test_no_signal_handler_is_taken_over() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with serving():
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
