"""What the control API works with."""

from typing import Any

import pytest
from starlette.requests import Request

from mfa_server.store.records import User
from mfa_server.web.control_services import ACTOR_HEADER, ControlDefaults, ControlServices, actor_of
from mfa_server.web.problems import RequestError
from tests.support.clock import ManualClock, ManualRandomness

__all__: list[str] = []


def _request(actor: str | None) -> Request:
    headers = [] if actor is None else [(ACTOR_HEADER.encode(), actor.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("actor", ["root", "anna as root", "x" * 64])
def test_an_actor_is_named_by_the_header(actor: str) -> None:
    assert actor_of(_request(actor)) == actor


@pytest.mark.parametrize("actor", [None, "", "x" * 65, "a\tb", "a\x85b"])
def test_without_a_printable_actor_nothing_is_done(actor: str | None) -> None:
    with pytest.raises(RequestError, match="the header mfa-actor does not name who gives the command"):
        actor_of(_request(actor))


def test_an_audit_row_names_user_server_and_actor() -> None:
    clock = ManualClock()
    unused: Any = None  # a row is made without store, key ring and reply
    services = ControlServices(
        server="mfa-0",
        store=unused,
        key_ring=unused,
        clock=clock,
        randomness=ManualRandomness(),
        reply=unused,
    )
    event = services.event("userChanged", User("id-1", "anna", "cn=anna"), "root", field="phone")
    assert (event.user_id, event.username, event.server, event.at) == ("id-1", "anna", "mfa-0", clock.now())
    assert event.detail == {"actor": "root", "field": "phone"}
    assert services.new_id() != services.new_id()
    assert services.defaults() == ControlDefaults()
    assert services.status() == {}
