"""How long a text or byte string in the store may be, in characters or bytes.

One table for the schema (which declares them) and for what is written (SQLite does not enforce a declared length). Kept free of
SQLAlchemy so that other rooms can ask cheaply before they bring something.
"""

from collections.abc import Mapping
from types import MappingProxyType

from mfa_server.store.errors import StoreRefusedError

__all__ = ["LIMITS", "check", "cut"]

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "user_id": 128,
        "username": 256,
        "dn": 1024,
        "upn": 1024,
        "display_name": 256,
        "given_name": 256,
        "surname": 256,
        "email": 320,
        "phone": 64,
        "backup_phone": 64,
        "extension": 64,
        "language": 64,
        "user_group": 320,
        "method": 32,
        "text_message_mode": 32,
        "pin_mode": 32,
        "source": 320,
        "overrides": 512,
        "block_reason": 512,
        "wrong_diagnostic": 1024,
        "wrong_credential": 64,
        "credential": 64,
        "code_hash": 64,
        "client": 512,
        "owner": 320,
        "secret": 512,
        "key_id": 32,
        "kind": 32,
        "label": 256,
        "algorithm": 32,
        "event": 64,
        "result": 32,
        "reason": 64,
        "server": 320,
        "server_id": 320,
        "name": 256,
        "address": 512,
        "version": 64,
        "bundle": 128,
        "detail": 8192,
        "error": 2048,
        "key": 64,
        "value": 512,
    }
)
"""Column name → longest value. A column of this name has this length in every table."""


def check(name: str, value: str | bytes) -> None:
    """Raise StoreRefusedError if ``value`` is too long for the column ``name`` or is no text a database can keep."""
    if len(value) > LIMITS[name]:
        raise StoreRefusedError(
            f"{name} has {len(value)} characters, more than the {LIMITS[name]} the store keeps", hint="shorten it"
        )
    if isinstance(value, str) and not _storable(value):
        raise StoreRefusedError(f"{name} holds a NUL or a lone surrogate", hint="remove it")


def cut(name: str, value: str) -> str:
    """Return ``value`` in a form that always fits: too long a text ends in an ellipsis, what is no text becomes U+FFFD."""
    if not _storable(value):
        value = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
    return value if len(value) <= LIMITS[name] else value[: LIMITS[name] - 1] + "…"


def _storable(value: str) -> bool:
    """Whether every engine can keep the text: PostgreSQL knows no NUL, UTF-8 no surrogates."""
    return (value.isascii() and "\0" not in value) or not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)
