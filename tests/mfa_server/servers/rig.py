"""An LDAP server on loopback, a scripted `Logons` behind it, and a client that sends any bytes it likes.

`ScriptedLogons` stands where `login` stands in the product and answers what a test tells it to. Searches go to a real
directory, where a test has one.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from mfa_server.auth.attempt import ClientPolicy, LogonRequest
from mfa_server.auth.decision import Answer, Decision, Role
from mfa_server.auth.ports import DirectoryUnavailableError, Identity
from mfa_server.auth.reasons import Reason
from mfa_server.ldap import (
    Attribute,
    BindRequest,
    Control,
    ExtendedRequest,
    Frame,
    Framer,
    LDAPMessage,
    Scope,
    SearchRequest,
    SimpleAuthentication,
    decode_message,
    encode_message,
    oids,
)
from mfa_server.ldap.filters import Filter, Present
from mfa_server.ldap.messages import Operation
from mfa_server.servers.ldap_front import LdapParts, LdapSettings, ListenerKind, ListenerSettings
from mfa_server.servers.ldap_server import LdapServer
from mfa_server.servers.limits import ConnectionLimits
from mfa_server.servers.ports import RelaySession, RelaySink, ServiceAccount, Waiter
from tests.support.clock import ManualClock
from tests.support.logons import POLICY

__all__ = [
    "DENIED",
    "PERSON",
    "SERVICE",
    "Asked",
    "OneClient",
    "RawClient",
    "Rig",
    "ScriptedLogons",
    "arrived",
    "bind",
    "code_of",
    "drained",
    "extended",
    "granted",
    "grants_service",
    "no_directory",
    "renamed",
    "reset",
    "rig",
    "search",
    "turns",
    "until",
]

LOOPBACK = "127.0.0.1"
SECONDS = 5.0

SERVICE = Identity("s1", "cn=svc,dc=example,dc=test", "cn=svc,dc=example,dc=test", "svc")
PERSON = Identity("u1", "uid=anna,dc=example,dc=test", "uid=anna,dc=example,dc=test", "anna")
DENIED = Decision(Reason.FACTOR_DENIED, Answer.INVALID_CREDENTIALS, identity=PERSON)


def granted(identity: Identity = PERSON, role: Role = Role.USER) -> Decision:
    reason = {
        Role.SERVICE: Reason.SERVICE_ACCOUNT,
        Role.ANONYMOUS: Reason.ANONYMOUS,
        Role.USER: Reason.FACTOR_COMPLETED,
    }[role]
    return Decision(reason, Answer.GRANTED, role, None if role is Role.ANONYMOUS else identity)


@dataclass
class Asked:
    """One logon that was started, and its ticket in one."""

    request: LogonRequest
    waiter: Waiter
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, decision: Decision) -> bool:
        return self.waiter.answer(decision)

    def abandon(self) -> None:
        self.abandoned.set()

    def undelivered(self) -> None:
        self.lost.set()


class ScriptedLogons:
    """Answers at once what `decide` says; None leaves the logon waiting in `asked`."""

    def __init__(self, decide: Callable[[LogonRequest], Decision | None] = lambda _: None) -> None:
        self.decide = decide
        self.requests: list[LogonRequest] = []
        self.asked: asyncio.Queue[Asked] = asyncio.Queue()

    def start(self, request: LogonRequest, waiter: Waiter) -> Asked:
        self.requests.append(request)
        asked = Asked(request, waiter)
        decision = self.decide(request)
        if decision is None:
            self.asked.put_nowait(asked)
        else:
            waiter.answer(decision)
        return asked

    async def next(self) -> Asked:
        """The next logon that waits."""
        return await asyncio.wait_for(self.asked.get(), SECONDS)


def grants_service(request: LogonRequest) -> Decision | None:
    """Grant the service account at once; let everybody else wait; an anonymous bind succeeds."""
    if not request.name:
        return granted(role=Role.ANONYMOUS)
    return granted(SERVICE, Role.SERVICE) if request.name.startswith("cn=svc") else None


class OneClient:
    """`Clients` with one range for all addresses in it; several policies are told apart by the name of the bind."""

    def __init__(self, *policies: ClientPolicy, addresses: Sequence[str] = (LOOPBACK,)) -> None:
        self.policies = policies
        self.addresses = addresses
        self.by_name: dict[str, ClientPolicy] = {}

    def candidates(self, address: str, listener: str) -> tuple[ClientPolicy, ...]:
        return self.policies if address in self.addresses else ()

    def choose(self, candidates: tuple[ClientPolicy, ...], bind_name: str) -> ClientPolicy | None:
        if self.by_name:
            return self.by_name.get(bind_name)
        return candidates[0] if candidates else None


class _NoDirectory:
    """Where a directory would be: nothing may come here, and nothing is known here."""

    def open(self, dn: str, password: bytes) -> RelaySession:
        return _NoSession()

    async def resolve(self, policy: ClientPolicy) -> Sequence[ServiceAccount]:
        raise DirectoryUnavailableError("there is no directory in this test")

    async def root_dse(self) -> Sequence[Attribute]:
        return (Attribute("namingContexts", (b"dc=example,dc=test",)), Attribute("supportedLDAPVersion", (b"3",)))


class _NoSession:
    def forward(self, frame: Frame, controls: Sequence[Control], sink: RelaySink) -> Any:
        raise AssertionError("a search reached a directory that is not there")

    def abandon(self, token: Any) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def close(self) -> None: ...


no_directory = _NoDirectory()


@dataclass
class Rig:
    """A running server and everything around it."""

    server: LdapServer
    logons: ScriptedLogons
    clock: ManualClock
    refused: list[str]

    def port(self, kind: ListenerKind = ListenerKind.LDAP) -> int:
        return self.server.addresses[kind][1]

    async def client(self) -> "RawClient":
        return await RawClient.connect(self.port())

    async def tls_client(self, context: ssl.SSLContext) -> "RawClient":
        return await RawClient.connect(self.port(ListenerKind.LDAPS), context)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.server.tick()


@asynccontextmanager
async def rig(
    context: ssl.SSLContext,
    decide: Callable[[LogonRequest], Decision | None] = grants_service,
    *,
    clients: Any = None,
    parts: Callable[[LdapParts], LdapParts] = lambda parts: parts,
    settings: Callable[[LdapSettings], LdapSettings] = lambda settings: settings,
) -> AsyncIterator[Rig]:
    logons = ScriptedLogons(decide)
    clock = ManualClock()
    refused: list[str] = []
    server = LdapServer(
        settings(
            LdapSettings(
                tuple(ListenerSettings(kind, 0, LOOPBACK) for kind in ListenerKind), limits=ConnectionLimits(5000, 5000)
            )
        ),
        clients if clients is not None else OneClient(POLICY),
        parts(LdapParts(logons, no_directory, no_directory, no_directory.root_dse, refused.append)),
        dict.fromkeys(ListenerKind, context),
        clock,
    )
    await server.open()
    try:
        yield Rig(server, logons, clock, refused)
    finally:
        server.close()
        await until(lambda: not server.connections)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until the condition holds: what crosses loopback is seen only by its effect."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - nothing of the product's announces it
            await asyncio.sleep(0)


class RawClient:
    """A client without manners: sends messages or bytes, reads messages as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._framer = Framer(16 * 1024 * 1024)
        self._frames: list[Frame] = []

    @classmethod
    async def connect(cls, port: int, context: ssl.SSLContext | None = None) -> Self:
        name = LOOPBACK if context else None
        return cls(*await asyncio.open_connection(LOOPBACK, port, ssl=context, server_hostname=name))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()

    async def send(self, *parts: LDAPMessage | bytes) -> None:
        """Send everything in one segment."""
        self.writer.write(b"".join(part if isinstance(part, bytes) else encode_message(part) for part in parts))
        await self.writer.drain()

    async def frame(self) -> Frame:
        """The next message as it came."""
        while not self._frames:
            data = await asyncio.wait_for(self._reader.read(65536), SECONDS)
            if not data:
                raise EOFError("the server has closed the connection")
            self._frames = self._framer.feed(data)
            assert self._framer.failure is None
        return self._frames.pop(0)

    async def receive(self) -> LDAPMessage:
        return decode_message((await self.frame()).data)

    async def ask(self, message: LDAPMessage) -> LDAPMessage:
        await self.send(message)
        return await self.receive()

    async def code(self, message: LDAPMessage) -> int:
        """The result code of the first answer."""
        answer: Any = (await self.ask(message)).operation
        return int(answer.result.result_code)

    async def wait_closed(self) -> list[LDAPMessage]:
        """Read until the server closes; what came before it did."""
        rest = []
        try:
            while True:
                rest.append(await self.receive())
        except (EOFError, ConnectionError):
            return rest

    async def start_tls(self, context: ssl.SSLContext) -> None:
        answer: Any = (await self.ask(extended(1, oids.START_TLS))).operation
        assert answer.result.result_code == 0
        await self.writer.start_tls(context, server_hostname=LOOPBACK)


