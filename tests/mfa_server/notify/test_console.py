"""The provider that prints."""

import io
import sys
from datetime import UTC, datetime

import pytest

from mfa_server.auth.ports import NotSentError, TextMessage
from mfa_server.notify import ConsoleProvider
from tests.support.clock import ManualClock

__all__: list[str] = []

MESSAGE = TextMessage("+441632960001", "Gateway: reply with 123456 to sign in", "anna")
NOW = datetime(2026, 11, 24, 10, 0, 5, tzinfo=UTC)


def _clock() -> ManualClock:
    return ManualClock(NOW)


async def test_a_message_is_one_line_of_time_number_and_body() -> None:
    stream = io.StringIO()
    await ConsoleProvider("log", _clock(), stream).send(MESSAGE)
    assert stream.getvalue() == "2026-11-24T10:00:05Z text to +441632960001: Gateway: reply with 123456 to sign in\n"


async def test_standard_output_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    await ConsoleProvider("log", _clock()).send(MESSAGE)
    assert "reply with 123456" in capsys.readouterr().out
    assert sys.stdout is not None


async def test_line_breaks_and_escapes_in_a_body_cannot_forge_lines() -> None:
    stream = io.StringIO()
    await ConsoleProvider("log", _clock(), stream).send(TextMessage("+441632960001", "a\nb\x1b[2Jc\u2028d"))
    assert stream.getvalue() == "2026-11-24T10:00:05Z text to +441632960001: a b [2Jc d\n"


async def test_a_closed_output_is_not_sent_and_says_nothing_of_the_code() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(NotSentError) as failed:
        await ConsoleProvider("log", _clock(), stream).send(MESSAGE)
    assert "123456" not in str(failed.value)
    assert "does not take text" in failed.value.message
