"""The control API about OATH tokens."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mfa_server.cli.control_client import ControlRefusedError
from mfa_server.factors.totp import format_base32, parse_base32
from mfa_server.store.keyring import context_of
from mfa_server.web.control_tokens import MOST_TOKENS
from tests.support.control_server import PEOPLE, ControlServer

__all__: list[str] = []

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def _add(control: ControlServer, **body: Any) -> dict[str, Any]:
    return control.client.change("POST", "/user/tokens", body, name="anna")


def test_a_generated_token_is_shown_once_and_kept_sealed(control: ControlServer) -> None:
    shown = _add(control, label="phone")
    query = parse_qs(urlsplit(shown["uri"]).query)
    assert shown["uri"].startswith("otpauth://totp/Example%20Corp:anna@example.com?")
    assert query["secret"] == [shown["secret"]]
    (kept,) = control.do(control.store.list_tokens(PEOPLE[0].user_id))
    assert parse_base32(shown["secret"]) not in kept.secret
    opened = control.key_ring.open(kept.secret, context_of("tokens", "secret", PEOPLE[0].user_id))
    assert format_base32(opened) == shown["secret"]
    listed = control.client.get("/user/tokens", name="anna")
    assert shown["secret"] not in str(listed)
    assert listed["tokens"][0] | {"created": ""} == {
        "id": shown["id"],
        "kind": "totp",
        "label": "phone",
        "digits": 6,
        "period": 30,
        "algorithm": "SHA1",
        "created": "",
        "used": False,
    }


def test_a_given_secret_is_taken_as_people_write_it(control: ControlServer) -> None:
    shown = _add(control, secret=SECRET.lower(), digits=8, period=60, algorithm="SHA256")
    assert shown["secret"] == SECRET
    assert (shown["digits"], shown["period"], shown["algorithm"]) == (8, 60, "SHA256")


def test_the_audit_names_the_token_and_never_its_secret(control: ControlServer) -> None:
    shown = _add(control, secret=SECRET)
    control.clock.advance(1)
    control.client.change("DELETE", "/user/tokens", name="anna", token=shown["id"])
    rows = control.audit()
    assert [row["event"] for row in rows] == ["tokenRemoved", "tokenAdded"]
    assert rows[1]["detail"]["token"] == shown["id"]
    assert SECRET not in str(rows)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"secret": "GEZ1"}, "secretFormat", "character 4 of the token secret is not Base32"),
        ({"secret": ""}, "secretFormat", "the token secret has 0 bytes"),
        ({"secret": "A" * 513}, "badRequest", "secret: String should have at most 512 characters"),
        ({"digits": 5}, "badRequest", "digits"),
        ({"period": 5}, "badRequest", "period"),
        ({"algorithm": "MD5"}, "badRequest", "algorithm"),
        ({"label": "x" * 65}, "badRequest", "label"),
    ],
)
def test_a_bad_token_is_refused_without_its_secret(
    control: ControlServer, body: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ControlRefusedError, match=message) as refused:
        _add(control, **body)
    assert refused.value.code == code
    assert not body.get("secret") or body["secret"] not in str(refused.value)
    assert control.client.get("/user/tokens", name="anna")["tokens"] == []


def test_a_user_has_a_bounded_number_of_tokens(control: ControlServer) -> None:
    for _ in range(MOST_TOKENS):
        _add(control)
    with pytest.raises(ControlRefusedError, match="anna has 10 tokens, the most there can be; remove one first"):
        _add(control)


def test_a_token_is_removed_by_the_beginning_of_its_id_or_its_label(control: ControlServer) -> None:
    first, second = _add(control, label="Key fob"), _add(control)
    with pytest.raises(ControlRefusedError, match="anna has 2 tokens with the id or label"):
        control.client.change("DELETE", "/user/tokens", name="anna", token=first["id"][:4])
    control.client.change("DELETE", "/user/tokens", name="anna", token="key fob")
    assert control.client.change("DELETE", "/user/tokens", name="anna", token=second["id"])["removed"] == second["id"]
    with pytest.raises(ControlRefusedError, match="anna has no token with the id or label"):
        control.client.change("DELETE", "/user/tokens", name="anna", token=second["id"])


def test_a_token_of_somebody_else_is_not_removed(control: ControlServer) -> None:
    token = _add(control)
    with pytest.raises(ControlRefusedError, match="carla has no token"):
        control.client.change("DELETE", "/user/tokens", name="carla", token=token["id"])
