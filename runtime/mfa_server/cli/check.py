"""``mfa check``: everything that is wrong with a directory of manifests, at once."""

from pathlib import Path
from typing import Annotated

import typer

from mfa_server.cli.options import OutputOption, examples
from mfa_server.cli.output import Format, print_object, print_rows, printable

__all__ = ["register"]

COLUMNS = ("severity", "file", "line", "kind", "namespace", "name", "field", "message")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("check", epilog=examples("mfa check manifests/", "mfa check manifests/ -o json"))(check)


def check(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory of manifests.", show_default=False)],
    output: OutputOption = Format.TABLE,
) -> None:
    """Check a directory of manifests without running anything. Exit code 1 means that something is wrong."""
    from mfa_resources.report import check_directory

    report = check_directory(directory)
    if output is Format.TABLE:
        for line in report.text().splitlines():
            typer.echo(printable(line))
    elif output is Format.CSV:
        print_rows(report.as_json()["findings"], COLUMNS, output)
    else:
        print_object(report.as_json(), output)
    if not report.ok:
        raise typer.Exit(1)
