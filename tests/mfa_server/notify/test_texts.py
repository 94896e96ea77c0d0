"""Providers in order: the first that takes the message wins."""

import io
from datetime import UTC, datetime

import pytest

from mfa_server.auth.ports import NotSentError, TextMessage
from mfa_server.notify import ConsoleProvider, TextNotifier
from tests.support.clock import ManualClock

__all__: list[str] = []

MESSAGE = TextMessage("+441632960001", "reply with 123456", "anna")


def _provider(name: str, stream: io.StringIO) -> ConsoleProvider:
    return ConsoleProvider(name, ManualClock(datetime(2026, 11, 24, tzinfo=UTC)), stream)


def _closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


async def test_only_the_first_provider_that_takes_it_sends_the_message() -> None:
    first, second = io.StringIO(), io.StringIO()
    await TextNotifier([_provider("broken", _closed()), _provider("a", first), _provider("b", second)]).send_text(
        MESSAGE
    )
    assert first.getvalue().count("reply with 123456") == 1
    assert second.getvalue() == ""


async def test_when_none_takes_it_every_failure_is_named_without_the_body() -> None:
    notifier = TextNotifier([_provider("one", _closed()), _provider("two", _closed())])
    with pytest.raises(NotSentError, match=r"no provider took the text message \(one: .*; two: .*\)") as failed:
        await notifier.send_text(MESSAGE)
    assert "123456" not in str(failed.value)


async def test_without_providers_the_error_names_the_field() -> None:
    with pytest.raises(NotSentError, match=r"spec\.textMessage\.providers"):
        await TextNotifier([]).send_text(MESSAGE)


async def test_how_each_provider_did_is_told() -> None:
    told: list[tuple[str, bool]] = []

    def observe(provider: str, *, sent: bool) -> None:
        told.append((provider, sent))

    providers = [_provider("broken", _closed()), _provider("a", io.StringIO())]
    await TextNotifier(providers, observe).send_text(MESSAGE)
    assert told == [("broken", False), ("a", True)]
