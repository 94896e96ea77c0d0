"""The web roles: careful defaults."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.portal import SDK, Console, Portal, Webhooks

URL = {"url": "https://mfa.example.com"}


def test_nothing_is_allowed_that_is_not_written() -> None:
    portal = Portal.model_validate(URL)
    assert portal.enrolment.mode == "Disabled"
    assert portal.enrolment.when_no_factor == "Administrator"
    assert {portal.user_may.change_phone, portal.user_may.change_pin, portal.user_may.add_oath_token} == {"Forbidden"}
    assert {portal.fallback.oath, portal.fallback.security_questions} == {"Disabled"}
    assert portal.trusted_proxies == ()
    assert Console.model_validate(URL).roles == ()
    assert SDK().callers == ()


def test_the_defaults_are_those_of_the_documentation() -> None:
    portal = Portal.model_validate(URL)
    assert (portal.second_factor.start, portal.second_factor.choice) == ("Automatic", "Allowed")
    assert (portal.sessions.idle.total_seconds(), portal.sessions.absolute.total_seconds()) == (900, 28_800)
    assert (portal.security_questions.enrol, portal.security_questions.to_answer) == (4, 2)


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (Portal, {}),
        (Portal, URL | {"securityQuestions": {"enrol": 1, "toAnswer": 2}}),
        (Portal, URL | {"branding": {"colour": "#12345g"}}),
        (Portal, URL | {"securityQuestions": {"catalogue": [{"id": "a", "text": {}}]}}),
        (Portal, URL | {"securityQuestions": {"catalogue": [{"id": "a", "text": {"English": "x"}}]}}),
        (Webhooks, {"url": "http://hooks.example.com"}),
        (Console, URL | {"roles": [{"role": "Owner", "groups": []}]}),
        (SDK, {"callers": [{"name": "hr", "role": "Customer", "type": "Basic"}]}),
        (SDK, {"callers": [{"name": "hr", "role": "Root", "type": "Basic", "basic": {"secretRef": {"name": "s"}}}]}),
    ],
)
def test_what_is_doubtful_is_refused(model: Any, parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(parts)
