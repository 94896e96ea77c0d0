"""Compiled statements: text and order, once per dialect."""

import pytest
from sqlalchemy import bindparam, select

from mfa_server.store.compiled import Plain
from mfa_server.store.schema import meta


@pytest.mark.parametrize(("dialect", "sign"), [("sqlite", "?"), ("postgresql", "$1")])
def test_a_statement_is_text_with_positional_parameters(dialect: str, sign: str) -> None:
    statement = Plain(lambda _: select(meta.c.value).where(meta.c.key == bindparam("which")))
    compiled = statement.on(dialect)
    assert sign in compiled.sql
    assert compiled.order == ("which",)
    assert compiled.bind({"which": 1, "more": 2}) == (1,)


def test_a_statement_is_built_once_per_dialect() -> None:
    built = []
    statement = Plain(lambda insert: built.append(insert) or select(meta.c.value))  # type: ignore[func-returns-value]
    assert statement.on("sqlite") is statement.on("sqlite")
    assert statement.on("postgresql") is not statement.on("sqlite")
    assert len(built) == 2


def test_values_that_stand_in_the_statement_are_bound_with_the_rest() -> None:
    statement = Plain(lambda _: select(meta.c.value).where(meta.c.key == "fixed", meta.c.value == bindparam("v")))
    assert statement.on("sqlite").bind({"v": 2}) == ("fixed", 2)


def test_a_missing_parameter_is_not_taken_for_nothing() -> None:
    statement = Plain(lambda _: select(meta.c.value).where(meta.c.key == bindparam("which")))
    with pytest.raises(KeyError):
        statement.on("sqlite").bind({})
