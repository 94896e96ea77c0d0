"""Errors as JSON problem documents: ``{"code", "message", "hint"}`` with a fitting HTTP status (after RFC 9457).

The texts are those of ``MfaError``, which never hold a secret. Anything unexpected becomes ``internalError`` without a word about
the cause: that stands in the log.
"""

import json
from collections.abc import Mapping

import structlog
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

from mfa_server.errors import MfaError

__all__ = ["RequestError", "problem", "problem_handlers"]

STATUSES = {
    "unknownUser": 404,
    "unknownToken": 404,
    "unknownEvent": 404,
    "ambiguousUser": 409,
    "storeUnavailable": 503,
}
"""HTTP status by error code; every other deliberate error is the caller's: 400."""


class RequestError(MfaError):
    """A request that cannot be carried out as it came; ``code`` says of which kind."""

    code = "badRequest"


def problem(status: int, code: str, message: str, hint: str = "") -> JSONResponse:
    """Return one problem document."""
    return JSONResponse({"code": code, "message": message, "hint": hint}, status)


def problem_handlers() -> Mapping[type[Exception], ExceptionHandler]:
    """Return the exception handlers of an application that answers with problems only."""
    return {
        MfaError: _deliberate,
        ValidationError: _invalid,
        json.JSONDecodeError: _not_json,
        HTTPException: _http,
        Exception: _unexpected,
    }


async def _deliberate(_: Request, error: Exception) -> Response:
    assert isinstance(error, MfaError)  # noqa: S101 - registered for this class
    return problem(STATUSES.get(error.code, 400), error.code, error.message, error.hint)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)  # noqa: S101 - registered for this class
    findings = error.errors(include_url=False, include_context=False, include_input=False)
    first: dict[str, str] = {}
    for each in findings:
        first.setdefault(".".join(filter(_is_field, map(str, each["loc"]))) or "the request", each["msg"])
    return problem(400, "badRequest", "; ".join(f"{field}: {message}" for field, message in first.items()))


def _is_field(part: str) -> bool:
    """Whether a part of a finding's place is a field or a number and not pydantic's name of one of several types."""
    return "-" not in part and "[" not in part


async def _not_json(_: Request, __: Exception) -> Response:
    return problem(400, "badRequest", "the request's body is not JSON")


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    code = {404: "unknownRoute", 405: "methodNotAllowed", 413: "tooLarge"}.get(error.status_code, "badRequest")
    return problem(error.status_code, code, str(error.detail).lower())


async def _unexpected(request: Request, error: Exception) -> Response:
    structlog.get_logger(__name__).error("request failed", path=request.url.path, error=repr(error), exc_info=error)
    return problem(500, "internalError", "a fault in this program", "the server's log has the details")
