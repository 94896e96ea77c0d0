"""Which controls share a connection, and the paging control's value."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.directories.controls import (
    SEARCH_CONTROLS,
    STATELESS_CONTROLS,
    keeps_state,
    paged_results,
    paged_results_cookie,
    password_must_change,
)
from mfa_server.ldap import Control, ProtocolViolation, oids


def test_no_control_needs_no_connection_of_its_own() -> None:
    assert not keeps_state(())


@pytest.mark.parametrize("control", sorted(STATELESS_CONTROLS))
def test_a_stateless_control_shares(control: str) -> None:
    assert not keeps_state((Control(control),))


@pytest.mark.parametrize(
    "control",
    [
        oids.PAGED_RESULTS,
        oids.VIRTUAL_LIST_VIEW,
        oids.DIR_SYNC,
        oids.PERSISTENT_SEARCH,
        oids.SYNC_REQUEST,
        "1.2.840.113556.1.4.528",
        "1.2.3.4.5",
    ],
)
def test_a_stateful_or_unknown_one_does_not_even_beside_stateless_ones(control: str) -> None:
    assert keeps_state((Control(oids.SERVER_SORT), Control(control)))


def test_proxied_authorization_is_not_announced() -> None:
    assert oids.PROXIED_AUTHORIZATION not in SEARCH_CONTROLS


@given(st.integers(0, 2**31 - 1), st.binary(max_size=300))
def test_a_cookie_comes_back_as_it_went(size: int, cookie: bytes) -> None:
    assert paged_results_cookie((paged_results(size, cookie),)) == cookie


def test_without_the_control_there_is_no_further_page() -> None:
    assert paged_results_cookie((Control(oids.SERVER_SORT, value=b"x"),)) == b""


@given(st.binary(max_size=40))
def test_any_value_gives_a_cookie_or_the_documented_error(value: bytes) -> None:
    with contextlib.suppress(ProtocolViolation):
        paged_results_cookie((Control(oids.PAGED_RESULTS, value=value),))


@pytest.mark.parametrize(
    ("value", "must_change"),
    [
        pytest.param(b"\x30\x03\x81\x01\x02", True, id="changeAfterReset"),
        pytest.param(b"\x30\x08\xa0\x03\x80\x01\x05\x81\x01\x02", True, id="beside a warning"),
        pytest.param(b"\x30\x05\xa0\x03\x80\x01\x05", False, id="a warning alone"),
        pytest.param(b"\x30\x03\x81\x01\x01", False, id="accountLocked, which the result tells"),
        pytest.param(b"\x30\x00", False, id="nothing to say"),
        pytest.param(b"\x30\x05", True, id="malformed"),
    ],
)
def test_a_password_that_must_be_changed_is_told_by_the_control(value: bytes, must_change: bool) -> None:  # noqa: FBT001 - a table
    assert password_must_change((Control(oids.PASSWORD_POLICY, value=value),)) == must_change


def test_without_the_control_nothing_must_be_changed() -> None:
    assert not password_must_change((Control(oids.PASSWORD_POLICY), Control(oids.SERVER_SORT, value=b"x")))
