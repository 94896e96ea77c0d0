"""A control socket over a real store, and a terminal without ornaments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.control_server import ControlServer

__all__: list[str] = []


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlServer]:
    with ControlServer(tmp_path / "state") as server:
        yield server


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MFA_STATE", "MFA_DEBUG", "SUDO_USER", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")
