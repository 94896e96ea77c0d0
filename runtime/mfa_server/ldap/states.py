"""The states of both sessions and every transition between them, as tables.

The sessions consult nothing else, and the documentation's diagrams can be drawn from here. A trigger that a state does
not list is impossible there: asking for it is a `LocalMisuse`. They are integers, since the hash of an `Enum` costs ten
times as much.
"""

from enum import IntEnum, auto
from typing import Final

__all__ = [
    "CLIENT_TRANSITIONS",
    "SERVER_TRANSITIONS",
    "ClientState",
    "ClientTrigger",
    "ServerState",
    "ServerTrigger",
]


class ServerState(IntEnum):
    """What a client may do on its connection."""

    ANONYMOUS = auto()
    BINDING = auto()
    BOUND = auto()
    STARTING_TLS = auto()
    CLOSED = auto()


class ServerTrigger(IntEnum):
    """What moves a server's session on."""

    BIND_REQUESTED = auto()
    BIND_GRANTED = auto()
    BIND_NOT_GRANTED = auto()  # refused, anonymous, or one more step of SASL to go
    TLS_REQUESTED = auto()
    TLS_REFUSED_ANONYMOUS = auto()
    TLS_REFUSED_BOUND = auto()
    TLS_STARTED = auto()
    CLOSE = auto()


SERVER_TRANSITIONS: Final[dict[ServerState, dict[ServerTrigger, ServerState]]] = {
    ServerState.ANONYMOUS: {
        ServerTrigger.BIND_REQUESTED: ServerState.BINDING,
        ServerTrigger.TLS_REQUESTED: ServerState.STARTING_TLS,
        ServerTrigger.CLOSE: ServerState.CLOSED,
    },
    ServerState.BINDING: {
        ServerTrigger.BIND_REQUESTED: ServerState.BINDING,  # the newer one supersedes
        ServerTrigger.BIND_GRANTED: ServerState.BOUND,
        ServerTrigger.BIND_NOT_GRANTED: ServerState.ANONYMOUS,
        ServerTrigger.CLOSE: ServerState.CLOSED,
    },
    ServerState.BOUND: {
        ServerTrigger.BIND_REQUESTED: ServerState.BINDING,
        ServerTrigger.TLS_REQUESTED: ServerState.STARTING_TLS,
        ServerTrigger.CLOSE: ServerState.CLOSED,
    },
    ServerState.STARTING_TLS: {
        ServerTrigger.TLS_REFUSED_ANONYMOUS: ServerState.ANONYMOUS,
        ServerTrigger.TLS_REFUSED_BOUND: ServerState.BOUND,
        ServerTrigger.TLS_STARTED: ServerState.ANONYMOUS,
        ServerTrigger.CLOSE: ServerState.CLOSED,
    },
    ServerState.CLOSED: {ServerTrigger.CLOSE: ServerState.CLOSED},
}
"""A server's session starts ANONYMOUS."""


class ClientState(IntEnum):
    """What may be sent to a directory on a connection."""

    OPEN = auto()
    BINDING = auto()
    STARTING_TLS = auto()
    CLOSED = auto()


class ClientTrigger(IntEnum):
    """What moves a client's session on."""

    BIND_SENT = auto()
    BIND_ANSWERED = auto()
    TLS_SENT = auto()
    TLS_REFUSED = auto()
    TLS_STARTED = auto()
    CLOSE = auto()


CLIENT_TRANSITIONS: Final[dict[ClientState, dict[ClientTrigger, ClientState]]] = {
    ClientState.OPEN: {
        ClientTrigger.BIND_SENT: ClientState.BINDING,
        ClientTrigger.TLS_SENT: ClientState.STARTING_TLS,
        ClientTrigger.CLOSE: ClientState.CLOSED,
    },
    ClientState.BINDING: {
        ClientTrigger.BIND_ANSWERED: ClientState.OPEN,
        ClientTrigger.CLOSE: ClientState.CLOSED,
    },
    ClientState.STARTING_TLS: {
        ClientTrigger.TLS_REFUSED: ClientState.OPEN,
        ClientTrigger.TLS_STARTED: ClientState.OPEN,
        ClientTrigger.CLOSE: ClientState.CLOSED,
    },
    ClientState.CLOSED: {ClientTrigger.CLOSE: ClientState.CLOSED},
}
"""A client's session starts OPEN."""
