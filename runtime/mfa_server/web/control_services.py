"""What the control API works with, handed in by ``app``: the store, the key ring, the present bundle's defaults, the way to a logon."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from starlette.requests import Request

from mfa_server.clock import Clock, Randomness, uuid7
from mfa_server.store.base import Store
from mfa_server.store.keyring import KeyRing
from mfa_server.store.records import AuditEvent, User
from mfa_server.web.problems import RequestError

__all__ = ["ACTOR_HEADER", "ControlDefaults", "ControlServices", "Reply", "actor_of", "find_user"]

ACTOR_HEADER = "mfa-actor"
"""Names the operating system's user who gave the command. He could write anything: whoever may open the socket is trusted with it."""
LONGEST_NAME = 1024
"""Characters of a user's name: a DN may be long."""


class Reply(Protocol):
    """What became of a reply: ``outcome`` is one of the values in ``control.REPLY_OUTCOMES``, ``why`` may add a sentence."""

    @property
    def outcome(self) -> str:
        """The machine-readable outcome."""
        ...

    @property
    def why(self) -> str:
        """More about it, or empty."""
        ...


@dataclass(frozen=True, slots=True)
class ControlDefaults:
    """What the present bundle says about new tokens and typed phone numbers."""

    issuer: str = "MFA"
    """The name that authenticator apps show."""
    digits: int = 6
    period: int = 30
    """Seconds."""
    region: str = ""
    """Two letters: numbers without a country code belong there; empty: such numbers are refused."""


@dataclass(frozen=True, slots=True)
class ControlServices:
    """Everything the control API calls."""

    server: str
    """This server's name, for the audit."""
    store: Store
    key_ring: Callable[[], KeyRing]
    """The present bundle's; asked at every use."""
    clock: Clock
    randomness: Randomness
    reply: Callable[[str, str, str], Awaitable[Reply]]
    """``await reply(user, code, actor)`` brings a reply to the logon that waits, in whichever process."""
    defaults: Callable[[], ControlDefaults] = ControlDefaults
    """Asked at every use, because a reload changes the answer."""
    status: Callable[[], dict[str, Any]] = dict
    """What this process says of itself, as JSON values: readiness, bundle, listeners."""

    def event(self, event: str, user: User, actor: str, **detail: object) -> AuditEvent:
        """Return the audit row of a change that ``actor`` made to ``user``."""
        return AuditEvent(
            event_id=self.new_id(),
            at=self.clock.now(),
            event=event,
            user_id=user.user_id,
            username=user.username,
            server=self.server,
            detail={"actor": actor, **detail},
        )

    def new_id(self) -> UUID:
        """Return a new time-ordered id."""
        return uuid7(self.clock, self.randomness)


def actor_of(request: Request) -> str:
    """Return who gives the command. Raises RequestError where the header is missing or no name."""
    actor = request.headers.get(ACTOR_HEADER, "")
    if not 1 <= len(actor) <= 64 or not actor.isprintable():
        raise RequestError(
            f"the header {ACTOR_HEADER} does not name who gives the command", hint="use 1 to 64 printable characters"
        )
    return actor


async def find_user(store: Store, name: str) -> User:
    """Return the one user that a username, UPN, DN, e-mail address or directory id stands for.

    Raises RequestError: ``unknownUser``, or ``ambiguousUser`` where the name stands for several.
    """
    if not 1 <= len(name) <= LONGEST_NAME:
        raise RequestError("the user's name is missing or too long", hint="give a username, UPN, DN or e-mail address")
    by_id = await store.user(name)
    if by_id is not None:
        return by_id[0]
    found = await store.find_users(name)
    if not found:
        raise RequestError(
            f"no user is called {name}",
            hint="`mfa users list` shows who is known; new people come with the next pass of directory sync",
            code="unknownUser",
        )
    if len(found) > 1:
        raise RequestError(
            f"{name} stands for {len(found)} users: {', '.join(user.upn or user.dn for user in found)}",
            hint="name him by UPN, DN or directory id",
            code="ambiguousUser",
        )
    return found[0]
