"""``mfa users``: who is known, and what an administrator does about him."""

from typing import Annotated, Any

import typer

from mfa_server.cli.control_client import find_server
from mfa_server.cli.options import OutputOption, StateOption, UserArgument, examples, length_of_time, typer_group
from mfa_server.cli.output import Format, print_object, print_rows
from mfa_server.errors import MfaError

__all__ = ["app"]

COLUMNS = ("username", "displayName", "phone", "method", "enabled", "blockedUntil", "lastLogon")
LARGEST_PAGE = 500

app = typer_group("People: list, look at, change, block and unlock them.")


@app.command(
    "list", epilog=examples("mfa users list --search anna", "mfa users list -o csv --limit 100000 > users.csv")
)
def list_users(
    state: StateOption,
    search: Annotated[str, typer.Option(help="Only users with this text in name, UPN, e-mail or phone.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    after: Annotated[
        str, typer.Option(metavar="ID", help="Go on after this user (an id), as the last page said.")
    ] = "",
    output: OutputOption = Format.TABLE,
) -> None:
    """List users by name."""
    server = find_server(state)
    rows: list[dict[str, Any]] = []
    while True:
        page = server.get("/users", search=search, after=after, limit=min(LARGEST_PAGE, limit - len(rows)))
        rows.extend(page["users"])
        after = page.get("next", "")
        if not after or len(rows) >= limit:
            break
    print_rows(rows, COLUMNS, output, "no users; directory sync brings them (`mfa status` shows its last pass)")
    if after:
        typer.echo(f"there may be more: --after {after}", err=True)


@app.command(epilog=examples("mfa users show anna"))
def show(user: UserArgument, state: StateOption, output: OutputOption = Format.TABLE) -> None:
    """Show one user: fields, locks, tokens, and the question that waits for an answer."""
    print_object(find_server(state).get("/user", name=user), output)


@app.command(
    "set",
    epilog=examples("mfa users set anna --phone +441632960001 --method TextMessage", "mfa users set bert --disabled"),
)
def set_user(  # noqa: PLR0913 - one parameter for each option
    *,
    user: UserArgument,
    state: StateOption,
    phone: Annotated[str | None, typer.Option(help="Phone number; empty: none.", show_default=False)] = None,
    backup_phone: Annotated[str | None, typer.Option(help="Second number; empty: none.", show_default=False)] = None,
    method: Annotated[
        str | None, typer.Option(help="TextMessage, OathToken, …; empty: the default.", show_default=False)
    ] = None,
    text_mode: Annotated[
        str | None, typer.Option(help="OneWay or TwoWay; empty: the default.", show_default=False)
    ] = None,
    enabled: Annotated[
        bool | None,
        typer.Option("--enabled/--disabled", help="Whether he is asked for a second factor.", show_default=False),
    ] = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """Change a user. What is set here is not touched by directory sync any more; logons that wait are refused."""
    wanted = {
        "phone": phone,
        "backupPhone": backup_phone,
        "method": method,
        "textMessageMode": text_mode,
        "enabled": enabled,
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        raise typer.BadParameter("nothing is to be changed: give at least one option")
    print_object(find_server(state).change("PATCH", "/user", changes, name=user), output)


@app.command(epilog=examples('mfa users block anna --for 8h --reason "phone stolen, ticket 4711"'))
def block(
    user: UserArgument,
    state: StateOption,
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit.", show_default=False)],
    length: Annotated[
        str, typer.Option("--for", metavar="TIME", help="For how long (10m, 8h); absent: until unlocked.")
    ] = "",
) -> None:
    """Block a user: no logon is granted to him, and one that waits is refused."""
    body: dict[str, Any] = {"reason": reason}
    if length:
        body["seconds"] = max(1, int(length_of_time(length, "--for").total_seconds()))
    after = find_server(state).change("POST", "/user/block", body, name=user)
    if "blockedUntil" not in after:
        raise MfaError(f"{user} is not blocked", hint="he was unlocked at the same moment; try again")
    until = after["blockedUntil"]
    typer.echo(f"{after['username']}: blocked {'until unlocked' if until == 'forever' else 'until ' + until}")


@app.command(epilog=examples("mfa users unlock anna"))
def unlock(user: UserArgument, state: StateOption) -> None:
    """End a user's block, lock-outs and pause of prompts."""
    after = find_server(state).change("POST", "/user/unlock", name=user)
    ended = ", ".join(_ENDED[name] for name in after["ended"]) or "nothing was in force"
    typer.echo(f"{after['username']}: unlocked ({ended})")


_ENDED = {
    "blockedUntil": "block ended",
    "passwordLockedUntil": "lock after wrong passwords ended",
    "factorLockedUntil": "lock after wrong second factors ended",
    "promptsPausedUntil": "pause of prompts ended",
}
