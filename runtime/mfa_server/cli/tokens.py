"""``mfa tokens``: the OATH tokens of a user."""

import sys
from typing import Annotated, Any

import typer

from mfa_server.cli.control_client import find_server
from mfa_server.cli.options import OutputOption, StateOption, UserArgument, examples, typer_group
from mfa_server.cli.output import Format, print_object, print_rows

__all__ = ["app"]

app = typer_group("OATH tokens: codes from an authenticator app or a hardware device.")


@app.command(
    epilog=examples("mfa tokens add anna --generate", "mfa tokens add anna --secret - --label key-fob-17 < secret.txt")
)
def add(  # noqa: PLR0913 - one parameter for each option
    *,
    user: UserArgument,
    state: StateOption,
    generate: Annotated[bool, typer.Option("--generate", help="Make a new secret.")] = False,
    secret: Annotated[
        str | None,
        typer.Option(metavar="BASE32", help="Use this secret; - reads it from standard input.", show_default=False),
    ] = None,
    label: Annotated[str, typer.Option(help="What to call the token.")] = "",
    digits: Annotated[
        int | None, typer.Option(min=6, max=8, help="Digits of a code.", show_default="the group's")
    ] = None,
    period: Annotated[
        int | None, typer.Option(min=10, max=120, help="Seconds of a step.", show_default="the group's")
    ] = None,
    algorithm: Annotated[str, typer.Option(help="SHA1, SHA256 or SHA512; many apps know SHA1 only.")] = "SHA1",
    output: OutputOption = Format.TABLE,
) -> None:
    """Give a user a token and print what his app reads: the otpauth URI and a QR code. They are shown this once."""
    if generate == (secret is not None):
        raise typer.BadParameter("give either --generate or --secret BASE32")
    body: dict[str, Any] = {"label": label, "algorithm": algorithm, "digits": digits, "period": period}
    body["secret"] = sys.stdin.readline().strip() if secret == "-" else secret  # noqa: S105 - a dash
    given = {name: value for name, value in body.items() if value not in (None, "")}
    if secret is not None:
        given["secret"] = body["secret"]  # an empty one is an error, not a wish for a new one
    token = find_server(state).change("POST", "/user/tokens", given, name=user)
    if output is not Format.TABLE:
        print_object(token, output)
        return
    typer.echo(f"token {token['id']} for {token['user']}: {token['digits']} digits every {token['period']} s")
    typer.echo(token["uri"])
    _print_qr_code(token["uri"])
    if (token["digits"], token["period"], token["algorithm"]) != (6, 30, "SHA1"):
        typer.echo("some apps only know 6 digits, 30 s and SHA1: try a code before relying on it", err=True)


@app.command("list", epilog=examples("mfa tokens list anna"))
def list_tokens(user: UserArgument, state: StateOption, output: OutputOption = Format.TABLE) -> None:
    """List a user's tokens, without their secrets."""
    answer = find_server(state).get("/user/tokens", name=user)
    columns = ("id", "kind", "label", "digits", "period", "algorithm", "used", "created")
    print_rows(answer["tokens"], columns, output, f"{answer['user']} has no token; `mfa tokens add` gives him one")


@app.command(epilog=examples("mfa tokens remove anna 0192f3a1"))
def remove(
    user: UserArgument,
    token: Annotated[
        str, typer.Argument(metavar="TOKEN", help="The id, its beginning, or the label.", show_default=False)
    ],
    state: StateOption,
) -> None:
    """Take a token away from a user."""
    answer = find_server(state).change("DELETE", "/user/tokens", name=user, token=token)
    typer.echo(f"{answer['user']}: token {answer['removed']} removed")


def _print_qr_code(text: str) -> None:
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        return  # half blocks cannot be printed
    import segno

    segno.make(text, error="m").terminal(out=sys.stdout, border=2, compact=True)
