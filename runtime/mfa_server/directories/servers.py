"""The servers of one directory, in order of preference: who is connected to next, and what is remembered of failures."""

import asyncio
from typing import Final

import structlog

from mfa_server.clock import Clock
from mfa_server.directories.connect import Connector, open_connection
from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.errors import ConnectFailedError
from mfa_server.directories.health import ServerHealth, after_failure, after_success, take_turn
from mfa_server.directories.settings import ServerAddress

__all__ = ["Servers"]

log = structlog.get_logger("directory")


_FAREWELL_SECONDS: Final = 1.0


class Servers:
    """Connects to the best server that lives; dead ones are remembered and probed beside that (see ``health``)."""

    def __init__(
        self, servers: tuple[ServerAddress, ...], connector: Connector, clock: Clock, counters: DirectoryCounters
    ) -> None:
        self._servers = servers
        self._connector = connector
        self._clock = clock
        self._counters = counters
        self._states = [ServerHealth() for _ in servers]
        self._last_resort = asyncio.Lock()
        self._connections: set[LdapConnection] = set()
        self._probes: dict[int, asyncio.Task[None]] = {}

    @property
    def counters(self) -> DirectoryCounters:
        """What was asked of this directory."""
        return self._counters

    @property
    def clock(self) -> Clock:
        """The clock that pauses are measured by."""
        return self._clock

    @property
    def timeout_seconds(self) -> float:
        """How long a server may take to connect, and to answer."""
        return self._connector.timeout_seconds

    def health(self) -> tuple[tuple[ServerAddress, bool], ...]:
        """Return each server and whether it is thought to live, in order of preference."""
        return tuple((server, state.alive) for server, state in zip(self._servers, self._states, strict=True))

    def is_alive(self, server: ServerAddress) -> bool:
        """Whether ``server`` is thought to live."""
        return self._states[self._servers.index(server)].alive

    @property
    def any_alive(self) -> bool:
        """Whether any server is thought to live."""
        return any(state.alive for state in self._states)

    def is_preferred(self, server: ServerAddress) -> bool:
        """Whether ``server`` lives and no better one does: an idle connection to another is not worth keeping."""
        for candidate, state in zip(self._servers, self._states, strict=True):
            if state.alive:
                return candidate == server
        return False

    def tend(self) -> None:
        """Probe dead servers whose pause is over; call this where work is done over connections that exist already."""
        if not all(state.alive for state in self._states):
            for index in take_turn(self._states, self._clock.monotonic()).probe:
                self._probe(index)

    async def connect(self) -> LdapConnection:
        """Connect to the first server that can be reached. Raises ConnectFailedError; nothing was sent then."""
        if self.any_alive:
            return await self._try_in_turn()
        async with self._last_resort:  # one at a time: the others learn from its outcome
            return await self._try_in_turn()

    def note_failure(self, server: ServerAddress, why: str) -> None:
        """Remember that a server failed in a way that a new connection would meet as well, such as silence."""
        index = self._servers.index(server)
        was = self._states[index]
        self._states[index] = after_failure(was, self._clock.monotonic())
        if was.alive:
            log.warning("a directory server does not answer", server=str(server), why=why)

    async def close(self) -> None:
        """Stop probing and wait for the sockets of closed connections; those a server does not let go of are cut."""
        probes = list(self._probes.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                while self._connections:
                    await next(iter(self._connections)).gone.wait()
                    self._forget_gone()
        except TimeoutError:
            for connection in self._connections:
                connection.abort()
            await asyncio.gather(*(connection.gone.wait() for connection in self._connections))

    async def _try_in_turn(self) -> LdapConnection:
        turn = take_turn(self._states, self._clock.monotonic())
        for index in turn.probe:
            self._probe(index)
        failures: list[str] = []
        for index in turn.ask:
            try:
                return await self._open(index)
            except ConnectFailedError as error:
                failures.append(str(error))
        if not failures:
            raise ConnectFailedError("no directory server could be reached a moment ago; not tried again yet")
        raise ConnectFailedError("; ".join(failures))

    async def _open(self, index: int) -> LdapConnection:
        server = self._servers[index]
        try:
            connection = await open_connection(server, self._connector)
        except ConnectFailedError as error:
            self._counters.connect_failures += 1
            self.note_failure(server, str(error))
            raise
        self._counters.connects += 1
        self._counters.open_connections += 1
        self._forget_gone()
        self._connections.add(connection)
        connection.on_end.append(self._ended)
        if not self._states[index].alive:
            log.info("a directory server answers again", server=str(server), failures=self._states[index].failures)
        self._states[index] = after_success(self._states[index])
        return connection

    def _ended(self, connection: LdapConnection) -> None:
        self._counters.open_connections -= 1
        if connection.silent:
            self.note_failure(connection.server, f"no answer within {connection.timeout_seconds:g} s")

    def _forget_gone(self) -> None:
        self._connections = {each for each in self._connections if not each.gone.is_set()}

    def _probe(self, index: int) -> None:
        if index in self._probes:
            return
        probe = asyncio.get_running_loop().create_task(self._run_probe(index))
        self._probes[index] = probe
        probe.add_done_callback(lambda _: self._probes.pop(index, None))

    async def _run_probe(self, index: int) -> None:
        try:
            connection = await self._open(index)
        except ConnectFailedError:
            return  # remembered by _open
        connection.close()
