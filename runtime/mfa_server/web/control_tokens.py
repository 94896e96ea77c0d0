"""The control API's routes about OATH tokens: list, add, remove."""

from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mfa_server.factors.totp import format_base32, generate_secret, parse_base32, provisioning_uri
from mfa_server.store.keyring import context_of
from mfa_server.store.records import Token, User
from mfa_server.web.control_services import ControlServices, actor_of, find_user
from mfa_server.web.control_users import Body
from mfa_server.web.control_views import token_view
from mfa_server.web.problems import RequestError

__all__ = ["MOST_TOKENS", "TokenRoutes"]

MOST_TOKENS = 10
"""Tokens of one user: each is compared at every typed code."""


class AddToken(Body):
    """A token to add; without ``secret`` one is generated, without digits and period the server group's are used."""

    secret: Annotated[str | None, Field(max_length=512, repr=False)] = None
    label: Annotated[str, Field(max_length=64)] = ""
    digits: Literal[6, 7, 8] | None = None
    period: Annotated[int, Field(ge=10, le=120)] | None = None
    algorithm: Literal["SHA1", "SHA256", "SHA512"] = "SHA1"


class TokenRoutes:
    """Handlers over one set of services."""

    def __init__(self, services: ControlServices) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted under the API's prefix."""
        return [
            Route("/user/tokens", self.index),
            Route("/user/tokens", self.add, methods=["POST"]),
            Route("/user/tokens", self.remove, methods=["DELETE"]),
        ]

    async def index(self, request: Request) -> Response:
        """Return a user's tokens, oldest first."""
        user = await find_user(self._services.store, request.query_params.get("name", ""))
        tokens = await self._services.store.list_tokens(user.user_id)
        return JSONResponse({"user": user.username, "tokens": [token_view(token) for token in tokens]})

    async def add(self, request: Request) -> Response:
        """Add a token. The answer is the only place where its secret is ever shown."""
        services = self._services
        user = await find_user(services.store, request.query_params.get("name", ""))
        actor = actor_of(request)
        body = AddToken.model_validate_json(await request.body())
        if len(await services.store.list_tokens(user.user_id)) >= MOST_TOKENS:
            raise RequestError(
                f"{user.username} has {MOST_TOKENS} tokens, the most there can be", hint="remove one first"
            )
        secret = generate_secret(services.randomness) if body.secret is None else parse_base32(body.secret)
        token = self._token(user, body, secret)
        event = services.event("tokenAdded", user, actor, token=str(token.token_id), generated=body.secret is None)
        await services.store.add_token(token, event)
        uri = provisioning_uri(
            services.defaults().issuer,
            user.upn or user.username,
            secret,
            digits=token.digits,
            period=token.period,
            algorithm=token.algorithm,
        )
        shown = {"user": user.username, "uri": uri, "secret": format_base32(secret)}
        return JSONResponse(token_view(token) | shown, 201, {"cache-control": "no-store"})

    async def remove(self, request: Request) -> Response:
        """Remove one token of a user, by its id or the beginning of it."""
        services = self._services
        user = await find_user(services.store, request.query_params.get("name", ""))
        actor = actor_of(request)
        wanted = request.query_params.get("token", "").lower()
        fitting = [
            token.token_id
            for token in await services.store.list_tokens(user.user_id)
            if wanted and (str(token.token_id).startswith(wanted) or (token.label and token.label.lower() == wanted))
        ]
        if len(fitting) != 1:
            what = "no token" if not fitting else f"{len(fitting)} tokens"
            raise RequestError(
                f"{user.username} has {what} with the id or label {wanted or '(none given)'}",
                hint="`mfa tokens list` shows them",
                code="unknownToken",
            )
        await services.store.remove_token(
            fitting[0], services.event("tokenRemoved", user, actor, token=str(fitting[0]))
        )
        return JSONResponse({"user": user.username, "removed": str(fitting[0])})

    def _token(self, user: User, body: AddToken, secret: bytes) -> Token:
        services, defaults = self._services, self._services.defaults()
        return Token(
            token_id=services.new_id(),
            user_id=user.user_id,
            secret=services.key_ring().seal(secret, context_of("tokens", "secret", user.user_id)),
            label=body.label,
            digits=body.digits or defaults.digits,
            period=body.period or defaults.period,
            algorithm=body.algorithm,
            created_at=services.clock.now(),
        )
