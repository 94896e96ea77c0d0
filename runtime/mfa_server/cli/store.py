"""``mfa store``: the state store's schema."""

from pathlib import Path

import typer

from mfa_server.cli.options import OutputOption, StateOption, examples, typer_group
from mfa_server.cli.output import Format, print_object
from mfa_server.errors import MfaError

__all__ = ["app"]

app = typer_group("The state store: users, tokens, the audit.")


@app.command(epilog=examples("mfa store status --state /var/lib/mfa"))
def status(state: StateOption, output: OutputOption = Format.TABLE) -> None:
    """Show which schema the store has, and which this version needs."""
    from mfa_server.store import migrate as migrations

    found = migrations.status(_existing(state))
    told = {"path": str(found.path), "schema": found.current, "newest": found.newest, "pending": list(found.pending)}
    print_object(told, output)
    if found.pending and output is Format.TABLE:
        typer.echo(
            "`mfa store migrate` brings it to the newest schema; standalone servers do so when they start", err=True
        )


@app.command(epilog=examples("mfa store migrate --state /var/lib/mfa"))
def migrate(state: StateOption) -> None:
    """Bring the store to the newest schema; what it held before is copied beside it first."""
    from mfa_server.store import migrate as migrations

    report = migrations.migrate(_existing(state))
    if not report.applied:
        typer.echo(f"{report.path}: schema {report.after}, nothing to do")
        return
    typer.echo(f"{report.path}: schema {report.before} → {report.after}")
    if report.backup is not None:
        typer.echo(f"as it was before: {report.backup}")


def _existing(state: Path) -> Path:
    from mfa_server.settings import StandaloneSettings

    path = StandaloneSettings(manifests=Path(), state=state).store_path
    if not path.exists():
        raise MfaError(
            f"there is no store at {path}",
            hint="`mfa standalone` makes it; name its directory with --state or MFA_STATE",
        )
    return path
