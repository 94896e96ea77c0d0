"""``mfa reply``: answer a text message in the person's place."""

from typing import Annotated

import typer

from mfa_server.cli.control_client import find_server
from mfa_server.cli.options import StateOption, UserArgument, examples
from mfa_server.errors import MfaError

__all__ = ["register"]

SAID = {
    "granted": "granted",
    "grantedUndelivered": "granted, but the gateway was gone: its next try within seconds gets the answer",
}
REFUSED = {
    "wrongCode": ("the code is wrong", "look at the newest message"),
    "noOpenChallenge": ("no logon waits for an answer", "the person has to start a logon first"),
    "refused": ("the code was right, but the logon is refused", "`mfa log list` shows what happened meanwhile"),
    "unknownUser": ("no such user", "`mfa users list` shows who is known"),
    "ambiguousUser": ("the name stands for several users", "name him by UPN, DN or directory id"),
}


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("reply", epilog=examples("mfa reply anna 123456"))(reply)


def reply(
    user: UserArgument,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of the message.", show_default=False)],
    state: StateOption,
) -> None:
    """Answer a text message in the person's place.

    For messages of the Console provider, which a server prints instead of sending.
    """
    status, answer = find_server(state).send("POST", "/reply", {"name": user}, {"code": code})
    outcome = answer.get("outcome", "")
    if status < 400 and outcome in SAID:
        typer.echo(f"{user}: {SAID[outcome]}")
        return
    message, hint = REFUSED.get(
        outcome, (str(answer.get("message", "the reply was refused")), str(answer.get("hint", "")))
    )
    why = str(answer.get("why", ""))
    raise MfaError(f"{user}: {message}" + (f" ({why})" if why else ""), hint=hint)
