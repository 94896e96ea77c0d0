"""Fixtures of this room: an authority, the demonstration directory, and directories under test that are closed."""

from collections.abc import AsyncIterator, Callable

import pytest

from mfa_server.clock import SystemClock
from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings, LdapDirectory
from tests.support.certificates import Authority
from tests.support.directories import running_demo

__all__ = ["authority", "demo", "open_directory"]

Opener = Callable[[DirectorySettings], LdapDirectory]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority of the demonstration directories."""
    return Authority(tmp_path_factory.mktemp("demo-authority"))


@pytest.fixture
async def demo(authority: Authority) -> AsyncIterator[DemoDirectory]:
    """A fresh demonstration directory."""
    async with running_demo(authority) as directory:
        yield directory


@pytest.fixture
async def open_directory() -> AsyncIterator[Opener]:
    """Open directories by settings; all are closed in the end."""
    opened: list[LdapDirectory] = []

    def open_it(settings: DirectorySettings) -> LdapDirectory:
        opened.append(LdapDirectory(settings, SystemClock()))
        return opened[-1]

    yield open_it
    for directory in opened:
        await directory.close()
