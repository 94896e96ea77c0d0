"""The control API about people, over a real socket and a real store."""

from datetime import timedelta
from typing import Any

import pytest

from mfa_server.cli.control_client import ControlRefusedError
from mfa_server.store.records import PromptOutcome
from mfa_server.sync.phones import Phone
from mfa_server.web.control_users import typed_phone
from mfa_server.web.problems import RequestError
from tests.support.challenges import open_challenge
from tests.support.control_server import PEOPLE, ControlServer

__all__: list[str] = []


def test_users_come_in_pages_by_name(control: ControlServer) -> None:
    first = control.client.get("/users", limit=2)
    assert [user["username"] for user in first["users"]] == ["anna", "bert"]
    second = control.client.get("/users", limit=2, after=first["next"])
    assert [user["username"] for user in second["users"]] == ["carla"]
    assert "next" not in second


def test_users_are_searched(control: ControlServer) -> None:
    assert [user["username"] for user in control.client.get("/users", search="ANNA")["users"]] == ["anna"]


@pytest.mark.parametrize("limit", ["0", "501", "x", "-1", "９", "1" * 20])
def test_a_page_has_a_sensible_size(control: ControlServer, limit: str) -> None:
    with pytest.raises(ControlRefusedError, match="limit is not a number from 1 to 500"):
        control.client.get("/users", limit=limit)


@pytest.mark.parametrize(
    "name", ["anna", "ANNA", "anna@example.com", "anna@mail.example.com", PEOPLE[0].dn, PEOPLE[0].user_id]
)
def test_a_user_is_found_by_every_name(control: ControlServer, name: str) -> None:
    user = control.client.get("/user", name=name)
    assert user["username"] == "anna"
    assert user["phone"] == "+441632960001"
    assert user["enabled"] is True
    assert (user["tokens"], user["openChallenges"]) == ([], [])


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("nobody", "unknownUser", "no user is called nobody"),
        ("shared@mail.example.com", "ambiguousUser", "stands for 2 users: bert@example.com, carla@example.com"),
        ("x" * 1025, "badRequest", "the user's name is missing or too long"),
    ],
)
def test_a_name_that_is_not_one_user_is_refused(control: ControlServer, name: str, code: str, message: str) -> None:
    with pytest.raises(ControlRefusedError, match=message) as refused:
        control.client.get("/user", name=name)
    assert refused.value.code == code


def test_set_changes_fields_for_good_and_says_so_in_the_audit(control: ControlServer) -> None:
    changed = control.client.change(
        "PATCH", "/user", {"phone": "01632 960 999", "method": "OathToken", "enabled": False}, name="anna"
    )
    assert (changed["phone"], changed["method"], changed["enabled"]) == ("+441632960999", "OathToken", False)
    assert changed["setByHand"] == ["enabled", "extension", "method", "phone"]
    row = control.audit()[0]
    assert (row["event"], row["user"], row["server"]) == ("userChanged", "anna", "mfa-0")
    assert row["detail"]["actor"]
    assert row["detail"]["changes"]["phone"] == {"from": "+441632960001", "to": "+441632960999"}


def test_an_empty_value_takes_a_field_away(control: ControlServer) -> None:
    control.client.change("PATCH", "/user", {"method": "OathToken", "textMessageMode": "TwoWay"}, name="anna")
    user = control.client.change("PATCH", "/user", {"phone": "", "method": "", "textMessageMode": ""}, name="anna")
    assert {"phone", "method", "textMessageMode"}.isdisjoint(user)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "nothing is to be changed"),
        ({"phone": None}, "nothing is to be changed"),
        ({"method": "Pigeon"}, r"^method: Input should be 'TextMessage', [^;]* or 'RecoveryCode'$"),
        ({"enabled": "perhaps"}, "enabled: Input should be a valid boolean"),
        ({"fone": "1"}, "fone: Extra inputs are not permitted"),
        ({"phone": "x" * 41}, "phone: String should have at most 40 characters"),
        ({"phone": "123"}, "phone: 123 is no phone number that could be dialled"),
        ([], "the request"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_the_field(
    control: ControlServer, body: Any, message: str
) -> None:
    with pytest.raises(ControlRefusedError, match=message):
        control.client.change("PATCH", "/user", body, name="anna")
    assert control.audit() == []


def test_block_lasts_as_long_as_said_and_unlock_ends_it(control: ControlServer) -> None:
    control.client.change("POST", "/user/block", {"reason": "phone stolen", "seconds": 3600}, name="anna")
    user = control.client.get("/user", name="anna")
    assert (user["blockedUntil"], user["blockReason"]) == ("2031-03-04T10:00:00Z", "phone stolen")
    control.clock.advance(3601)
    assert "blockedUntil" not in control.client.get("/user", name="anna")
    control.client.change("POST", "/user/block", {"reason": "gone"}, name="anna")
    assert control.client.get("/user", name="anna")["blockedUntil"] == "forever"
    control.clock.advance(1)
    assert control.client.change("POST", "/user/unlock", name="anna")["ended"] == ["blockedUntil"]
    assert "blockedUntil" not in control.client.get("/user", name="anna")
    events = [(row["event"], row["detail"].get("reason", "")) for row in control.audit()]
    assert events == [("userUnlocked", ""), ("userBlocked", "gone"), ("userBlocked", "phone stolen")]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x", "seconds": 0}, {"reason": "x" * 201}])
def test_a_block_needs_a_reason_and_a_length(control: ControlServer, body: dict[str, Any]) -> None:
    with pytest.raises(ControlRefusedError):
        control.client.change("POST", "/user/block", body, name="anna")


def test_an_open_question_is_shown_without_its_code(control: ControlServer) -> None:
    outcome, _ = control.do(open_challenge(control.store, PEOPLE[0].user_id, control.clock.now(), timedelta(minutes=1)))
    assert outcome is PromptOutcome.OPENED
    shown = control.client.get("/user", name="anna")["openChallenges"]
    assert shown == [
        {
            "client": "mfa/netscaler",
            "method": "TextMessage",
            "prompted": "2031-03-04T09:00:00Z",
            "expires": "2031-03-04T09:01:00Z",
            "waiting": True,
        }
    ]


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("+44 1632 960001", "", Phone("+441632960001")),
        ("01632 960001", "GB", Phone("+441632960001")),
        ("030 901820", "de", Phone("+4930901820")),
        ("+49 30 901820 ext. 17", "", Phone("+4930901820", "17")),
    ],
)
def test_phone_numbers_become_e164(text: str, region: str, phone: Phone) -> None:
    assert typed_phone("phone", text, region) == phone


@pytest.mark.parametrize(
    ("text", "region", "message"),
    [
        ("01632 960001", "", "phone: 01632 960001 has no country code; write it as +441632960000"),
        ("none", "GB", "phone: none is no phone number that could be dialled; write it as +441632960000"),
        (
            "+999 12345678",
            "GB",
            "phone: +999 12345678 is no phone number that could be dialled; write it as +441632960000",
        ),
    ],
)
def test_a_bad_phone_number_is_told_why(text: str, region: str, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        typed_phone("phone", text, region)
    assert str(refused.value) == message
