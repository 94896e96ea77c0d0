"""The demonstration's servers as a child process."""

import os
import socket
from pathlib import Path

import pytest

from mfa_server.demo import installation as installations
from mfa_server.demo.installation import DemoError, Installation, free_ports
from mfa_server.demo.manifests import DemoPorts

__all__: list[str] = []


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(4)
    assert len(set(ports)) == 4
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def _installation(folder: Path) -> Installation:
    installation = Installation(folder, DemoPorts(*free_ports(5)), lambda _: None)
    installation.manifests.mkdir()
    return installation


async def test_servers_that_end_are_told_with_the_end_of_their_log(tmp_path: Path) -> None:
    installation = _installation(tmp_path)
    await installation.start()
    try:
        with pytest.raises(DemoError) as failed:
            await installation.ready()
    finally:
        await installation.stop()
    assert failed.value.message == "the servers ended"
    assert "holds no manifest" in failed.value.hint


async def test_commands_without_servers_fail_with_what_they_say(tmp_path: Path) -> None:
    installation = _installation(tmp_path)
    code, printed = await installation.command("users", "list")
    assert code == 1
    assert printed.startswith(f"mfa: no server runs on the state directory {installation.state}")
    with pytest.raises(DemoError, match="the servers ended"):
        await installation.rows("users", "list")
    await installation.stop()
    assert installation.memory_mebibytes() == 0


def test_memory_is_read_of_any_process() -> None:
    assert installations._proportional_kibibytes(os.getpid()) > 1000
    assert installations._proportional_kibibytes(2**30) == 0
    assert installations._children(2**30) == []
