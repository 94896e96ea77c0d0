"""The client of the control socket: finds a server that lives, sends one request, reads one answer."""

import getpass
import http.client
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from typing_extensions import override

from mfa_server.errors import MfaError

__all__ = ["ControlClient", "ControlError", "ControlRefusedError", "actor", "find_server"]

PREFIX = "/control/v1"
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes; the largest page has a few hundred KB."""
SECONDS = 30.0
"""How long an answer may take."""


class ControlError(MfaError):
    """No server could be asked."""

    code = "noServer"


class ControlRefusedError(MfaError):
    """The server said no; code, message and hint are its own."""


class ControlClient:
    """Talks to one server."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, route: str, **query: str | int) -> dict[str, Any]:
        """Ask for something. Raises ControlRefusedError and ControlError."""
        return self._done(self.send("GET", route, query))

    def change(
        self, method: str, route: str, body: Mapping[str, Any] | None = None, **query: str | int
    ) -> dict[str, Any]:
        """Change something. Raises ControlRefusedError and ControlError."""
        return self._done(self.send(method, route, query, body))

    def send(
        self, method: str, route: str, query: Mapping[str, str | int], body: Mapping[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send one request; return HTTP status and document. Raises ControlError."""
        given = {name: value for name, value in query.items() if value != ""}
        target = f"{PREFIX}{route}" + (f"?{urlencode(given)}" if given else "")
        content = None if body is None else json.dumps(body).encode()
        connection = _UnixConnection(self.path)
        try:
            connection.request(method, target, content, {"mfa-actor": actor(), "content-type": "application/json"})
            response = connection.getresponse()
            raw = response.read(LARGEST_ANSWER)
            document = json.loads(raw)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ControlError(
                f"the server at {self.path} broke off ({type(error).__name__})", hint="its log may say why"
            ) from None
        finally:
            connection.close()
        if not isinstance(document, dict):
            raise ControlError(
                f"the server at {self.path} gave no answer of this program", hint="is its version another?"
            )
        return response.status, document

    @staticmethod
    def _done(answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
        status, document = answer
        if status < 400:
            return document
        raise ControlRefusedError(
            str(document.get("message", f"the server answered {status}")),
            hint=str(document.get("hint", "")),
            code=str(document.get("code", "")),
        )


def find_server(state: Path) -> ControlClient:
    """Return a client of any server that lives on the state directory; sockets of dead ones are passed over.

    Raises ControlError: none lives there, or its socket belongs to somebody else.
    """
    forbidden = False
    try:
        sockets = sorted((state / "run").glob("*.sock"))
    except OSError:
        sockets = []
    for path in sockets:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(SECONDS)
                probe.connect(str(path))
        except PermissionError:
            forbidden = True
        except OSError:
            continue
        else:
            return ControlClient(path)
    if forbidden or (state.exists() and not os.access(state, os.X_OK)):
        raise ControlError(
            f"the servers of {state} belong to another user", hint="give the command as that user or as root"
        )
    raise ControlError(
        f"no server runs on the state directory {state}",
        hint="start one with `mfa standalone DIR`, or name its directory with --state or MFA_STATE",
    )


def actor() -> str:
    """Return who gives the command, for the audit: the operating system's user, and through sudo whoever called it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = f"uid {os.getuid()}"
    caller = os.environ.get("SUDO_USER", "")
    name = f"{caller} as {user}" if caller and caller != user else user
    return "".join(character if " " <= character <= "~" else "?" for character in name)[:64]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))
