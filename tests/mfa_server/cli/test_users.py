"""``mfa users`` against a real control socket."""

import json

import pytest

from tests.support.control_server import PEOPLE, ControlServer

__all__: list[str] = []


def test_the_list_is_a_table_of_everybody(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("users", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "USERNAME",
        "DISPLAY",
        "NAME",
        "PHONE",
        "METHOD",
        "ENABLED",
        "BLOCKED",
        "UNTIL",
        "LAST",
        "LOGON",
    ]
    assert [line.split()[0] for line in lines[1:]] == ["anna", "bert", "carla"]
    assert "\x1b" not in "".join(lines)


def test_a_limit_says_how_to_go_on(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("users", "list", "--limit", "2", "-o", "json") == 0
    printed = capsys.readouterr()
    assert [user["username"] for user in json.loads(printed.out)] == ["anna", "bert"]
    assert printed.err == f"there may be more: --after {PEOPLE[1].user_id}\n"
    assert control.run("users", "list", "--after", PEOPLE[1].user_id, "-o", "csv") == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("carla,")


def test_a_search_without_a_result_says_so(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("users", "list", "--search", "zz") == 0
    assert capsys.readouterr().err.startswith("no users; directory sync brings them")


def test_show_prints_a_line_for_each_value(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("users", "show", "anna@example.com") == 0
    out = capsys.readouterr().out
    assert "phone:          +441632960001\n" in out
    assert "openChallenges:\n" in out


def test_set_changes_and_shows(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--phone", "01632 960999", "--method", "OathToken", "--text-mode", "OneWay", "--disabled")
    assert control.run("users", "set", "anna", *arguments, "-o", "json") == 0
    user = json.loads(capsys.readouterr().out)
    assert (user["phone"], user["method"], user["textMessageMode"], user["enabled"]) == (
        "+441632960999",
        "OathToken",
        "OneWay",
        False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("set", "anna"),
            2,
            "mfa: invalid value: nothing is to be changed: give at least one option; `mfa users set --help`",
        ),
        (("set", "anna", "--phone", "12"), 1, "mfa: phone: 12 is no phone number that could be dialled; write it as"),
        (("set", "nobody", "--disabled"), 1, "mfa: no user is called nobody; `mfa users list` shows who is known"),
        (("show", "shared@mail.example.com"), 1, "mfa: shared@mail.example.com stands for 2 users: bert@example.com"),
        (("block", "anna"), 2, "mfa: missing option '--reason'"),
        (("block", "anna", "--reason", "x", "--for", "long"), 2, "mfa: invalid value: --for 'long' is not a duration"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    control: ControlServer, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert control.run("users", *arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)
    assert printed.err.count("\n") == 1


def test_block_and_unlock_say_until_when_and_what_ended(
    control: ControlServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.run("users", "block", "anna", "--reason", "stolen", "--for", "8h") == 0
    assert control.run("users", "block", "anna", "--reason", "stolen") == 0
    assert control.run("users", "unlock", "anna") == 0
    assert control.run("users", "unlock", "anna") == 0
    assert capsys.readouterr().out == (
        "anna: blocked until 2031-03-04T17:00:00Z\n"
        "anna: blocked until unlocked\n"
        "anna: unlocked (block ended)\n"
        "anna: unlocked (nothing was in force)\n"
    )
