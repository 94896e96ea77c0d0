"""Logs: one JSON object a line for machines, and what is secret by name is withheld wherever it stands."""

import errno
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from typing_extensions import override

from mfa_server.logs import WITHHELD, configure, withhold_secrets


class Full(io.StringIO):
    """A stream on a disk that has no room, or whose reader has gone."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    @override
    def flush(self) -> None:
        raise self.error


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], _ = before
    root.setLevel(before[1])
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Password",
        "user_password",
        "newPassword",
        "code",
        "codes",
        "sms_code",
        "typedCode",
        "secret",
        "client_secret",
        "secretKey",
        "credential",
        "credentials_file",
        "pin",
        "otp_value",
    ],
)
def test_a_field_that_is_secret_by_name_is_withheld(name: str) -> None:
    assert withhold_secrets(None, "info", {"event": "x", name: "493817"})[name] == WITHHELD


@pytest.mark.parametrize(
    "name", ["result_code", "resultCode", "exit_code", "status_code", "error_code", "sub_code", "encoding", "spinning"]
)
def test_a_code_of_a_result_is_not_a_secret(name: str) -> None:
    assert withhold_secrets(None, "info", {"event": "x", name: 49})[name] == 49


def test_secrets_are_found_at_any_depth() -> None:
    event = {"event": "x", "a": [{"b": {"password": "493817"}}, ("c", {"code": "493817"})]}
    assert "493817" not in str(withhold_secrets(None, "info", event))
    deep: object = {"password": "493817"}
    for _ in range(20):
        deep = {"a": deep}
    assert "493817" not in str(withhold_secrets(None, "info", {"event": "x", "deep": deep}))


def test_a_line_is_one_json_object() -> None:
    out = io.StringIO()
    configure(out)
    structlog.get_logger("room").warning("bind refused", client="mfa/netscaler", code="493817")
    (line,) = out.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {"event": "bind refused", "client": "mfa/netscaler", "code": WITHHELD, "level": "warning"}


def test_below_the_level_nothing_is_written() -> None:
    out = io.StringIO()
    configure(out)
    structlog.get_logger().debug("detail")
    assert out.getvalue() == ""


def test_libraries_log_the_same_way() -> None:
    out = io.StringIO()
    configure(out)
    logging.getLogger("some.package").warning("%s requests", 3)
    logging.getLogger("some.package").warning("%d requests", "no number")
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in found] == ["3 requests", "%d requests"]
    assert {line["logger"] for line in found} == {"some.package"}


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_traceback_shows_no_local_variables(stream: type[io.StringIO]) -> None:
    out = stream()
    configure(out)
    typed = "493" + "817"
    try:
        int(f"no number: {len(typed)}")
    except ValueError:
        structlog.get_logger().exception("fault")
    assert "ValueError" in out.getvalue()
    assert typed not in out.getvalue()


def test_a_terminal_gets_text() -> None:
    out = Terminal()
    configure(out)
    structlog.get_logger().info("ready", listeners=2)
    assert "ready" in out.getvalue()
    assert not out.getvalue().startswith("{")


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "no space left"), BrokenPipeError(), ValueError("I/O operation on closed file")]
)
def test_a_log_that_takes_no_more_ends_nobodys_work(error: Exception) -> None:
    configure(Full(error))
    structlog.get_logger().error("process died", server="mfa-1")
    logging.getLogger("uvicorn.error").warning("something")
