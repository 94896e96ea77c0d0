"""Lengths: what does not fit is refused or cut, and what is cut always fits."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.store.errors import StoreRefusedError
from mfa_server.store.limits import LIMITS, check, cut

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=400)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 64, ""),
        ("", ""),
        ("ü" * 64, ""),
        ("x" * 65, "phone has 65 characters, more than the 64 the store keeps; shorten it"),
        ("a\0", "phone holds a NUL or a lone surrogate; remove it"),
        ("\udfff", "phone holds a NUL or a lone surrogate; remove it"),
        (b"\0" * 64, ""),
        (b"x" * 65, "phone has 65 characters, more than the 64 the store keeps; shorten it"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(value: str | bytes, told: str) -> None:
    if not told:
        check("phone", value)
        return
    with pytest.raises(StoreRefusedError) as caught:
        check("phone", value)
    assert str(caught.value) == told


@given(ANY_TEXT)
def test_what_was_cut_can_be_kept_and_is_not_cut_again(text: str) -> None:
    once = cut("username", text)
    check("username", once)
    assert cut("username", once) == once


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=256))
def test_what_fits_is_not_touched(text: str) -> None:
    assert cut("username", text) == text


def test_asking_for_a_limit_is_cheap() -> None:
    code = "import sys, mfa_server.store.limits; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert all(limit > 0 for limit in LIMITS.values())
