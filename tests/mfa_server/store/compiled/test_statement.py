"""A statement's parameters: by name in, by place out."""

import pytest

from mfa_server.store.compiled.statement import Statement

STATEMENT = Statement("SELECT value FROM meta WHERE key = ? OR value = ? OR key = ?", "which more which")


def test_values_come_in_the_order_of_the_text_and_others_are_ignored() -> None:
    assert STATEMENT.bind({"more": 2, "which": 1, "other": 3}) == (1, 2, 1)


def test_a_statement_without_parameters_takes_none() -> None:
    assert Statement("SELECT 1", "").bind({"which": 1}) == ()


def test_a_missing_parameter_is_not_taken_for_nothing() -> None:
    with pytest.raises(KeyError, match="more"):
        STATEMENT.bind({"which": 1})
