"""``mfa log`` against a real control socket."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from mfa_server.store.records import AuditEvent
from tests.support.control_server import PEOPLE, ControlServer

__all__: list[str] = []


@pytest.fixture
def events(control: ControlServer) -> list[AuditEvent]:
    rows = [
        AuditEvent(
            event_id=UUID(int=(0xAABBCCDD0 + number) << 92),
            at=control.clock.now() - timedelta(minutes=10 * number),
            event="logon",
            result="granted" if number else "refused",
            reason="factorCompleted" if number else "factorExpired",
            user_id=PEOPLE[0].user_id,
            username="anna",
            client="mfa/netscaler",
            detail={"seconds": 4.2},
        )
        for number in range(2)
    ]
    for row in rows:
        control.do(control.store.append(row))
    return rows


def test_the_audit_is_listed_newest_first(
    control: ControlServer, events: list[AuditEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.run("log", "list", "--user", "anna", "--client", "mfa/netscaler", "--event", "logon") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3] for line in lines] == ["RESULT", "refused", "granted"]
    assert str(events[0].event_id) in lines[1]


def test_the_audit_is_filtered(
    control: ControlServer, events: list[AuditEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.run("log", "list", "--since", "5m", "-o", "json") == 0
    assert [row["result"] for row in json.loads(capsys.readouterr().out)] == ["refused"]
    assert control.run("log", "list", "--result", "granted", "--limit", "1", "-o", "csv") == 0
    assert capsys.readouterr().out.splitlines()[1].split(",")[3] == "granted"
    assert control.run("log", "list", "--event", "reload") == 0
    assert capsys.readouterr().err == "nothing in the audit fits\n"


def test_a_row_is_shown_with_its_meaning(
    control: ControlServer, events: list[AuditEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.run("log", "show", str(events[0].event_id)) == 0
    out = capsys.readouterr().out
    assert "detail:  seconds=4.2\n" in out
    assert "meaning: nobody answered in time\n" in out
    assert control.run("log", "show", "aabbccdd", "-o", "json") == 1
    assert capsys.readouterr().err == "mfa: 2 rows have an id that begins with aabbccdd; give more of it\n"
    assert control.run("log", "show", "../../x") == 1
    assert capsys.readouterr().err.startswith("mfa: ")
