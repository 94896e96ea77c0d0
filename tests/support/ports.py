"""Free TCP ports on loopback."""

import socket
from contextlib import ExitStack

__all__ = ["LOOPBACK", "free_port", "free_ports"]

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> tuple[int, ...]:
    """Return `count` different ports that nothing listens on right now.

    All are held at once while they are chosen, so they differ; they are free again when this returns, so bind soon.
    """
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        return tuple(int(each.getsockname()[1]) for each in sockets)


def free_port() -> int:
    """Return one port that nothing listens on right now."""
    return free_ports(1)[0]
