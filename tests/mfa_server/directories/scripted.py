"""A server that misbehaves on request, as no real directory does: silent, garbled, gone in the middle."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mfa_server.directories import ServerAddress
from mfa_server.ldap import BindResponse, ExtendedResponse, Frame, Framer, LDAPMessage, LDAPResult, encode_message, oids

__all__ = ["Exchange", "Script", "scripted_server", "silent"]

Script = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One connection of the server under test, from the other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._framer = Framer(1 << 20)
        self._frames: deque[Frame] = deque()

    async def request(self) -> int:
        """Wait for one request; returns its message id, or 0 when the client left."""
        while not self._frames:
            data = await self._reader.read(65536)
            if not data:
                return 0
            self._frames.extend(self._framer.feed(data))
        return self._frames.popleft().message_id

    def send(self, message: LDAPMessage) -> None:
        """Send one message."""
        self.writer.write(encode_message(message))

    async def accept_bind(self) -> None:
        """Grant the next bind."""
        self.send(LDAPMessage(await self.request(), BindResponse(LDAPResult(0))))

    async def agree_to_tls(self, *, followed_by: bytes = b"") -> None:
        """Agree to StartTLS, with bytes in the clear right behind."""
        response = ExtendedResponse(LDAPResult(0), oids.START_TLS)
        self.writer.write(encode_message(LDAPMessage(await self.request(), response)) + followed_by)
        await self.until_closed()

    def give_notice(self) -> None:
        """Send the notice of disconnection."""
        self.send(LDAPMessage(0, ExtendedResponse(LDAPResult(52), oids.NOTICE_OF_DISCONNECTION)))

    async def until_closed(self) -> None:
        """Read until the client closes."""
        while await self._reader.read(65536):
            pass


async def silent(exchange: Exchange) -> None:
    """Take everything and answer nothing."""
    await exchange.until_closed()


@asynccontextmanager
async def scripted_server(script: Script, context: ssl.SSLContext | None) -> AsyncIterator[ServerAddress]:
    """Serve a script to every connection for the length of a block; without a context in the clear."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with contextlib.suppress(OSError):
                await script(Exchange(reader, writer))
        finally:
            running.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield ServerAddress("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()
