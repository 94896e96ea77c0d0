"""The control API as a whole: replies, the audit, servers, sync, and what a stranger's request meets."""

import http.client
import json
import socket
from datetime import timedelta
from uuid import UUID

import pytest

from mfa_server.cli.control_client import ControlRefusedError
from mfa_server.login import ReplyOutcome, ReplyResult
from mfa_server.store.records import AuditEvent, Server
from mfa_server.store.sync_records import SyncRun
from mfa_server.web.control import LARGEST_BODY, REPLY_OUTCOMES
from tests.support.control_server import PEOPLE, ControlServer

__all__: list[str] = []


def _raw(control: ControlServer, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection("localhost", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(control.socket))
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_every_outcome_of_a_reply_has_a_status() -> None:
    assert set(REPLY_OUTCOMES) == {outcome.value for outcome in ReplyOutcome}


@pytest.mark.parametrize("outcome", list(ReplyOutcome))
def test_a_reply_is_handed_on_and_its_outcome_handed_back(control: ControlServer, outcome: ReplyOutcome) -> None:
    control.outcome = ReplyResult(outcome, "because")
    status, answer = control.client.send("POST", "/reply", {"name": "anna"}, {"code": "123456"})
    assert (status < 400) is (outcome in {ReplyOutcome.GRANTED, ReplyOutcome.GRANTED_UNDELIVERED})
    assert answer == {"outcome": outcome.value, "why": "because"}
    assert control.replies[0][:2] == ("anna", "123456")
    assert control.replies[0][2]


@pytest.mark.parametrize("code", ["", "1" * 65])
def test_a_reply_that_is_no_code_goes_nowhere(control: ControlServer, code: str) -> None:
    with pytest.raises(ControlRefusedError, match="code: String should have at"):
        control.client.change("POST", "/reply", {"code": code}, name="anna")
    assert control.replies == []


def _write_audit(control: ControlServer) -> list[AuditEvent]:
    start = control.clock.now()
    events = [
        AuditEvent(
            event_id=UUID(int=(0x1234567 + number) << 96),
            at=start - timedelta(minutes=number),
            event="logon",
            result="granted" if number % 2 else "refused",
            reason="factorCompleted" if number % 2 else "factorExpired",
            user_id=PEOPLE[number % 2].user_id,
            username=PEOPLE[number % 2].username,
            client="mfa/netscaler",
        )
        for number in range(4)
    ]
    for event in events:
        control.do(control.store.append(event))
    return events


def test_the_audit_is_listed_newest_first_and_filtered(control: ControlServer) -> None:
    events = _write_audit(control)
    assert [row["id"] for row in control.client.get("/audit")["events"]] == [str(event.event_id) for event in events]
    assert [row["user"] for row in control.client.get("/audit", user="bert@example.com")["events"]] == ["bert"] * 2
    assert len(control.client.get("/audit", result="granted")["events"]) == 2
    assert len(control.client.get("/audit", client="mfa/other")["events"]) == 0
    assert len(control.client.get("/audit", since="90")["events"]) == 2
    assert len(control.client.get("/audit", since=(events[2].at).isoformat())["events"]) == 3
    assert len(control.client.get("/audit", limit=1)["events"]) == 1


@pytest.mark.parametrize("since", ["yesterday", "2026-11-24T10:00:00", "9" * 30])
def test_a_time_without_a_zone_is_refused(control: ControlServer, since: str) -> None:
    with pytest.raises(ControlRefusedError, match="since is neither seconds nor a time with its zone"):
        control.client.get("/audit", since=since)


def test_a_row_is_found_by_the_beginning_of_its_id(control: ControlServer) -> None:
    events = _write_audit(control)
    (row,) = control.client.get(f"/audit/{str(events[1].event_id)[:8]}")["events"]
    assert row["id"] == str(events[1].event_id)
    with pytest.raises(ControlRefusedError, match="give at least 8 characters"):
        control.client.get("/audit/0123")
    with pytest.raises(ControlRefusedError, match="has the id ffffffff") as refused:
        control.client.get("/audit/ffffffff")
    assert refused.value.code == "unknownEvent"


def test_servers_sync_and_status_are_told(control: ControlServer) -> None:
    now = control.clock.now()
    control.do(control.store.register(Server("mfa-0/1", "mfa-0", "unix:/run/mfa-0.sock", now, now, "1.0", "sha256:0")))
    control.do(control.store.put_sync_run(SyncRun("mfa/staff", now, now, added=3, error="")))
    assert control.client.get("/servers")["servers"][0]["name"] == "mfa-0"
    assert control.client.get("/sync")["sources"][0]["added"] == 3
    assert control.client.get("/status") == {
        "server": "mfa-0",
        "ready": True,
        "bundle": {"digest": "sha256:0", "generation": 1},
    }


@pytest.mark.parametrize(
    ("target", "body", "headers", "status", "word"),
    [
        ("GET /control/v1/nothing", b"", {}, 404, "unknownRoute"),
        ("GET /", b"", {}, 404, "unknownRoute"),
        ("DELETE /control/v1/users", b"", {}, 405, "methodNotAllowed"),
        ("PATCH /control/v1/user?name=anna", b"{}", {}, 400, "mfa-actor"),
        ("PATCH /control/v1/user?name=anna", b"{}", {"mfa_actor": "x" * 65}, 400, "mfa-actor"),
        ("PATCH /control/v1/user?name=anna", b"{", {"mfa_actor": "root"}, 400, "badRequest"),
        ("PATCH /control/v1/user?name=anna", b"\xff", {"mfa_actor": "root"}, 400, "badRequest"),
    ],
)
def test_a_bad_request_meets_a_problem_document(
    control: ControlServer, target: str, body: bytes, headers: dict[str, str], status: int, word: str
) -> None:
    method, path = target.split()
    found, text = _raw(control, method, path, body, headers)
    assert found == status
    assert word in text
    assert {"code", "message", "hint"} <= set(json.loads(text))


def test_a_body_too_large_is_not_read(control: ControlServer) -> None:
    body = b"x" * (LARGEST_BODY + 1)
    assert _raw(control, "POST", "/control/v1/reply?name=anna", body, {"mfa_actor": "root"})[0] == 413
    assert control.replies == []
