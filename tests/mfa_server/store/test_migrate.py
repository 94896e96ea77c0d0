"""Migrations: whole or not at all, with a copy first, and the result is what the code expects."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

from mfa_server.store import migrate as migrations
from mfa_server.store.errors import StoreUnavailableError, UnknownSchemaError
from mfa_server.store.migrate import MigrationReport, MigrationStatus, migrate, status
from mfa_server.store.revisions import REVISION, SUPPORTED
from mfa_server.store.schema import metadata
from mfa_server.store.sqlite import SqliteStore


def execute(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def two_revisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The history as it is, and one revision more that this version does not have; yields where that one is written."""
    history = tmp_path / "history"
    versions = history / "versions"
    versions.mkdir(parents=True)
    source = Path(migrations.__file__).with_name("migrations")
    (history / "env.py").write_text((source / "env.py").read_text())
    for revision in (source / "versions").glob("r*.py"):
        (versions / revision.name).write_text(revision.read_text())
    real = migrations._config

    def elsewhere(connection: object = None) -> object:
        config = real(connection)  # type: ignore[arg-type]
        config.set_main_option("script_location", str(history))
        return config

    monkeypatch.setattr(migrations, "_config", elsewhere)
    return versions / "r0002_more.py"


MORE = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "0002", "0001"
def upgrade():
    op.add_column("meta", sa.Column("note", sa.String(8)))
"""


def test_a_fresh_database_is_made_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert status(path) == MigrationStatus(path, "", REVISION, (REVISION,))
    assert not path.exists()
    assert migrate(path) == MigrationReport(path, "", REVISION, (REVISION,))
    assert status(path) == MigrationStatus(path, REVISION, REVISION, ())
    assert {found.name: oct(found.stat().st_mode & 0o777) for found in tmp_path.iterdir()} == {"store.db": "0o600"}


def test_a_database_that_is_up_to_date_is_left_alone(database: Path) -> None:
    before = database.read_bytes()
    assert migrate(database) == MigrationReport(database, REVISION, REVISION, ())
    assert database.read_bytes() == before
    assert [found.name for found in database.parent.iterdir()] == [database.name]


def test_the_migrated_schema_is_the_one_the_code_expects(migrated: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(migrated.read_bytes())
    engine = create_engine(f"sqlite:///{copy}", poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        made = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")}
    for table in metadata.tables.values():
        # Nothing compares these for us.
        assert ("WITHOUT ROWID" in made[table.name]) is (table.dialect_options["sqlite"]["with_rowid"] is False)


def test_the_history_is_one_line_and_ends_where_the_code_is() -> None:
    scripts = ScriptDirectory.from_config(migrations._config())
    line = [revision.revision for revision in scripts.walk_revisions()]
    assert line[0] == REVISION
    assert scripts.get_heads() == [REVISION]
    assert set(line[:2]) == SUPPORTED


def test_a_copy_is_made_before_anything_is_changed(database: Path, two_revisions: Path) -> None:
    execute(database, "INSERT INTO meta VALUES ('a', 'b')")
    two_revisions.write_text(MORE)
    report = migrate(database)
    copy = database.with_name("store.db.0001.1.bak")
    assert report == MigrationReport(database, "0001", "0002", ("0002",), copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    rows = sqlite3.connect(copy)
    assert rows.execute("SELECT * FROM meta").fetchall() == [("a", "b")]
    rows.close()
    with pytest.raises(UnknownSchemaError, match="has schema revision 0002"):
        SqliteStore.open(database)


def test_copies_do_not_replace_each_other(database: Path, two_revisions: Path) -> None:
    two_revisions.write_text(MORE)
    database.with_name("store.db.0001.1.bak").write_text("precious")
    assert migrate(database).backup == database.with_name("store.db.0001.2.bak")
    assert database.with_name("store.db.0001.1.bak").read_text() == "precious"


def test_a_step_that_fails_half_way_leaves_everything_as_it_was(database: Path, two_revisions: Path) -> None:
    two_revisions.write_text(MORE + '    op.execute("INSERT INTO nowhere VALUES (1)")\n')
    with pytest.raises(
        StoreUnavailableError, match=r"could not be brought to revision 0002 .* and is as it was; a copy is in"
    ):
        migrate(database)
    assert status(database).current == "0001"
    two_revisions.write_text(MORE)
    assert migrate(database).applied == ("0002",)


def test_a_newer_versions_database_is_refused(database: Path) -> None:
    execute(database, "UPDATE alembic_version SET version_num='9999'")
    for ask in (status, migrate):
        with pytest.raises(UnknownSchemaError, match="has schema revision 9999, this version knows none after 0001"):
            ask(database)


def test_two_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from mfa_server.store.migrate import migrate; print(migrate(pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store.db")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("applied=('0001',)" in report for report in said) == 1
    assert sum("applied=()" in report for report in said) == 1


@pytest.mark.parametrize("what", ["garbage", "no directory"])
def test_what_cannot_be_migrated_is_told(tmp_path: Path, what: str) -> None:
    path = tmp_path / ("odd.db" if what == "garbage" else "absent/odd.db")
    if what == "garbage":
        path.write_bytes(b"this is not a database, but it is long enough to be taken for one" * 99)
    with pytest.raises(StoreUnavailableError, match=r"odd.db cannot be"):
        migrate(path)


def test_the_engine_loads_neither_alembic_nor_sqlalchemy() -> None:
    code = "import sys, mfa_server.store.sqlite; sys.exit(any(m in sys.modules for m in ('alembic', 'sqlalchemy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_interfaces_do_not_load_an_engine() -> None:
    code = "import sys, mfa_server.store; sys.exit(any(m in sys.modules for m in ('sqlite3', 'sqlalchemy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
