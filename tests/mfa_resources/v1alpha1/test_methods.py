"""How people are asked."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.methods import Email, Message, MobileApp, Oath, PhoneCall, TextMessage

MESSAGE: dict[str, Any] = {"name": "textMessage.body", "locale": "en", "application": "*", "text": "{{ code }}"}


def test_the_defaults_are_those_of_the_documentation() -> None:
    text = TextMessage()
    assert (text.mode, text.timeout, text.code_lifetime.total_seconds(), text.providers) == ("OneWay", None, 300, ())
    oath = Oath()
    assert (oath.digits, oath.period.total_seconds(), oath.drift, oath.look_ahead) == (6, 30, 1, 10)
    app = MobileApp.model_validate({"url": "https://app.example.com"})
    assert (app.device_limit, app.mode, app.activation_lifetime.total_seconds()) == (5, "Standard", 600)


@pytest.mark.parametrize("text", ["{{ code }}", "plain", "{ x }", "{{ a }} and {{ b }}", "100 %"])
def test_a_message_may_hold_values(text: str) -> None:
    assert Message.model_validate(MESSAGE | {"text": text})


@pytest.mark.parametrize("text", ["{% for x in y %}", "{# hidden #}", "a {%- b %}", ""])
def test_a_message_may_not_hold_statements(text: str) -> None:
    with pytest.raises(ValidationError):
        Message.model_validate(MESSAGE | {"text": text})


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (TextMessage, {"allowedRegions": ["gb"]}),
        (TextMessage, {"codeLifetime": "2h"}),
        (TextMessage, {"budgets": {"perDay": 0}}),
        (Oath, {"digits": 9}),
        (Oath, {"period": "10s"}),
        (PhoneCall, {"callerID": "0163"}),
        (MobileApp, {"url": "https://app.example.com", "deviceLimit": 11}),
        (Email, {"smtp": {"host": "mail"}}),
        (Message, MESSAGE | {"application": "My App"}),
    ],
)
def test_what_is_out_of_bounds_is_refused(model: Any, parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(parts)
