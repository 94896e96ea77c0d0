"""The control API's routes about users: list, show, set, block, unlock."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mfa_server.auth.attempt import Method
from mfa_server.factors.text_message import TextMode
from mfa_server.store.records import User, UserState
from mfa_server.sync.phones import Phone, normalise_phone
from mfa_server.web.control_services import ControlServices, actor_of, find_user
from mfa_server.web.control_views import challenge_view, time_text, token_view, user_view
from mfa_server.web.problems import RequestError

__all__ = ["UserRoutes", "number_argument", "typed_phone"]

FOREVER = datetime.max.replace(tzinfo=UTC)
LARGEST_PAGE = 500


class Body(BaseModel):
    """Base of request bodies: unknown members are errors; texts in error messages never quote the input."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", hide_input_in_errors=True, frozen=True)


class SetUser(Body):
    """Fields to change; an absent one stays. An empty method or mode goes back to the default, an empty phone removes it."""

    phone: Annotated[str, Field(max_length=40)] | None = None
    backup_phone: Annotated[str, Field(max_length=40)] | None = None
    method: Method | Annotated[str, Field(max_length=0)] | None = None
    text_message_mode: TextMode | Annotated[str, Field(max_length=0)] | None = None
    enabled: bool | None = None


class BlockUser(Body):
    """``seconds`` from now; absent: until somebody unlocks him."""

    seconds: Annotated[int, Field(ge=1, le=10 * 366 * 86400)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class UserRoutes:
    """Handlers over one set of services."""

    def __init__(self, services: ControlServices) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted under the API's prefix."""
        return [
            Route("/users", self.index),
            Route("/user", self.show),
            Route("/user", self.change, methods=["PATCH"]),
            Route("/user/block", self.block, methods=["POST"]),
            Route("/user/unlock", self.unlock, methods=["POST"]),
        ]

    async def index(self, request: Request) -> Response:
        """Return one page; ``next`` is the cursor of the page after it, where there is one."""
        limit = number_argument(request, "limit", 100, LARGEST_PAGE)
        query = request.query_params
        rows = await self._services.store.list_users(
            search=query.get("search", ""), after=query.get("after", ""), limit=limit
        )
        now = self._services.clock.now()
        page: dict[str, Any] = {"users": [user_view(user, state, now) for user, state in rows]}
        if len(rows) == limit:
            page["next"] = rows[-1][0].user_id
        return JSONResponse(page)

    async def show(self, request: Request) -> Response:
        """Return one user with tokens and the question that waits for his answer."""
        store = self._services.store
        user = await find_user(store, request.query_params.get("name", ""))
        return JSONResponse(await self._view(user.user_id))

    async def change(self, request: Request) -> Response:
        """Change fields; what is set by hand is not touched by directory sync any more."""
        user = await find_user(self._services.store, request.query_params.get("name", ""))
        actor = actor_of(request)
        wanted = SetUser.model_validate_json(await request.body()).model_dump(exclude_none=True)
        if not wanted:
            raise RequestError("nothing is to be changed", hint="give at least one field")
        region = self._services.defaults().region
        if wanted.get("backup_phone"):
            wanted["backup_phone"] = typed_phone("backupPhone", wanted["backup_phone"], region).number
        if "phone" in wanted:
            phone = typed_phone("phone", wanted["phone"], region) if wanted["phone"] else Phone("")
            wanted |= {"phone": phone.number, "extension": phone.extension}
        changes: dict[str, object] = {name: getattr(value, "value", value) for name, value in wanted.items()}
        told = {to_camel(name): {"from": getattr(user, name), "to": value} for name, value in changes.items()}
        event = self._services.event("userChanged", user, actor, changes=told)
        await self._services.store.set_user(user.user_id, changes, event)
        return JSONResponse(await self._view(user.user_id))

    async def block(self, request: Request) -> Response:
        """Block a user: no logon is granted to him, one that waits ends."""
        user = await find_user(self._services.store, request.query_params.get("name", ""))
        actor = actor_of(request)
        body = BlockUser.model_validate_json(await request.body())
        until = FOREVER
        if body.seconds is not None:
            until = self._services.clock.now() + timedelta(seconds=body.seconds)
        event = self._services.event("userBlocked", user, actor, until=time_text(until), reason=body.reason)
        await self._services.store.block(user.user_id, until, body.reason, event)
        return JSONResponse(await self._view(user.user_id))

    async def unlock(self, request: Request) -> Response:
        """End block, lock-outs and the prompt pause; ``ended`` lists what was in force."""
        user = await find_user(self._services.store, request.query_params.get("name", ""))
        actor = actor_of(request)
        before = await self._view(user.user_id)
        ended = [name for name in _IN_FORCE if name in before]
        event = self._services.event("userUnlocked", user, actor, ended=ended)
        await self._services.store.unlock(user.user_id, event)
        return JSONResponse(await self._view(user.user_id) | {"ended": ended})

    async def _view(self, user_id: str) -> dict[str, Any]:
        store, now = self._services.store, self._services.clock.now()
        row: tuple[User, UserState] | None = await store.user(user_id)
        if row is None:  # deleted between two statements
            raise RequestError("the user is gone", code="unknownUser")
        view = user_view(*row, now)
        view["tokens"] = [token_view(token) for token in await store.list_tokens(user_id)]
        view["openChallenges"] = [challenge_view(each) for each in await store.open_challenges(user_id, now)]
        return view


_IN_FORCE = ("blockedUntil", "passwordLockedUntil", "factorLockedUntil", "promptsPausedUntil")


def number_argument(request: Request, name: str, default: int, largest: int) -> int:
    """Return a whole number between 1 and ``largest`` from the query. Raises RequestError."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= largest):
        raise RequestError(f"{name} is not a number from 1 to {largest}")
    return int(text)


def typed_phone(field: str, text: str, region: str) -> Phone:
    """Return a phone number that an administrator typed. ``region`` (two letters, may be empty) is that of national numbers.

    Raises RequestError naming the field.
    """
    phone = normalise_phone(text, region.upper() or None)
    if phone is not None:
        return phone
    what = "is no phone number that could be dialled"
    if not region and not text.lstrip().startswith(("+", "00")):
        what = "has no country code"
    raise RequestError(f"{field}: {text} {what}", hint="write it as +441632960000", code="badPhone")
