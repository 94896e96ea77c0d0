"""How lists and objects are printed: a table for people, JSON, YAML or CSV for programs.

A table is drawn by ``rich`` on a terminal only (which honours ``NO_COLOR``); elsewhere its columns are padded with blanks and nothing
is cut off. Text from directories and gateways is printed without control characters: a name must not move the cursor.
"""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import typer

__all__ = ["Format", "print_object", "print_rows", "printable"]

Row = Mapping[str, Any]


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


def print_rows(rows: Sequence[Row], columns: Sequence[str], form: Format, empty: str = "") -> None:
    """Print a list. ``columns`` are the keys that a table and CSV show; JSON and YAML show everything.

    ``empty`` is said on standard error in place of an empty table.
    """
    if form in {Format.JSON, Format.YAML}:
        _print_document(list(rows), form)
    elif form is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([printable(row.get(column)) for column in columns] for row in rows)
    elif rows:
        _print_table([[printable(row.get(column)) for column in columns] for row in rows], columns)
    elif empty:
        typer.echo(empty, err=True)


def print_object(values: Row, form: Format) -> None:
    """Print one object: a line for each value, lists and objects below their name; CSV prints names and values."""
    if form in {Format.JSON, Format.YAML}:
        _print_document(values, form)
        return
    if form is Format.CSV:
        csv.writer(sys.stdout, lineterminator="\n").writerows(
            (name, printable(value)) for name, value in values.items()
        )
        return
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            typer.echo(f"{name}:")
            for each in value:
                typer.echo("  " + "  ".join(f"{key}={printable(member)}" for key, member in each.items()))
        else:
            typer.echo(f"{name + ':':{width + 1}} {printable(value)}".rstrip())


def printable(value: object) -> str:
    """Return a value as one line of text without control characters; nothing for None and empty lists."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "  ".join(f"{key}={printable(member)}" for key, member in value.items())
    if isinstance(value, list):
        return ", ".join(printable(each) for each in value)
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(value))


def _print_document(document: object, form: Format) -> None:
    if form is Format.JSON:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    import yaml

    typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)


def _print_table(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    titles = [_title(column) for column in columns]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Column, Table
        from rich.text import Text

        table = Table(*(Column(title, no_wrap=True) for title in titles), box=None, header_style="bold", pad_edge=False)
        for row in cells:
            table.add_row(*map(Text, row))  # Text: brackets in a name are no markup
        # as wide as it has to be, twice for scripts that take two columns: half a phone number is of use to nobody
        Console(width=2 * sum(widths) + 2 * len(widths)).print(table, crop=False)
        return
    for row in (titles, *cells):
        typer.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _title(column: str) -> str:
    """``blockedUntil`` → ``BLOCKED UNTIL``."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in column).upper()
