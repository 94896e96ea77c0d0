"""An empty migrated database per test: migrated once, copied for each."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mfa_server.store.migrate import migrate
from mfa_server.store.sqlite import SqliteStore
from tests.conformance.store_values import OpenStore

__all__ = ["database", "migrated", "open_store", "store"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema; copy it, never open it."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    migrate(path)
    return path


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """An empty database of this test's own."""
    return Path(shutil.copy(migrated, tmp_path / "store.db"))


@pytest.fixture
async def open_store(database: Path) -> AsyncIterator[OpenStore]:
    """Open the test's database as often as wanted; all are closed afterwards."""
    opened: list[SqliteStore] = []

    async def open_once_more() -> SqliteStore:
        opened.append(SqliteStore.open(database))
        return opened[-1]

    yield open_once_more
    for store in opened:
        if not store.closed:
            await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> SqliteStore:
    """The test's store."""
    opened = await open_store()
    assert isinstance(opened, SqliteStore)
    return opened
