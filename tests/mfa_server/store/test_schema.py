"""The schema: bounded, portable, and a column for every field."""

from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, LargeBinary, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from mfa_server.store import revisions, rows, schema
from mfa_server.store.limits import LIMITS

COLUMNS = [column for table in schema.metadata.sorted_tables for column in table.columns]
CODECS: dict[str, rows.RowCodec[Any]] = {
    "users": rows.USER,
    "user_state": rows.USER_STATE,
    "tokens": rows.TOKEN,
    "attempts": rows.CHALLENGE,
    "sent_codes": rows.SENT_CODE,
    "redeliveries": rows.REDELIVERY,
    "audit": rows.AUDIT_EVENT,
    "servers": rows.SERVER,
    "sync_runs": rows.SYNC_RUN,
}


@pytest.mark.parametrize("table", CODECS)
def test_every_field_has_its_column(table: str) -> None:
    assert set(CODECS[table].names) <= set(schema.metadata.tables[table].columns.keys())


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_text_is_bounded_by_the_one_table_of_limits(column: Column[object]) -> None:
    if isinstance(column.type, String | LargeBinary):
        folds = column.name.endswith("_key") and column.table.name == "users"
        name = (
            {"display_key": "display_name"}.get(column.name, column.name.removesuffix("_key")) if folds else column.name
        )
        # Case folding makes three characters of one at most.
        assert column.type.length == LIMITS[name] * (3 if folds else 1)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_there_are_no_sequences_no_identities_and_no_checks(dialect: object) -> None:
    for table in schema.metadata.sorted_tables:
        text = str(CreateTable(table).compile(dialect=dialect))  # type: ignore[arg-type]
        for word in ("SERIAL", "IDENTITY", "AUTOINCREMENT", "CHECK", "DEFAULT"):
            assert word not in text, table.name
        assert not [found for found in table.constraints if isinstance(found, CheckConstraint)]
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))  # type: ignore[arg-type]


def test_this_version_runs_on_its_own_schema() -> None:
    assert revisions.REVISION in revisions.SUPPORTED
    assert len(revisions.SUPPORTED) <= 2
