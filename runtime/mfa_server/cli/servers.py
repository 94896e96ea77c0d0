"""``mfa servers`` and ``mfa status``: what runs, and how it does."""

import typer

from mfa_server.cli.control_client import find_server
from mfa_server.cli.options import OutputOption, StateOption, examples
from mfa_server.cli.output import Format, print_object, print_rows

__all__ = ["register"]

SHORT_DIGEST = len("sha256:0123456789ab")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("servers", epilog=examples("mfa servers"))(servers)
    app.command("status", epilog=examples("mfa status -o json"))(status)


def servers(state: StateOption, output: OutputOption = Format.TABLE) -> None:
    """List the servers that share this state, and when each was last heard of."""
    columns = ("name", "address", "started", "seen", "version", "bundle")
    rows = find_server(state).get("/servers")["servers"]
    if output is Format.TABLE:  # whether two servers run on the same bundle shows in the digest's beginning
        rows = [row | {"bundle": row.get("bundle", "")[:SHORT_DIGEST]} for row in rows]
    print_rows(rows, columns, output)


def status(state: StateOption, output: OutputOption = Format.TABLE) -> None:
    """Show how the servers do: readiness, the bundle they run on, and directory sync."""
    server = find_server(state)
    told = server.get("/status")
    told["servers"] = server.get("/servers")["servers"]
    told["sync"] = server.get("/sync")["sources"]
    print_object(told, output)
