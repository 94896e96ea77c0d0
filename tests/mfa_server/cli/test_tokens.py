"""``mfa tokens`` against a real control socket."""

import io
import json
import sys

import pytest

from tests.support.control_server import ControlServer

__all__: list[str] = []

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_a_generated_token_comes_with_uri_and_qr_code(
    control: ControlServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert control.run("tokens", "add", "anna", "--generate", "--label", "phone") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(" for anna: 6 digits every 30 s")
    assert lines[1].startswith("otpauth://totp/Example%20Corp:anna@example.com?secret=")
    assert len(lines) > 15
    assert set("".join(lines[2:])) <= set("▀▄█ ")


def test_a_given_secret_may_come_from_standard_input(
    control: ControlServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}\n"))
    assert control.run("tokens", "add", "anna", "--secret", "-", "-o", "json", "--digits", "8") == 0
    token = json.loads(capsys.readouterr().out)
    assert (token["secret"], token["digits"]) == (SECRET, 8)


def test_unusual_parameters_come_with_a_warning(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("tokens", "add", "anna", "--secret", SECRET, "--period", "60") == 0
    assert capsys.readouterr().err.startswith("some apps only know 6 digits, 30 s and SHA1")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "mfa: invalid value: give either --generate or --secret BASE32;"),
        (("--generate", "--secret", SECRET), 2, "mfa: invalid value: give either --generate or --secret BASE32;"),
        (("--secret", ""), 1, "mfa: the token secret has 0 bytes;"),
        (("--secret", "not-base-32!"), 1, "mfa: character 12 of the token secret is not Base32;"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    control: ControlServer, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert control.run("tokens", "add", "anna", *arguments) == code
    printed = capsys.readouterr()
    assert printed.err.startswith(message)
    assert (printed.out, SECRET in printed.err) == ("", False)


def test_tokens_are_listed_and_removed(control: ControlServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.run("tokens", "list", "anna") == 0
    assert capsys.readouterr().err == "anna has no token; `mfa tokens add` gives him one\n"
    control.run("tokens", "add", "anna", "--secret", SECRET, "--label", "fob")
    capsys.readouterr()
    assert control.run("tokens", "list", "anna") == 0
    listed = capsys.readouterr().out
    assert listed.splitlines()[0].startswith("ID")
    assert SECRET not in listed
    assert control.run("tokens", "remove", "anna", "fob") == 0
    assert capsys.readouterr().out.endswith(" removed\n")
    assert control.run("tokens", "remove", "anna", "fob") == 1
    assert capsys.readouterr().err.startswith("mfa: anna has no token with the id or label fob; `mfa tokens list`")
