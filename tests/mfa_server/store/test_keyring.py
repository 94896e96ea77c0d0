"""The key ring: what it seals only it opens, for that person and column."""

import base64
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.store.errors import SealError
from mfa_server.store.keyring import KeyRing, context_of, key_id_of

KEY, OTHER = b"1" * 32, b"2" * 32
RING = KeyRing({"k1": KEY, "k2": OTHER}, "k1")
HERE = context_of("tokens", "secret", "5f3b")


@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_was_sealed_opens_in_its_context(plaintext: bytes, user_id: str) -> None:
    context = context_of("tokens", "secret", user_id)
    assert RING.open(RING.seal(plaintext, context), context) == plaintext


def test_sealing_twice_gives_two_fields() -> None:
    assert RING.seal(b"same", HERE) != RING.seal(b"same", HERE)


def test_a_field_is_small_and_names_its_key() -> None:
    sealed = RING.seal(b"s" * 32, HERE)
    assert (len(sealed), sealed[0], key_id_of(sealed)) == (2 + 2 + 12 + 32 + 16, 1, "k1")
    assert b"s" * 8 not in sealed


@pytest.mark.parametrize("context", [context_of("tokens", "secret", "other"), context_of("users", "pin", "5f3b"), ""])
def test_a_field_pasted_elsewhere_does_not_open(context: str) -> None:
    with pytest.raises(SealError, match="a field sealed by key k1 does not open; it was changed, belongs to another"):
        RING.open(RING.seal(b"secret", HERE), context)


@given(st.integers(0, 61), st.integers(1, 255))
def test_any_changed_byte_is_noticed(position: int, difference: int) -> None:
    sealed = bytearray(RING.seal(b"s" * 32, HERE))
    sealed[position] ^= difference
    with pytest.raises(SealError):
        RING.open(bytes(sealed), HERE)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_without_another_error(noise: bytes) -> None:
    with pytest.raises(SealError):
        RING.open(noise, HERE)


def test_every_key_opens_and_the_primary_seals() -> None:
    old = KeyRing({"k2": OTHER}, "k2").seal(b"secret", HERE)
    assert RING.open(old, HERE) == b"secret"
    assert key_id_of(RING.seal(b"secret", HERE)) == "k1"


def test_a_missing_key_is_named() -> None:
    with pytest.raises(SealError, match="the key k1 that sealed a field is missing; restore it") as caught:
        KeyRing({"k2": OTHER}, "k2").open(RING.seal(b"secret", HERE), HERE)
    assert caught.value.code == "keyMissing"


def test_the_same_id_with_another_key_does_not_open() -> None:
    with pytest.raises(SealError, match="or the key of that id is another one"):
        KeyRing({"k1": OTHER}, "k1").open(RING.seal(b"secret", HERE), HERE)


def test_derived_keys_differ_by_purpose_and_by_ring_and_are_the_same_everywhere() -> None:
    again = KeyRing({"k1": KEY}, "k1")
    assert RING.derive("credential") == again.derive("credential")
    assert len({RING.derive("credential"), RING.derive("code"), KeyRing({"k1": OTHER}, "k1").derive("code"), KEY}) == 4
    assert len(RING.derive("x")) == 32


def test_no_text_of_the_ring_shows_a_key() -> None:
    for text in (repr(RING), str(RING)):
        assert text == "KeyRing(ids=['k1', 'k2'], primary='k1')"


@pytest.mark.parametrize(
    ("keys", "primary", "told"),
    [
        ({"k1": KEY}, "k2", "the primary key 'k2' is not among the keys"),
        ({}, "k1", "the primary key 'k1' is not among the keys"),
        ({"k1": KEY[:31]}, "k1", "key k1 has 31 bytes; AES-256 needs 32"),
        ({"": KEY}, "", "a key id is not 1 to 32 printable ASCII characters"),
        ({"k" * 33: KEY}, "k" * 33, "a key id is not 1 to 32 printable ASCII characters"),
        ({"ü": KEY}, "ü", "a key id is not 1 to 32 printable ASCII characters"),
    ],
)
def test_a_ring_that_cannot_work_is_refused(keys: dict[str, bytes], primary: str, told: str) -> None:
    with pytest.raises(SealError) as caught:
        KeyRing(keys, primary)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        KEY,
        base64.b64encode(KEY),
        base64.b64encode(KEY) + b"\n",
        json.dumps({"primary": "k1", "keys": {"k1": base64.b64encode(KEY).decode()}}).encode(),
    ],
    ids=["raw", "base64", "base64 and newline", "JSON"],
)
def test_a_secret_may_be_raw_base64_or_json(data: bytes) -> None:
    assert KeyRing.from_secret(data).derive("x") == RING.derive("x")


def test_a_secret_of_several_keys_says_which_seals() -> None:
    keys = {"a": base64.b64encode(KEY).decode(), "b": base64.b64encode(OTHER).decode()}
    ring = KeyRing.from_secret(json.dumps({"primary": "b", "keys": keys}).encode())
    assert (ring.primary, ring.ids) == ("b", frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"{",
        b"{}",
        b'{"primary": "k1", "keys": []}',
        b'{"primary": "k1", "keys": {"k1": 7}}',
        b"\xff" * 33,
        base64.b64encode(KEY[:31]),
        b'{"primary": "k1", "keys": {"k1": "!"}}',
        b'{"a":' * 9999,
        b"[" * 99999,
    ],
    ids=lambda data: repr(data[:40]),
)
def test_a_secret_that_is_no_key_is_refused_without_being_shown(data: bytes) -> None:
    with pytest.raises(SealError) as caught:
        KeyRing.from_secret(data)
    assert caught.value.__cause__ is None
    assert caught.value.hint


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = KeyRing.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.load_or_create(path, used={"k1"}).open(made.seal(b"x", HERE), HERE) == b"x"
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]


def test_no_key_is_made_while_the_store_holds_fields_of_a_lost_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(
        SealError, match=r"KeyMissing: .* sealed by k7, which .*keys.json does not have; restore the key"
    ):
        KeyRing.load_or_create(path, used={"k7"})
    assert not path.exists()
    KeyRing.load_or_create(path)
    with pytest.raises(SealError, match="sealed by k7"):
        KeyRing.load_or_create(path, used={"k1", "k7"})


def test_a_ring_can_be_held_against_the_store() -> None:
    RING.require({"k1", "k2"})
    RING.require(set())
    with pytest.raises(SealError, match="KeyMissing: the store holds fields sealed by a, b") as caught:
        RING.require({"b", "k1", "a"})
    assert caught.value.code == "keyMissing"


def test_many_that_make_the_file_at_once_have_the_same_key(tmp_path: Path) -> None:
    derived: list[bytes] = []
    crowd = [
        threading.Thread(target=lambda: derived.append(KeyRing.load_or_create(tmp_path / "k").derive("x")))
        for _ in range(8)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(derived) == 8
    assert len(set(derived)) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["k"]


def absent(path: Path) -> Path:
    return path / "absent" / "keys.json"


def folder(path: Path) -> Path:
    return path


@pytest.mark.parametrize(("where", "told"), [(absent, "cannot be written"), (folder, "cannot be read")])
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, where: Callable[[Path], Path], told: str) -> None:
    with pytest.raises(SealError, match=told):
        KeyRing.load_or_create(where(tmp_path))
