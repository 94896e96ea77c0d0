"""Options that several commands share, and how help looks."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from mfa_server.cli.output import Format

__all__ = [
    "SETTINGS",
    "OutputOption",
    "StateOption",
    "UserArgument",
    "default_state",
    "examples",
    "length_of_time",
    "typer_group",
]

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def typer_group(text: str) -> typer.Typer:
    """Return a group of commands with this program's manners: plain help, no decorated tracebacks, no completion options."""
    return typer.Typer(
        help=text,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings=SETTINGS,
    )


def examples(*lines: str) -> str:
    """Return the end of a command's help: its examples, one a line, never wrapped."""
    return "\b\n" + "\n".join(["Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)])


def default_state() -> Path:
    """Return where standalone servers keep their state: ``/var/lib/mfa`` for root, else below ``XDG_STATE_HOME``."""
    if os.geteuid() == 0:
        return Path("/var/lib/mfa")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "mfa"


def length_of_time(text: str, option: str) -> timedelta:
    """Read ``90s``, ``10m`` or ``8h``. Raises BadParameter (exit code 2)."""
    from mfa_resources.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {text!r} {error}") from None


StateOption = Annotated[
    Path,
    typer.Option(
        "--state",
        envvar="MFA_STATE",
        metavar="DIR",
        default_factory=default_state,
        show_default="/var/lib/mfa, or ~/.local/state/mfa when not root",
        help="State directory of the servers.",
    ),
]
OutputOption = Annotated[Format, typer.Option("--output", "-o", help="How to print.")]
UserArgument = Annotated[
    str, typer.Argument(metavar="USER", show_default=False, help="Username, UPN, e-mail address, DN or directory id.")
]
