"""A gateway that logs one person on exactly as a Citrix NetScaler does, over LDAPS.

Service bind, search ``(&(sAMAccountName=…)(objectClass=*))``, the person's bind on the same connection, which waits for the
phone, and unbind. It checks the servers' certificate, which many a gateway does not.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from mfa_server.errors import MfaError
from mfa_server.ldap import (
    BindAnswered,
    ClientEvent,
    ClientSession,
    LDAPResult,
    ProtocolViolated,
    ResponseReceived,
    ResultCode,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    UnsolicitedNotification,
    escape_filter_value,
    parse_filter,
)

__all__ = ["DemoGateway", "GatewayAccount", "GatewayError"]

READ_OCTETS = 65_536


class GatewayError(MfaError):
    """The gateway cannot go on: no connection, or an answer that is none."""

    code = "gatewayFailed"


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """What an administrator types at the gateway."""

    service_dn: str
    service_password: str
    base_dn: str
    login_attribute: str = "sAMAccountName"
    timeout_seconds: float = 60.0
    """How long it waits for an answer; the NetScaler's ``authTimeout``."""


class DemoGateway:
    """One connection. Use as an asynchronous context manager; ``on_event`` is told each step in a sentence, without passwords."""

    def __init__(self, host: str, port: int, account: GatewayAccount, context: ssl.SSLContext) -> None:
        self._address = (host, port)
        self._account = account
        self._context = context
        self._session = ClientSession(tls=True)
        self._pending: list[ClientEvent] = []
        self.on_event: Callable[[str], None] = lambda _: None

    async def __aenter__(self) -> Self:
        host, port = self._address
        try:
            self._reader, self._writer = await asyncio.open_connection(host, port, ssl=self._context)
        except (OSError, ssl.SSLError) as error:
            raise GatewayError(f"ldaps://{host}:{port} does not answer ({error})") from None
        self.on_event(f"connects to ldaps://{host}:{port}; the certificate is right")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if farewell := self._session.unbind():
            self._writer.write(farewell)
            self.on_event("unbinds")
        self._writer.close()

    async def log_on(self, username: str, password: str) -> LDAPResult:
        """Log one person on; returns the answer to his bind. Raises GatewayError where it does not come to that."""
        account = self._account
        self.on_event(f"binds as its service account {account.service_dn}")
        service = await self.bind(account.service_dn, account.service_password)
        if service.result_code != ResultCode.SUCCESS:
            raise GatewayError(
                f"the service account's bind was answered {service.result_code}: {service.diagnostic_message}"
            )
        dn = await self.find(username)
        self.on_event(f"binds as {dn} on the same connection, and waits")
        return await self.bind(dn, password)

    async def bind(self, dn: str, password: str) -> LDAPResult:
        """Bind and wait for the answer. Raises GatewayError."""
        _, request = self._session.bind(dn, password.encode())
        self._writer.write(request)
        answer = await self._next()
        if not isinstance(answer, BindAnswered):
            raise GatewayError("the bind was not answered by a bind response")
        return answer.response.result

    async def find(self, username: str) -> str:
        """Return the DN of the one entry with this name. Raises GatewayError for none or several."""
        account = self._account
        text = f"(&({account.login_attribute}={escape_filter_value(username)})(objectClass=*))"
        self.on_event(f"searches {text} under {account.base_dn}")
        attributes = ("memberOf", account.login_attribute)
        request = SearchRequest(account.base_dn, Scope.WHOLE_SUBTREE, parse_filter(text), attributes)
        self._writer.write(self._session.search(request)[1])
        names: list[str] = []
        while True:
            answer = await self._next()
            if not isinstance(answer, ResponseReceived):
                raise GatewayError("the search was not answered by search responses")
            operation = answer.decode()
            if isinstance(operation, SearchResultEntry):
                names.append(operation.object_name)
            if isinstance(operation, SearchResultDone):
                break
        if len(names) != 1:
            raise GatewayError(f"{username} stands for {len(names)} entries")
        return names[0]

    async def _next(self) -> ClientEvent:
        """Return the next event. Raises GatewayError when the connection ends, or nothing comes within the time-out."""
        try:
            async with asyncio.timeout(self._account.timeout_seconds):
                while not self._pending:
                    data = await self._reader.read(READ_OCTETS)
                    if not data:
                        raise GatewayError("the servers closed the connection")
                    self._pending.extend(self._session.receive(data))
        except TimeoutError:
            raise GatewayError(f"no answer within {self._account.timeout_seconds:g} s") from None
        except OSError as error:
            raise GatewayError(f"the connection broke ({error})") from None
        event = self._pending.pop(0)
        if isinstance(event, ProtocolViolated | UnsolicitedNotification):
            raise GatewayError("the servers ended the connection", hint="their log says why")
        return event
