"""What Alembic runs by itself: the given connection, in the transaction that was begun."""

from pathlib import Path

from alembic import command

from mfa_server.store import migrate as migrations


def test_the_revisions_run_inside_the_callers_transaction(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    engine = migrations._engine(path)
    with engine.connect() as connection:
        transaction = connection.begin()
        command.upgrade(migrations._config(connection), "head")
        assert migrations._current(connection)
        transaction.rollback()
    assert migrations.status(path).current == ""
