"""The client of the control socket."""

import getpass
import os
import socket
import threading
from pathlib import Path

import pytest

from mfa_server.cli.control_client import ControlError, ControlRefusedError, actor, find_server
from tests.support.control_server import ControlServer

__all__: list[str] = []


def test_a_live_server_is_found_and_dead_sockets_are_passed_over(control: ControlServer) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(control.state / "run" / "a-dead-one.sock"))
    dead.close()
    assert find_server(control.state).path == control.socket


@pytest.mark.parametrize("made", [False, True])
def test_without_a_server_the_error_says_how_to_start_one(tmp_path: Path, *, made: bool) -> None:
    state = tmp_path / "state"
    if made:
        (state / "run").mkdir(parents=True)
    with pytest.raises(ControlError) as failed:
        find_server(state)
    assert str(failed.value) == (
        f"no server runs on the state directory {state}; "
        "start one with `mfa standalone DIR`, or name its directory with --state or MFA_STATE"
    )


def test_a_refusal_comes_with_code_and_hint(control: ControlServer) -> None:
    with pytest.raises(ControlRefusedError) as refused:
        control.client.get("/user", name="nobody")
    assert refused.value.code == "unknownUser"
    assert "`mfa users list`" in refused.value.hint


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"])
def test_an_answer_of_something_else_is_no_traceback(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "run" / "other.sock"))
        listener.listen()

        def answer() -> None:
            listener.accept()[0].close()  # the probe
            connection = listener.accept()[0]
            connection.recv(4096)
            connection.sendall(said)
            connection.close()

        other = threading.Thread(target=answer)
        other.start()
        with pytest.raises(ControlError, match=r"broke off|gave no answer of this program"):
            find_server(tmp_path).get("/users")
        other.join()


@pytest.mark.parametrize(
    ("user", "caller", "name"), [("root", "", "root"), ("root", "anna", "anna as root"), ("ännä\n", "", "?nn??")]
)
def test_the_actor_is_the_operating_systems_user(
    monkeypatch: pytest.MonkeyPatch, user: str, caller: str, name: str
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: user)
    monkeypatch.setenv("SUDO_USER", caller)
    assert actor() == name


def test_a_user_without_a_name_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert actor() == f"uid {os.getuid()}"
