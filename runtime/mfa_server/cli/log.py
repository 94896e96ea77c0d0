"""``mfa log``: the audit."""

from typing import Annotated

import typer

from mfa_server.cli.control_client import find_server
from mfa_server.cli.options import OutputOption, StateOption, examples, length_of_time, typer_group
from mfa_server.cli.output import Format, print_object, print_rows
from mfa_server.errors import MfaError

__all__ = ["app"]

COLUMNS = ("at", "id", "event", "result", "reason", "alert", "user", "client", "source", "method")

app = typer_group("The audit: what happened, to whom, and why.")


@app.command("list", epilog=examples("mfa log list --user anna --since 1h", "mfa log list --result refused -o json"))
def list_events(  # noqa: PLR0913 - one parameter for each option
    *,
    state: StateOption,
    user: Annotated[str, typer.Option(help="Only this user's.")] = "",
    client: Annotated[str, typer.Option(metavar="NAMESPACE/NAME", help="Only through this client.")] = "",
    event: Annotated[str, typer.Option(help="Only this kind: logon, userChanged, …")] = "",
    result: Annotated[str, typer.Option(help="Only granted or refused.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Not older than this (30m, 8h).")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")] = 50,
    output: OutputOption = Format.TABLE,
) -> None:
    """List what happened, newest first."""
    seconds = str(int(length_of_time(since, "--since").total_seconds())) if since else ""
    answer = find_server(state).get(
        "/audit", user=user, client=client, event=event, result=result, since=seconds, limit=limit
    )
    print_rows(answer["events"], COLUMNS, output, "nothing in the audit fits")


@app.command(epilog=examples("mfa log show 0192f3a1-7c1e"))
def show(
    event: Annotated[str, typer.Argument(metavar="ID", help="The row's id or its beginning.", show_default=False)],
    state: StateOption,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show one row of the audit with all its details."""
    rows = find_server(state).get(f"/audit/{_path_part(event)}")["events"]
    if len(rows) > 1:
        raise MfaError(f"{len(rows)} rows have an id that begins with {event}", hint="give more of it")
    row = rows[0]
    if output is Format.TABLE and row.get("event") == "logon":
        row["meaning"] = _meaning(row.get("reason", ""))
    print_object(row, output)


def _path_part(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _meaning(reason: str) -> str:
    from mfa_server.auth.reasons import Reason, describe

    return describe(Reason(reason)) if reason in {each.value for each in Reason} else ""
