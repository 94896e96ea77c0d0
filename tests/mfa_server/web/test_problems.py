"""Errors as problem documents."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mfa_server.errors import MfaError
from mfa_server.store.errors import StoreUnavailableError
from mfa_server.web.problems import RequestError, problem, problem_handlers

__all__: list[str] = []


class Thing(BaseModel):
    size: int
    parts: list[int] = []


def _invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate({"size": "hunter2", "parts": ["x"]})
    return caught.value


def _answer(error: Exception) -> tuple[int, dict[str, Any]]:
    handlers = problem_handlers()
    handler: Any = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    response = asyncio.run(handler(Request({"type": "http", "path": "/x", "headers": []}), error))
    return response.status_code, json.loads(response.body)


@pytest.mark.parametrize(
    ("error", "status", "document"),
    [
        (MfaError("what happened", hint="what to do", code="why"), 400, ("why", "what happened", "what to do")),
        (RequestError("no user", code="unknownUser"), 404, ("unknownUser", "no user", "")),
        (RequestError("two users", code="ambiguousUser"), 409, ("ambiguousUser", "two users", "")),
        (StoreUnavailableError("no answer"), 503, ("storeUnavailable", "no answer", "")),
        (HTTPException(404), 404, ("unknownRoute", "not found", "")),
        (HTTPException(405), 405, ("methodNotAllowed", "method not allowed", "")),
        (json.JSONDecodeError("x", "secret text", 0), 400, ("badRequest", "the request's body is not JSON", "")),
        (
            ZeroDivisionError("secret text"),
            500,
            ("internalError", "a fault in this program", "the server's log has the details"),
        ),
    ],
)
def test_an_error_becomes_its_document(error: Exception, status: int, document: tuple[str, str, str]) -> None:
    assert _answer(error) == (status, dict(zip(("code", "message", "hint"), document, strict=True)))


def test_every_wrong_field_is_named_and_no_value_is_repeated() -> None:
    status, document = _answer(_invalid())
    assert status == 400
    assert document["message"].startswith("size: Input should be a valid integer")
    assert "parts.0: " in document["message"]
    assert "hunter2" not in str(document)


def test_a_problem_has_code_message_and_hint() -> None:
    response = problem(418, "teapot", "short and stout")
    assert response.status_code == 418
    assert json.loads(bytes(response.body)) == {"code": "teapot", "message": "short and stout", "hint": ""}
