"""What a process needs to know before it can read its bundle: names, paths and ports. Values only; nothing here reads or listens.

Everything about people, gateways and directories stands in the bundle. Flags and environment become these values in ``cli``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from mfa_server.errors import MfaError

__all__ = ["Endpoint", "SettingsError", "StandaloneSettings", "WorkerSettings"]

_SOCKET_PATH_BYTES = 107
"""Linux' limit of a UNIX socket's path (unix(7)), without the closing NUL."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?")


class SettingsError(MfaError):
    """A flag or a path with which no server could run."""

    code = "badSettings"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a management listener binds. ``host`` is an address; ``::`` means all interfaces of both families."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"port {self.port} is not a port", hint="use 1 to 65535")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """One server process. ``server_id`` names this very start, so that an older incarnation of ``name`` can be told apart."""

    name: str
    """The server's name: in standalone the installation's name and the index (``mfa-0``), in a cluster the pod's name."""
    server_id: str
    """``name``, a slash and an id of this start; the owner of the logons that wait here."""
    index: int
    """Position among the processes of this machine, from 0."""
    state_directory: Path
    """Where this machine keeps what must survive a restart; 0700."""
    bundle_directory: Path
    """The bundle as a directory of manifests; replaced as a whole (a symbolic link in standalone, a mount in a pod)."""
    store_path: Path
    """The SQLite file."""
    key_ring_path: Path
    """The file of the key ring that seals secrets at rest, where the group names no Secret for it."""
    certificates_directory: Path
    """The files of ``certificates.files``: ``front/`` and ``internal/``."""
    control_socket: Path
    """The UNIX socket of this process: commands and its sibling processes arrive here; 0600."""
    health: Endpoint | None
    """Plain HTTP ``/healthz``, ``/readyz``, ``/metrics``; None: another process of this machine serves it."""
    internal: Endpoint | None
    """Mutual TLS ``/status`` and the peers' routes; None: another process of this machine serves it."""
    front_host: str = "::"
    """Address the gateways' listeners bind; ``::``: all interfaces of both families."""
    ldap_port: int | None = None
    """Bound instead of ``listeners.ldap.port``; None: the group's port."""
    ldaps_port: int | None = None
    """Bound instead of ``listeners.ldaps.port``; None: the group's port."""
    drain_seconds: float = 20.0
    """How long a stopping server lets its waiting logons end by themselves."""

    @property
    def address(self) -> str:
        """Where the sibling processes reach this one: ``unix:`` and the control socket's path."""
        return f"unix:{self.control_socket}"


@dataclass(frozen=True, slots=True)
class StandaloneSettings:
    """One machine without a cluster: ``workers`` server processes over one state directory.

    Raises SettingsError for a name that could not stand in a certificate or path, a count of workers outside 1 to 16, and a state
    directory whose control sockets would be longer than Linux allows.
    """

    manifests: Path
    """The directory the administrator edits."""
    state: Path
    """Made where missing; 0700."""
    name: str = "mfa"
    """Lower-case letters, digits and hyphens, at most 53."""
    workers: int = 2
    health: Endpoint = Endpoint("::", 8080)
    internal: Endpoint = Endpoint("::", 8443)
    front_host: str = "::"
    ldap_port: int | None = None
    ldaps_port: int | None = None
    drain_seconds: float = 20.0

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SettingsError(
                f"{self.name!r} is not a server name", hint="use 1 to 53 lower-case letters, digits and hyphens"
            )
        if not 1 <= self.workers <= 16:
            raise SettingsError(f"{self.workers} workers cannot be run", hint="use 1 to 16")
        longest = self.control_socket(self.workers - 1)
        if len(bytes(longest.absolute())) > _SOCKET_PATH_BYTES:
            raise SettingsError(
                f"the path of the control socket {longest} is longer than the {_SOCKET_PATH_BYTES} bytes Linux allows",
                hint="choose a state directory with a shorter path (--state)",
            )

    @property
    def bundles(self) -> Path:
        """Where the accepted bundle is kept: one directory per generation and the link ``current``."""
        return self.state / "bundle"

    @property
    def bundle_directory(self) -> Path:
        """The accepted bundle: a symbolic link that is replaced atomically."""
        return self.bundles / "current"

    @property
    def certificates(self) -> Path:
        """Authorities and certificates."""
        return self.state / "certificates"

    @property
    def run(self) -> Path:
        """Control sockets and the lock of the running installation; 0700."""
        return self.state / "run"

    @property
    def store_path(self) -> Path:
        """The SQLite file."""
        return self.state / "store" / "mfa.sqlite"

    @property
    def key_ring_path(self) -> Path:
        """The key ring's file."""
        return self.state / "keys" / "keyring.json"

    def control_socket(self, index: int) -> Path:
        """Return the control socket of one worker."""
        return self.run / f"{self.name}-{index}.sock"

    def worker(self, index: int, incarnation: str) -> WorkerSettings:
        """Return the settings of one worker's start; ``incarnation`` is new with every start."""
        name = f"{self.name}-{index}"
        return WorkerSettings(
            name=name,
            server_id=f"{name}/{incarnation}",
            index=index,
            state_directory=self.state,
            bundle_directory=self.bundle_directory,
            store_path=self.store_path,
            key_ring_path=self.key_ring_path,
            certificates_directory=self.certificates,
            control_socket=self.control_socket(index),
            health=self.health if index == 0 else None,
            internal=self.internal if index == 0 else None,
            front_host=self.front_host,
            ldap_port=self.ldap_port,
            ldaps_port=self.ldaps_port,
            drain_seconds=self.drain_seconds,
        )
