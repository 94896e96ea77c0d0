"""A control socket over a real store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.control_server import ControlServer

__all__: list[str] = []


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlServer]:
    with ControlServer(tmp_path / "state") as server:
        yield server
