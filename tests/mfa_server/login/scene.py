"""A login with the real store, a directory that knows three passwords, a phone that remembers, and a clock that stands still."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from mfa_resources.addresses import AddressRange
from mfa_server.auth.attempt import ClientPolicy, LogonRequest, Method
from mfa_server.auth.decision import Decision
from mfa_server.auth.ports import (
    DirectoryUnavailableError,
    Identity,
    NotSentError,
    PasswordVerdict,
    PeerUnreachableError,
    TextMessage,
)
from mfa_server.directories import ResolvedServiceAccount
from mfa_server.factors.oath_token import OathTokenFactor
from mfa_server.factors.text_message import TextMessageFactor
from mfa_server.login import Login, Parts, Replies, Ticket
from mfa_server.store.keyring import KeyRing
from mfa_server.store.migrate import migrate
from mfa_server.store.sqlite import SqliteStore
from mfa_server.store.sync_records import DirectoryUser
from tests.support.clock import ManualClock, ManualRandomness
from tests.support.logons import ACCEPTED, ANNA, IDENTITY, POLICY, WRONG, request

__all__ = ["SERVICE", "Gateway", "Scene"]

SERVICE = Identity("5e5e", "CN=svc,DC=example,DC=test", "cn=svc,dc=example,dc=test", "svc", lockout_threshold=0)
PASSWORDS = {IDENTITY.dn: b"right", SERVICE.dn: b"service"}


class KnownPasswords:
    """A directory with two entries; counts every bind, as the real ones in ``tests/gateways`` do."""

    def __init__(self) -> None:
        self.binds: list[str] = []
        self.down = False
        self.verdict: PasswordVerdict | None = None
        self.areas: tuple[AddressRange, ...] = ()
        self.lockout_threshold: int | None = IDENTITY.lockout_threshold

    async def resolve(self, name: str) -> Identity | None:
        if self.down:
            raise DirectoryUnavailableError("no server answers")
        anna = replace(IDENTITY, lockout_threshold=self.lockout_threshold)
        return {IDENTITY.dn: anna, SERVICE.dn: SERVICE}.get(name)

    async def check_password(self, dn: str, password: bytes) -> PasswordVerdict:
        if self.down:
            raise DirectoryUnavailableError("no server answers")
        self.binds.append(dn)
        if self.verdict is not None:
            return self.verdict
        return ACCEPTED if PASSWORDS.get(dn) == password else WRONG


class KnownServices:
    """The one service account of every client, from the directory's ``areas``."""

    def __init__(self, directory: KnownPasswords) -> None:
        self._directory = directory

    async def resolve(self, policy: ClientPolicy) -> tuple[ResolvedServiceAccount, ...]:
        return (ResolvedServiceAccount(SERVICE, visible=False, addresses=self._directory.areas),)


class Phone:
    """Remembers the texts that reached it."""

    def __init__(self) -> None:
        self.texts: list[TextMessage] = []
        self.broken = False
        self.rang = asyncio.Event()
        self.slow: asyncio.Event | None = None
        """What the provider waits for before it says that it took a message; the message is there already."""

    async def send_text(self, message: TextMessage) -> None:
        if self.broken:
            raise NotSentError("the network is down")
        self.texts.append(message)
        self.rang.set()
        if self.slow is not None:
            await self.slow.wait()

    @property
    def code(self) -> str:
        """The code of the newest text."""
        return next(word for word in self.texts[-1].body.replace(";", " ").split() if word.isdigit())


class Neighbours:
    """The servers of one machine, joined without a wire."""

    def __init__(self) -> None:
        self.replies: dict[str, Replies] = {}
        self.deaf = False
        """Whether news of a take-over gets lost."""
        self.slow: dict[str, asyncio.Event] = {}
        """What news of a take-over waits for on its way to a server."""
        self.told: asyncio.Queue[str] = asyncio.Queue()
        """Whom such news was sent to."""

    async def superseded(self, owner: str, attempt_id: UUID, generation: int, reason: str) -> None:
        self.told.put_nowait(owner)
        if owner in self.slow:
            await self.slow[owner].wait()
        if self.deaf:
            raise PeerUnreachableError("it does not answer")
        self._at(owner).superseded(attempt_id, generation, reason)

    async def deliver_code(self, owner: str, attempt_id: UUID, code: str, actor: str) -> str:
        return await self._at(owner).deliver_code(attempt_id, code, actor)

    def _at(self, owner: str) -> Replies:
        if owner not in self.replies:
            raise PeerUnreachableError("it is gone")
        return self.replies[owner]


