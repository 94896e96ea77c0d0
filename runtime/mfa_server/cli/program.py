"""The program ``mfa`` as a whole: its commands, and what becomes of their errors."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
import typer.main
from typer.exceptions import TyperException

from mfa_server.cli import check, demo, gateway, log, reply, serve, servers, standalone, store, tokens, users
from mfa_server.cli.options import SETTINGS, typer_group
from mfa_server.cli.output import printable
from mfa_server.errors import MfaError

__all__ = ["DEBUG_VARIABLE", "program", "run"]

DEBUG_VARIABLE = "MFA_DEBUG"
"""Set to anything but 0: errors come with their traceback."""
FAILED = 1
USAGE = 2
INTERRUPTED = 130


def program() -> typer.Typer:
    """Return the whole program."""
    app = typer_group(str(_root.__doc__))
    app.callback(invoke_without_command=True, context_settings=SETTINGS)(_root)
    for register in (check, standalone, demo, reply, servers):
        register.register(app)
    app.add_typer(serve.app, name="serve")
    app.add_typer(users.app, name="users")
    app.add_typer(tokens.app, name="tokens")
    app.add_typer(log.app, name="log")
    app.add_typer(store.app, name="store")
    app.add_typer(gateway.app, name="gateway")
    return app


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
) -> None:
    """Multi-factor authentication for LDAP and RADIUS gateways.

    Start with `mfa demo`; it needs nothing else. Then `mfa check DIR` and `mfa standalone DIR` with manifests of your own.
    """
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"mfa {installed('mfa-operator')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Errors become one line on standard error; none escapes."""
    try:
        code = typer.main.get_command(program()).main(args=list(arguments), prog_name="mfa", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the program's edge: the person gets one line, not a traceback
        return _explain(error)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE, "0") not in {"", "0"}:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, BrokenPipeError):
        # whoever read our output left, as `head` does: nothing more to say, not even when Python flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if isinstance(error, TyperException):
        if error.exit_code == USAGE:
            context = getattr(error, "ctx", None)
            _complain(
                _in_our_manner(error.format_message()),
                f"`{context.command_path if context else 'mfa'} --help` shows how it is used",
            )
        else:
            _complain(_in_our_manner(error.format_message()))
        return error.exit_code
    if isinstance(error, typer.Abort):
        _complain("nothing was done")
    elif isinstance(error, MfaError):
        _complain(error.message, error.hint)
    elif isinstance(error, OSError) and error.strerror:
        _complain(": ".join(str(each) for each in (error.filename, error.strerror) if each))
    else:
        _complain(f"a fault in this program ({type(error).__name__})", f"{DEBUG_VARIABLE}=1 shows the details")
    return FAILED


def _complain(what: str, hint: str = "") -> None:
    text = f"mfa: {what}; {hint}" if hint else f"mfa: {what}"
    typer.echo("\n".join(map(printable, text.split("\n"))), err=True)  # what it names may come from a directory


def _in_our_manner(message: str) -> str:
    """Return a message of the argument parser without capital and full stop."""
    plain = message.strip().rstrip(".")
    return plain[:1].lower() + plain[1:]
