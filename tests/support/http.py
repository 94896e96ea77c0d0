"""Ask an ASGI application over real HTTP: on a UNIX socket, or on a port with TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp

from mfa_server.servers.http_server import HttpServer, bind_tcp, bind_unix
from mfa_server.settings import Endpoint

__all__ = ["Answer", "ask", "ask_port", "serving_tls"]

Answer = tuple[int, bytes]
"""Status and body."""


async def ask(app: ASGIApp, folder: Path, path: str, method: str = "GET", body: bytes = b"") -> Answer:
    """Serve `app` on a UNIX socket in `folder` for one request."""
    server = HttpServer(app)
    await server.listen(bind_unix(folder / "ask.sock"))
    try:
        reader, writer = await asyncio.open_unix_connection(folder / "ask.sock")
        return await _exchange(reader, writer, path, method, body)
    finally:
        await server.close()


async def ask_port(
    port: int, path: str, method: str = "GET", body: bytes = b"", tls: ssl.SSLContext | None = None
) -> Answer:
    """Ask a server that listens on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    return await _exchange(reader, writer, path, method, body)


@asynccontextmanager
async def serving_tls(app: ASGIApp, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """Serve `app` over TLS on a free port, which is handed out."""
    server = HttpServer(app)
    sock = bind_tcp(Endpoint("127.0.0.1", 0))
    port: int = sock.getsockname()[1]
    await server.listen(sock, tls)
    try:
        yield port
    finally:
        await server.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, method: str, body: bytes
) -> Answer:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        async with asyncio.timeout(10):
            writer.write(head.encode() + body)
            received = await reader.read()
    finally:
        writer.close()
    start, _, content = received.partition(b"\r\n\r\n")
    return int(start.split(b" ", 2)[1]), content
