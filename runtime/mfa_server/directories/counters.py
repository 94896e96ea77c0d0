"""What this process has asked its directories for, as plain numbers that metrics may read at any time."""

from dataclasses import dataclass

__all__ = ["DirectoryCounters"]


@dataclass(slots=True)
class DirectoryCounters:
    """Counts since the process started; they only grow, except ``open_connections``.

    The three kinds of bind are kept apart, since only ``password_checks`` count towards a person's lock-out.
    """

    password_checks: int = 0
    """Binds that checked a person's or service account's password: one per logon that got that far."""
    search_binds: int = 0
    """Binds of connections that pass on a gateway's searches, under the credential that was checked before."""
    own_binds: int = 0
    """Binds of the server group's own account."""
    searches: int = 0
    """Requests passed on for gateways."""
    own_searches: int = 0
    connects: int = 0
    """Connections made."""
    connect_failures: int = 0
    connections_lost: int = 0
    """Connections that ended with operations in flight."""
    open_connections: int = 0
