"""Logs: JSON lines for machines, aligned text on a terminal, and never a secret by name.

Rooms log through ``structlog.get_logger(__name__)`` with fields, not sentences with values inside. ``configure`` is called once per
process, before the first line; what third-party libraries log through ``logging`` goes the same way. A field whose name says that
it holds a password, code, secret or credential is withheld, at any depth: a mistake in a call must not end in a file.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

import structlog
from typing_extensions import override

__all__ = ["WITHHELD", "configure", "withhold_secrets"]

WITHHELD = "[withheld]"
"""What is logged in a secret's place."""

_SECRET_WORDS = frozenset(
    {"password", "passwd", "passphrase", "secret", "secrets", "credential", "credentials", "pin", "otp", "seed"}
)
_CODES_OF_RESULT = frozenset({"result", "status", "exit", "error", "sub", "return", "country"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DEPTH = 6


def configure(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send all logs of this process to ``stream`` (standard error by default), from ``level`` on.

    JSON unless the stream is a terminal. Tracebacks never show local variables: those may hold a password.
    """
    out = sys.stderr if stream is None else stream
    renderer: structlog.typing.Processor
    if out.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ready: list[structlog.typing.Processor] = [renderer]
    else:
        ready = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold_secrets,
            *ready,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines(out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge()]
    root.setLevel(max(level, logging.WARNING))


def withhold_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of fields that are secret by name; a structlog processor."""
    for name in event:
        event[name] = WITHHELD if _is_secret(name) else _cleaned(event[name], _DEPTH)
    return event


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not _SECRET_WORDS.isdisjoint(words):
        return True
    before_code = [words[place - 1] if place else "" for place, word in enumerate(words) if word in {"code", "codes"}]
    return any(word not in _CODES_OF_RESULT for word in before_code)


def _cleaned(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        if not depth:
            return WITHHELD
        return {name: WITHHELD if _is_secret(str(name)) else _cleaned(each, depth - 1) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_cleaned(each, depth - 1) for each in value] if depth else WITHHELD
    return value


class _Lines:
    """Writes lines to a stream, and never fails: a disk that is full or a reader that left must not end a server.

    What the stream does not take is lost. It is its own logger factory.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, *_: object) -> "_Lines":
        return self

    def msg(self, line: str) -> None:
        """Write one line."""
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = warn = error = err = critical = fatal = exception = log = msg


class _Bridge(logging.Handler):
    """Hands what libraries log to structlog."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        logger = structlog.get_logger()
        logger.log(record.levelno, message, logger=record.name, exc_info=record.exc_info or None)
