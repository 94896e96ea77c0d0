"""The base of all models: frozen, strict, camelCase, with rules for Python and CEL alike."""

from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError

from mfa_resources.v1alpha1.model import Model, Rule, Transition, one_of


class Part(Model):
    """A part."""

    size: int = 1
    """Its size."""


class Choice(Model):
    """A union."""

    type: Literal["First", "Second", "Third"] = "First"
    """Which one."""
    first: Part | None = None
    """With First."""
    second_part: Part | None = Field(default=None, alias="secondPart")
    """With Second."""

    rules = one_of({"First": "first", "Second": "secondPart"}, default="First", required=("Second",))


class Limited(Model):
    """Two numbers."""

    low_end: int = 0
    """The lower."""
    high_end: int = 9
    """The higher."""

    rules = (
        Rule(
            "self.lowEnd <= self.highEnd",
            "lowEnd must not be above highEnd",
            lambda it: it.low_end <= it.high_end,
            "lowEnd",
        ),
    )
    transitions = (
        Transition("self.lowEnd == oldSelf.lowEnd", "lowEnd is for ever", lambda old, new: old == new, "lowEnd"),
    )


def broken(model: type[Model], value: Any) -> Any:
    with pytest.raises(ValidationError) as found:
        model.model_validate(value)
    return found.value.errors()[0]["ctx"]["broken"]


def test_fields_are_written_in_camel_case_only() -> None:
    assert Limited.model_validate({"lowEnd": 3}).low_end == 3
    with pytest.raises(ValidationError):
        Limited.model_validate({"low_end": 3})


def test_unknown_fields_are_refused_and_values_never_change() -> None:
    with pytest.raises(ValidationError):
        Part.model_validate({"size": 1, "colour": 2})
    with pytest.raises(ValidationError):
        Part().size = 2


def test_an_error_never_repeats_what_was_written() -> None:
    with pytest.raises(ValidationError) as found:
        Part.model_validate({"size": "correct horse"})
    assert "correct horse" not in str(found.value)


def test_a_rule_is_checked_with_its_field_and_message() -> None:
    assert broken(Limited, {"lowEnd": 10}) == [("lowEnd", "lowEnd must not be above highEnd")]


def test_rules_and_transitions_are_in_the_schema() -> None:
    assert Limited.model_json_schema()["x-kubernetes-validations"] == [
        {"rule": "self.lowEnd <= self.highEnd", "message": "lowEnd must not be above highEnd", "fieldPath": ".lowEnd"},
        {"rule": "self.lowEnd == oldSelf.lowEnd", "message": "lowEnd is for ever", "fieldPath": ".lowEnd"},
    ]
    assert "x-kubernetes-validations" not in Part.model_json_schema()


def test_docstrings_of_fields_are_their_descriptions() -> None:
    assert Limited.model_json_schema()["properties"]["highEnd"]["description"] == "The higher."


@pytest.mark.parametrize(
    "value", [{}, {"first": {}}, {"type": "First"}, {"type": "Second", "secondPart": {}}, {"type": "Third"}]
)
def test_a_union_with_its_member_is_right(value: Any) -> None:
    assert Choice.model_validate(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"secondPart": {}}, [("secondPart", "is read only with type: Second; remove it or change the type")]),
        ({"type": "Second"}, [("", "type: Second needs the member secondPart")]),
        ({"type": "Third", "first": {}}, [("first", "is read only with type: First; remove it or change the type")]),
        (
            {"type": "Second", "first": {}},
            [
                ("first", "is read only with type: First; remove it or change the type"),
                ("", "type: Second needs the member secondPart"),
            ],
        ),
    ],
)
def test_a_union_without_its_member_or_with_another_is_refused(value: Any, said: list[tuple[str, str]]) -> None:
    assert broken(Choice, value) == said


def test_a_rule_about_a_member_that_is_not_there_is_a_mistake_of_ours() -> None:
    rule = one_of({"First": "gone"}, default="First")[0]
    with pytest.raises(AttributeError, match="Choice has no member gone"):
        rule.holds(Choice())