@dataclass
class Gateway:
    """One waiting bind."""

    decisions: list[Decision] = field(default_factory=list)
    ticket: Ticket | None = None
    reachable: bool = True

    def answer(self, decision: Decision) -> bool:
        self.decisions.append(decision)
        return self.reachable

    @property
    def reason(self) -> str:
        assert len(self.decisions) == 1, self.decisions
        return self.decisions[0].reason.value

    def leave(self) -> None:
        assert self.ticket is not None
        self.ticket.abandon()


class Scene:
    """Two servers over one store."""

    def __init__(self, folder: Path, **policy: Any) -> None:
        self.path = folder / "state.sqlite"
        migrate(self.path)
        self.policy = replace(POLICY, **policy)
        self.clock, self.randomness = ManualClock(), ManualRandomness()
        self.directory, self.phone, self.neighbours = KnownPasswords(), Phone(), Neighbours()
        self.stores: list[SqliteStore] = []
        self.clients: dict[str, ClientPolicy] = {self.policy.client: self.policy}
        self.logins: dict[str, Login] = {}
        self.ring = KeyRing({"k1": b"r" * 32}, "k1")
        for server in ("mfa-0/a", "mfa-1/b"):
            self.add_server(server)

    def add_server(self, server: str) -> Login:
        """Start one more server of the group."""
        store = SqliteStore.open(self.path)
        self.stores.append(store)
        texts = TextMessageFactor(self.phone, b"k" * 32, self.randomness)
        parts = Parts(
            store=store,
            directory=self.directory,
            service_accounts=KnownServices(self.directory),
            peers=self.neighbours,
            code_factors=(OathTokenFactor(lambda token: self.ring.open(token.secret, "tokens")), texts),
            prompt_factors={Method.TEXT_MESSAGE: texts},
            policy_of=self.clients.get,
            clock=self.clock,
            randomness=self.randomness,
            hash_key=b"h" * 32,
        )
        self.logins[server] = Login(parts, server)
        self.neighbours.replies[server] = Replies(self.logins[server])
        return self.logins[server]

    @property
    def store(self) -> SqliteStore:
        return self.stores[0]

    async def know_anna(self, **changes: Any) -> None:
        """Import Anna."""
        anna = DirectoryUser(user_id=ANNA.user_id, username="anna", dn=ANNA.dn, phone="+441632960001", **changes)
        await self.store.apply_users("mfa/staff", [anna], self.clock.now())

    def bind(self, server: str = "mfa-0/a", **changes: Any) -> Gateway:
        """Begin a logon at a server."""
        gateway = Gateway()
        asked: LogonRequest = replace(request(policy=self.policy), **changes)
        gateway.ticket = self.logins[server].start(asked, gateway)
        return gateway

    async def settle(self) -> None:
        """Let every server do what it can without waiting."""
        for _ in range(2):  # a server's last act may be to tell another one something
            for login in self.logins.values():
                await login.idle()

    async def bound(self, server: str = "mfa-0/a", **changes: Any) -> Gateway:
        """Begin a logon and let it come to rest."""
        gateway = self.bind(server, **changes)
        await self.settle()
        return gateway

    async def reply(self, code: str, server: str = "mfa-0/a") -> str:
        """Answer as Anna, through a server."""
        result = await self.neighbours.replies[server].reply("anna", code, "test")
        await self.settle()
        return result.outcome.value

    def later(self, seconds: float) -> None:
        """Let time pass, and every server notice."""
        self.clock.advance(seconds)
        for login in self.logins.values():
            login.tick()

    async def close(self) -> None:
        while self.stores:
            await self.stores.pop().close()

    @property
    def now(self) -> datetime:
        return self.clock.now()
