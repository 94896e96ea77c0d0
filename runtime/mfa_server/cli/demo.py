"""``mfa demo``: everything on this machine, and one logon shown step by step."""

from typing import Annotated

import typer

from mfa_server.cli.options import examples

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("demo", epilog=examples("mfa demo", "mfa demo --keep"))(demo)


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running afterwards, to try it by hand.")
    ] = False,
) -> None:
    """Show one logon as gateway, directory and phone see it.

    Runs two servers and a small directory on this machine. Needs nothing and leaves nothing: everything lives in a temporary
    directory. Exit code 1 means that the logon was not granted.
    """
    from mfa_server.demo.walk import walk

    raise typer.Exit(walk(keep=keep))
