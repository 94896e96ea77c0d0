"""Carriers of messages and calls."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.providers import CallProvider, TextProvider

CREDENTIALS = {"credentialsSecretRef": {"name": "c"}}
GOOD: list[tuple[Any, dict[str, Any]]] = [
    (TextProvider, {"type": "Console"}),
    (TextProvider, {"type": "Twilio", "twilio": {"accountSID": "AC1", "from": "+441632960000"} | CREDENTIALS}),
    (TextProvider, {"type": "HTTP", "http": {"url": "https://sms.example.com"}}),
    (TextProvider, {"type": "SMPP", "smpp": {"host": "smsc", "from": "Example"} | CREDENTIALS}),
    (TextProvider, {"type": "Kannel", "kannel": {"url": "https://k.example.com", "from": "Example"} | CREDENTIALS}),
    (CallProvider, {"type": "Twilio", "twilio": {"accountSID": "AC1"} | CREDENTIALS}),
    (CallProvider, {"type": "SIP", "sip": {"host": "pbx", "user": "mfa"} | CREDENTIALS}),
]


@pytest.mark.parametrize(("model", "parts"), GOOD, ids=[f"{model.__name__} {parts['type']}" for model, parts in GOOD])
def test_a_carrier_has_the_member_of_its_type(model: Any, parts: dict[str, Any]) -> None:
    assert model.model_validate({"name": "main"} | parts).type == parts["type"]
    if parts["type"] != "Console":
        with pytest.raises(ValidationError, match="needs the member"):
            model.model_validate({"name": "main", "type": parts["type"]})


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (TextProvider, {"type": "Console", "http": {"url": "https://sms.example.com"}}),
        (TextProvider, {"type": "HTTP", "http": {"url": "http://sms.example.com"}}),
        (TextProvider, {"type": "HTTP", "http": {"url": "https://sms.example.com", "headers": {"A: b": "c"}}}),
        (TextProvider, {"type": "HTTP", "http": {"url": "https://sms.example.com", "headers": {"A": "b\r\nC: d"}}}),
        (TextProvider, {"type": "Twilio", "twilio": {"accountSID": "AC/../1", "from": "A"} | CREDENTIALS}),
        (TextProvider, {"type": "SMPP", "smpp": {"host": "smsc", "from": "A name that is too long"} | CREDENTIALS}),
        (CallProvider, {"type": "Console"}),
    ],
)
def test_what_cannot_be_spoken_to_is_refused(model: Any, parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({"name": "main"} | parts)
