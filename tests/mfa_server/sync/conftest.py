"""A real store for the passes, and an authority for the demonstration directory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mfa_server.store.migrate import migrate
from mfa_server.store.sqlite import SqliteStore
from tests.support.certificates import Authority

__all__ = ["authority", "store"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    path = tmp_path / "store.db"
    migrate(path)
    opened = SqliteStore.open(path)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority of the demonstration directories."""
    return Authority(tmp_path_factory.mktemp("sync-authority"))
