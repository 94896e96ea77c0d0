"""What a server process loads: nothing that only commands, generators or migrations need."""

import subprocess
import sys

import pytest

FORBIDDEN = ("sqlalchemy", "alembic", "typer")
"""Each would cost every installation megabytes and its start a good part of a second."""


@pytest.mark.parametrize("room", ["mfa_server.app", "mfa_server.standalone"])
def test_a_server_loads_nothing_that_it_does_not_serve_with(room: str) -> None:
    code = f"import sys, {room}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not set(FORBIDDEN) & set(done.stdout.split())