def bind(message_id: int, name: str = "cn=svc,dc=example,dc=test", password: bytes = b"secret") -> LDAPMessage:
    return LDAPMessage(message_id, BindRequest(3, name, SimpleAuthentication(password)))


def search(
    message_id: int,
    base: str = "",
    condition: Filter = Present("objectClass"),  # noqa: B008 - frozen
    *,
    scope: int = Scope.BASE_OBJECT,
    attributes: tuple[str, ...] = (),
    controls: tuple[Control, ...] = (),
) -> LDAPMessage:
    return LDAPMessage(message_id, SearchRequest(base, scope, condition, attributes), controls)


def extended(message_id: int, name: str, *controls: Control) -> LDAPMessage:
    return LDAPMessage(message_id, ExtendedRequest(name), controls)


def plain(operation: Operation, message_id: int = 1) -> LDAPMessage:
    return LDAPMessage(message_id, operation)


def renamed(policy: ClientPolicy, client: str) -> ClientPolicy:
    return replace(policy, client=client)


def code_of(message: LDAPMessage) -> int:
    operation: Any = message.operation
    return int(operation.result.result_code)


def reset(client: RawClient) -> None:
    """Close with RST."""
    sock = client.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()


async def turns(count: int = 20) -> None:
    """Let the loop read what has arrived: loopback delivers at once."""
    for _ in range(count):
        await asyncio.sleep(0)


async def arrived(it: Rig, count: int) -> None:
    """Wait until so many connections have been accepted, now or before."""
    await until(lambda: it.server.stats.connections >= count)
    await turns()


async def drained(it: Rig) -> None:
    """Wait until no connection is open."""
    await until(lambda: not it.server.connections)
