"""YAML with lines: what is read, what is refused, and that nothing else ever comes out."""

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mfa_resources.yaml_tree import MAXIMUM_CHARACTERS, YamlSyntaxError, parse_documents


def value(text: str) -> object:
    return parse_documents(text)[0].value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a: b", {"a": "b"}),
        ("a: [1, -2, +3, 1_000]", {"a": [1, -2, 3, 1000]}),
        ("a: 0x1F", {"a": 31}),
        ("a: 0b101", {"a": 5}),
        ("a: 017", {"a": 15}),
        ("a: 0", {"a": 0}),
        ("a: 1.5", {"a": 1.5}),
        ("a: 12e3", {"a": 12000.0}),
        ("a: .inf", {"a": math.inf}),
        ("a: [yes, No, on, OFF, true, False]", {"a": [True, False, True, False, True, False]}),
        ("a: [y, n]", {"a": ["y", "n"]}),
        ("a: 'no'", {"a": "no"}),
        ('a: "0123"', {"a": "0123"}),
        ("a: 22:30:00", {"a": "22:30:00"}),
        ("a: 2026-11-24", {"a": "2026-11-24"}),
        ("a: 1.0.0", {"a": "1.0.0"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: ~", {"a": None}),
        ("a: {b: {c: [d]}}", {"a": {"b": {"c": ["d"]}}}),
        ('{"a": [1, true, null]}', {"a": [1, True, None]}),
        ("a: " + "9" * 60, {"a": "9" * 60}),
    ],
)
def test_a_document_means_what_kubernetes_would_read(text: str, meant: object) -> None:
    assert value(text) == meant


def test_every_value_remembers_its_line() -> None:
    tree = parse_documents("\na:\n  b:\n  - x\n  - c: 1\n")[0]
    assert tree.line == 2
    assert tree.line_of(("a", "b", 1, "c")) == 5
    assert tree.line_of(("a", "b", 7)) == 3
    assert tree.line_of(("z",)) == 2


def test_empty_documents_are_left_out() -> None:
    assert [tree.line for tree in parse_documents("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n")] == [3, 7]


def test_text_that_yaml_takes_for_something_else_is_remembered() -> None:
    tree = parse_documents("a: no\nb: 0123\nc: 'no'\nd:\n")[0]
    assert tree.plain == {("a",): "no", ("b",): "0123"}
    assert tree.octal == [("b",)]
    assert tree.empty == [("d",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "is there twice"),
        ("no: 1", 'is a key that YAML reads as false; quote it: "no"'),
        ("1: 1", "is a key that YAML reads as the number 1"),
        ("~: 1", "is a key that YAML reads as nothing"),
        ("<<: {a: 1}", "uses a merge key"),
    ],
)
def test_what_yaml_allows_and_a_manifest_must_not_have_is_a_flaw(text: str, message: str) -> None:
    assert next(flaw.message for flaw in parse_documents(text)[0].flaws).startswith(message)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [", 2, "is not YAML"),
        ("a:\n\tb: 1", 2, "is not YAML: found a tab"),
        ("a: 'x", 1, "is not YAML"),
        ("a: &x 1\nb: *x", 1, "uses an anchor or alias"),
        ("a: *x", 1, "uses an anchor or alias"),
        ("a: !!binary aGk=", 1, "uses a tag"),
        ("? [a]\n: b", 1, "is not a manifest: a key must be plain text"),
        ("[" * 200, 1, "is nested more than 64 levels deep"),
        ("a: \x07", 0, "is not YAML: it holds characters"),
        (" " * (MAXIMUM_CHARACTERS + 1), 0, "has more than"),
    ],
    ids=lambda part: str(part)[:20],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(YamlSyntaxError, match=message) as found:
        parse_documents(text)
    assert found.value.line == line


def test_ten_thousand_levels_are_refused_before_the_stack_ends() -> None:
    with pytest.raises(YamlSyntaxError):
        parse_documents("{a: " * 10_000)


def test_a_file_of_endless_values_is_refused() -> None:
    with pytest.raises(YamlSyntaxError, match="has more than 500,000 values"):
        parse_documents("[" + ",".join("a" for _ in range(500_001)) + "]")


@given(st.text(max_size=200))
def test_any_text_gives_documents_or_the_documented_error(text: str) -> None:
    try:
        parse_documents(text)
    except YamlSyntaxError as error:
        assert error.line >= 0  # noqa: PT017 - both ways out are right


_plain = st.recursive(
    st.text(max_size=20) | st.integers(-(10**9), 10**9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(min_size=1, max_size=10), _plain, min_size=1, max_size=4))
def test_what_is_written_is_read_again(document: dict[str, object]) -> None:
    assert value(yaml.safe_dump(document)) == document
