"""Records ⇄ the plain values a driver takes, derived once from a record's annotations.

Times become microseconds, ids 32 hexadecimal digits, sets and JSON values text. A row is read by position: statements select a
record's columns in the order of its fields. Texts and byte strings are held to ``limits`` on the way in; the audit's are cut, since
an event must be written whatever a gateway sent.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from mfa_server.store.limits import LIMITS, check, cut
from mfa_server.store.records import AuditEvent, Challenge, Redelivery, SentCode, Server, Token, User, UserState
from mfa_server.store.sync_records import SyncRun

__all__ = [
    "AUDIT_EVENT",
    "CHALLENGE",
    "REDELIVERY",
    "SENT_CODE",
    "SERVER",
    "SYNC_RUN",
    "TOKEN",
    "USER",
    "USER_STATE",
    "RowCodec",
    "from_micros",
    "to_micros",
]

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return whole microseconds since 1970. Raises TypeError for a time without a zone."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Return the time that ``to_micros`` made the number of, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def _maybe(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _json(value: dict[str, Any]) -> str:
    """Return compact JSON; what is too long is replaced by its length, since half a document is no document."""
    text = json.dumps(value, separators=(",", ":"), default=str)
    return text if len(text) <= LIMITS["detail"] else json.dumps({"tooLong": len(text)})


def _same(value: Any) -> Any:
    return value


_ENCODE: dict[Any, Callable[[Any], Any]] = {
    UUID: lambda value: value.hex,
    datetime: to_micros,
    datetime | None: _maybe(to_micros),
    bool: int,
    frozenset[str]: lambda value: ",".join(sorted(value)),
    dict[str, Any]: _json,
}
_DECODE: dict[Any, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: from_micros,
    datetime | None: _maybe(from_micros),
    bool: bool,
    frozenset[str]: lambda value: frozenset(filter(None, value.split(","))),
    dict[str, Any]: json.loads,
}


class RowCodec(Generic[T]):
    """Encodes and decodes one record type."""

    def __init__(self, record: type[T], *, cutting: bool = False) -> None:
        hints = get_type_hints(record)
        self.names: tuple[str, ...] = tuple(f.name for f in fields(record))  # type: ignore[arg-type]
        self._record = record
        self._values = attrgetter(*self.names)
        self._encode = tuple(self._encoder(name, hints[name], cutting=cutting) for name in self.names)
        self._decode = tuple(_DECODE.get(hints[name], _same) for name in self.names)

    @staticmethod
    def _encoder(name: str, hint: Any, *, cutting: bool) -> Callable[[Any], Any]:
        convert = _ENCODE.get(hint, _same)
        if hint is str and cutting:
            return lambda value: cut(name, value)
        if hint in (str, bytes, frozenset[str]):
            return lambda value: _checked(name, convert(value))
        return convert

    def encode(self, record: T) -> dict[str, Any]:
        """Return column → driver value. Raises StoreRefusedError for a value that is too long."""
        values = zip(self.names, self._encode, self._values(record), strict=True)
        return {name: convert(value) for name, convert, value in values}

    def decode(self, row: Sequence[Any]) -> T:
        """Return the record of a row; columns after those of the record are ignored."""
        return self._record(*(convert(value) for convert, value in zip(self._decode, row, strict=False)))


def _checked(name: str, value: Any) -> Any:
    check(name, value)
    return value


USER = RowCodec(User)
USER_STATE = RowCodec(UserState)
TOKEN = RowCodec(Token)
SENT_CODE = RowCodec(SentCode)
CHALLENGE = RowCodec(Challenge)
REDELIVERY = RowCodec(Redelivery)
AUDIT_EVENT = RowCodec(AuditEvent, cutting=True)
SERVER = RowCodec(Server)
SYNC_RUN = RowCodec(SyncRun, cutting=True)
