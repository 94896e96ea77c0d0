"""The keys that seal secrets at rest, and the keyed hashes derived from them.

A sealed field is ``version (1) | length of key id (1) | key id | nonce (12) | AES-256-GCM ciphertext and tag``. Table, column and user
are its associated data: a field copied to another column or another person does not open. New fields are sealed by the primary key;
every key of the ring opens. The key file must be backed up apart from the database, which is worthless to a thief without it and to
its owner as well.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from typing_extensions import override

from mfa_server.store.errors import SealError
from mfa_server.store.limits import LIMITS

__all__ = ["KeyRing", "context_of", "key_id_of"]

_VERSION: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_FILE_BYTES: Final = 64 * 1024
_FIRST_KEY_ID: Final = "k1"


class KeyRing:
    """AES-256 keys by id, one of them the primary."""

    def __init__(self, keys: Mapping[str, bytes], primary: str) -> None:
        if primary not in keys:
            raise SealError(f"the primary key {primary!r} is not among the keys", hint="add it, or name another")
        for key_id, key in keys.items():
            if not (key_id.isascii() and key_id.isprintable() and 0 < len(key_id) <= LIMITS["key_id"]):
                raise SealError("a key id is not 1 to 32 printable ASCII characters", hint="use ids like k1, k2")
            if len(key) != _KEY_BYTES:
                raise SealError(f"key {key_id} has {len(key)} bytes", hint="AES-256 needs 32")
        self._keys = dict(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.primary = primary

    @override
    def __repr__(self) -> str:
        return f"KeyRing(ids={sorted(self._keys)}, primary={self.primary!r})"

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the keys."""
        return frozenset(self._keys)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return the sealed field. ``context`` is that of ``context_of`` and has to be the same at ``open``."""
        key_id = self.primary.encode("ascii")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = bytes((_VERSION, len(key_id))) + key_id
        # The head is authenticated too, so that nobody points a field at another key.
        return head + nonce + self._ciphers[self.primary].encrypt(nonce, plaintext, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plaintext. Raises SealError: unknown key, changed bytes, or sealed for another context."""
        key_id = key_id_of(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealError(f"the key {key_id} that sealed a field is missing", hint="restore it", code="keyMissing")
        start = 2 + len(key_id)
        head, nonce, body = sealed[:start], sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, head + context.encode())
        except InvalidTag:
            raise SealError(
                f"a field sealed by key {key_id} does not open",
                hint="it was changed, belongs to another user or column, or the key of that id is another one",
            ) from None

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes of an own key for ``purpose`` (HKDF-SHA-256, RFC 5869) from the primary key.

        Every server of the ring derives the same. What it keys lives for minutes, so a new primary only makes waiting ones start over.
        """
        kdf = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=b"mfa-server " + purpose.encode())
        return kdf.derive(self._keys[self.primary])

    def require(self, used: AbstractSet[str]) -> None:
        """Raise SealError unless every key id in ``used`` (``TokenStore.key_ids``) is in the ring."""
        missing = sorted(used - self._keys.keys())
        if missing:
            raise _key_missing(missing, "the key ring")

    @classmethod
    def from_secret(cls, data: bytes) -> "KeyRing":
        """Read a key ring from a Secret's value: JSON ``{"primary": id, "keys": {id: base64}}``, 32 raw bytes, or base64 of 32."""
        if len(data) == _KEY_BYTES:
            return cls({_FIRST_KEY_ID: data}, _FIRST_KEY_ID)
        text = data.strip()
        if text.startswith(b"{"):
            return cls._from_json(text)
        return cls({_FIRST_KEY_ID: _decoded(text, _FIRST_KEY_ID)}, _FIRST_KEY_ID)

    @classmethod
    def _from_json(cls, text: bytes) -> "KeyRing":
        try:
            document: Any = json.loads(text)
            primary, keys = document["primary"], document["keys"]
            pairs = {str(key_id): str(key) for key_id, key in keys.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise SealError(
                "the key ring is not JSON of the expected form",
                hint='write {"primary": "k1", "keys": {"k1": "…base64…"}}',
            ) from None
        return cls({key_id: _decoded(key.encode(), key_id) for key_id, key in pairs.items()}, str(primary))

    @classmethod
    def load_or_create(cls, path: Path, *, used: AbstractSet[str] = frozenset()) -> "KeyRing":
        """Read the key file, or make one with a fresh key (mode 0600).

        ``used`` are the key ids found in the store. Raises SealError if one of them is not in the ring, and never makes a new key
        while the store holds sealed fields: they would be lost. Several processes may call it at once; one of them makes the file.
        """
        if not path.exists():
            if used:
                raise _key_missing(sorted(used), str(path))
            _create(path)
        try:
            with path.open("rb") as file:
                ring = cls.from_secret(file.read(_FILE_BYTES))
        except OSError as error:
            raise SealError(f"{path} cannot be read ({error.strerror})", hint="check its owner and mode") from error
        missing = sorted(used - ring.ids)
        if missing:
            raise _key_missing(missing, str(path))
        return ring


def context_of(table: str, column: str, user_id: str) -> str:
    """Return the context a field is sealed for, as ``tokens|secret|<user id>``."""
    return f"{table}|{column}|{user_id}"


def key_id_of(sealed: bytes) -> str:
    """Return which key sealed a field. Raises SealError if it is no sealed field."""
    length = sealed[1] if len(sealed) > 1 else 0
    if not length or sealed[0] != _VERSION or len(sealed) < 2 + length + _NONCE_BYTES + _TAG_BYTES:
        raise SealError("a field that should be sealed is not", hint="only a key ring writes it")
    key_id = sealed[2 : 2 + length]
    if not key_id.isascii():
        raise SealError("a field that should be sealed is not", hint="only a key ring writes it")
    return key_id.decode("ascii")


def _key_missing(missing: list[str], where: str) -> SealError:
    return SealError(
        f"KeyMissing: the store holds fields sealed by {', '.join(missing)}, which {where} does not have",
        hint="restore the key from its backup; a new one could not open the users' tokens",
        code="keyMissing",
    )


def _decoded(text: bytes, key_id: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealError(
            f"key {key_id} is neither 32 bytes nor base64", hint="make one with: openssl rand -base64 32"
        ) from None


def _create(path: Path) -> None:
    """Write a fresh key where no file is; complete or not at all, and nobody's file is replaced."""
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
    text = json.dumps({"primary": _FIRST_KEY_ID, "keys": {_FIRST_KEY_ID: key}}) + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A hard link fails where the name is taken, like O_EXCL, and shows the file only when it is whole.
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            draft.unlink()
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise SealError(f"{path} cannot be written ({error.strerror})", hint="check the directory's owner") from error
