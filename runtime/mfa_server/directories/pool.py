"""Password checks: binds on connections that are used for nothing else, one outstanding per connection.

OpenLDAP answers only the last of several binds on one connection, and after a bind a connection is whoever that bind
was; so a connection from here never carries a search. A connection is made when none is idle, up to ``size``; further
checks wait for one. A bind that was sent is never sent again: it may have counted towards the account's lock-out.
"""

import asyncio
from typing import Final

from mfa_server.directories.connection import LdapConnection
from mfa_server.directories.controls import password_must_change
from mfa_server.directories.errors import ConnectFailedError
from mfa_server.directories.servers import Servers
from mfa_server.ldap import Control, LDAPResult, ResultCode, oids

__all__ = ["BindPool"]

_REAP_SECONDS: Final = 20.0
_MUST_CHANGE: Final = LDAPResult(ResultCode.INVALID_CREDENTIALS, "", "the password must be changed before it is of use")


class BindPool:
    """The connections for password checks.

    ``password_policy`` asks the directory to say when a password must be changed first (not needed for Active Directory,
    which refuses such a bind); it is then a refusal here as well.
    ``size`` connections at most; ``idle_seconds`` until an idle one is closed, below the 120 s after which Active
    Directory ends a connection it has not heard from; ``waiting`` checks may wait for a connection.
    """

    def __init__(
        self,
        servers: Servers,
        *,
        password_policy: bool = False,
        size: int = 64,
        idle_seconds: float = 100.0,
        waiting: int = 4096,
    ) -> None:
        self._servers = servers
        self._controls = (Control(oids.PASSWORD_POLICY),) if password_policy else ()
        self._free = asyncio.Semaphore(size)
        self._idle: list[LdapConnection] = []
        self._idle_seconds = idle_seconds
        self._waiting = 0
        self._max_waiting = waiting
        self._reaper: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def idle(self) -> int:
        """Connections that wait for the next check."""
        return len(self._idle)

    async def check(self, dn: str, password: bytes) -> LDAPResult:
        """Bind exactly once and return the directory's result, whatever it is.

        Raises ConnectFailedError when nothing was sent: no server, or no free connection in time; ConnectionLostError when
        the answer did not come.
        """
        self._servers.tend()
        await self._wait_for_turn()
        try:
            connection = self._take_idle() or await self._servers.connect()
            try:
                self._servers.counters.password_checks += 1
                result = await connection.bind(dn, password, self._controls)
                if result.result_code == ResultCode.SUCCESS and password_must_change(connection.bind_controls):
                    return _MUST_CHANGE
                return result
            finally:
                self._put_back(connection)
        finally:
            self._free.release()

    def close_idle(self, now: float) -> None:
        """Close connections that have been idle for ``idle_seconds``, or whose server is second choice by now."""
        kept: list[LdapConnection] = []
        for connection in self._idle:
            if now - connection.idle_since >= self._idle_seconds or not self._usable(connection):
                connection.close()
            else:
                kept.append(connection)
        self._idle = kept

    def close(self) -> None:
        """Close idle connections now and the others when their check has ended."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        while self._idle:
            self._idle.pop().close()

    # Inside -----------------------------------------------------------------------------------------------------------

    async def _wait_for_turn(self) -> None:
        if self._waiting >= self._max_waiting:
            raise ConnectFailedError("too many password checks wait for the directory")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._servers.timeout_seconds):
                await self._free.acquire()
        except TimeoutError:
            text = f"no connection to the directory became free within {self._servers.timeout_seconds:g} s"
            raise ConnectFailedError(text) from None
        finally:
            self._waiting -= 1

    def _take_idle(self) -> LdapConnection | None:
        while self._idle:
            connection = self._idle.pop()  # the one used last: the others grow idle and go
            if self._usable(connection):
                return connection
            connection.close()
        return None

    def _usable(self, connection: LdapConnection) -> bool:
        return not connection.closed and self._servers.is_preferred(connection.server)

    def _put_back(self, connection: LdapConnection) -> None:
        if self._closed or not self._usable(connection):
            connection.close()
            return
        connection.idle_since = self._servers.clock.monotonic()
        self._idle.append(connection)
        if self._reaper is None:
            self._reaper = asyncio.get_running_loop().call_later(_REAP_SECONDS, self._reap)

    def _reap(self) -> None:
        self._reaper = None
        self.close_idle(self._servers.clock.monotonic())
        if self._idle:
            self._reaper = asyncio.get_running_loop().call_later(_REAP_SECONDS, self._reap)
