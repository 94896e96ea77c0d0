"""Printing lists and objects."""

import csv
import io
import json
import sys
from typing import Any

import pytest
import yaml
from typing_extensions import override

from mfa_server.cli.output import Format, print_object, print_rows, printable

__all__: list[str] = []

ROWS: list[dict[str, Any]] = [
    {"name": "anna", "lastLogon": "2026-11-24T10:00:00Z", "enabled": True, "extra": [1, 2]},
    {"name": 'bert "b",\x1b[31m', "enabled": False},
]
COLUMNS = ("name", "lastLogon", "enabled")


def test_a_table_is_aligned_and_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, Format.TABLE)
    assert capsys.readouterr().out == (
        "NAME            LAST LOGON            ENABLED\n"
        "anna            2026-11-24T10:00:00Z  yes\n"
        'bert "b",�[31m                        no\n'
    )


def test_json_and_yaml_have_everything(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, Format.JSON)
    assert json.loads(capsys.readouterr().out) == ROWS
    print_rows(ROWS, COLUMNS, Format.YAML)
    assert yaml.safe_load(capsys.readouterr().out) == ROWS


def test_csv_has_the_columns_by_key(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, Format.CSV)
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read == [
        ["name", "lastLogon", "enabled"],
        ["anna", "2026-11-24T10:00:00Z", "yes"],
        ['bert "b",�[31m', "", "no"],
    ]


def test_an_empty_table_says_so_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], COLUMNS, Format.TABLE, "nobody")
    assert capsys.readouterr() == ("", "nobody\n")
    print_rows([], COLUMNS, Format.JSON, "nobody")
    assert capsys.readouterr() == ("[]\n", "")


def test_an_object_is_a_line_for_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    values = {
        "name": "anna",
        "enabled": True,
        "tags": ["a", "b"],
        "nothing": None,
        "tokens": [{"id": 1, "used": False}],
    }
    print_object(values, Format.TABLE)
    assert capsys.readouterr().out == "name:    anna\nenabled: yes\ntags:    a, b\nnothing:\ntokens:\n  id=1  used=no\n"
    print_object(values, Format.JSON)
    assert json.loads(capsys.readouterr().out) == values
    print_object(values, Format.CSV)
    assert capsys.readouterr().out.splitlines()[:2] == ["name,anna", "enabled,yes"]


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "escapes"), [("", True), ("1", False)])
def test_a_terminal_gets_a_drawn_table_and_no_color_is_honoured(
    monkeypatch: pytest.MonkeyPatch, no_color: str, *, escapes: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_color)
    print_rows([{"name": "[bold]anna[/bold]"}], ("name",), Format.TABLE)
    assert "[bold]anna[/bold]" in terminal.getvalue()
    assert ("\x1b[3" in terminal.getvalue()) is False
    assert ("\x1b[1m" in terminal.getvalue()) or not escapes


def test_a_terminal_that_is_too_narrow_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    row = {"username": "anna", "displayName": "Anna Example", "phone": "+4915112345600", "lastLogon": "2026-11-24"}
    print_rows([row], tuple(row), Format.TABLE)
    title, line = terminal.getvalue().splitlines()
    assert title.split() == ["USERNAME", "DISPLAY", "NAME", "PHONE", "LAST", "LOGON"]
    assert line.split() == ["anna", "Anna", "Example", "+4915112345600", "2026-11-24"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ([], ""), ({}, ""), (True, "yes"), (0, "0"), ({"a": [1, 2]}, "a=1, 2"), ("a\nb\u202ec", "a�b�c")],
)
def test_values_are_printed_on_one_line(value: object, text: str) -> None:
    assert printable(value) == text
