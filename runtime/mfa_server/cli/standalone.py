"""``mfa standalone``: servers on this machine from a directory of manifests."""

from pathlib import Path
from typing import Annotated

import typer

from mfa_server.cli.options import StateOption, examples
from mfa_server.errors import MfaError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(
        "standalone",
        epilog=examples("mfa standalone manifests/", "mfa standalone manifests/ --state /srv/mfa --workers 4"),
    )(standalone)


def standalone(  # noqa: PLR0913 - one parameter for each option
    *,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory of manifests.", show_default=False)],
    state: StateOption,
    name: Annotated[str, typer.Option(help="What the servers are called: NAME-0, NAME-1, …")] = "mfa",
    workers: Annotated[int, typer.Option(help="Server processes.", min=1, max=16)] = 2,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address of the gateways' and the management ports.")
    ] = "::",
    health_port: Annotated[int, typer.Option(help="Plain HTTP: /healthz, /readyz, /metrics.", min=1, max=65535)] = 8080,
    internal_port: Annotated[int, typer.Option(help="Mutual TLS: /status and the peers.", min=1, max=65535)] = 8443,
) -> None:
    """Run MFA servers on this machine until told to stop.

    Makes a CA and certificates in the state directory, follows changes of the manifests, and starts again what dies. The gateways'
    ports are those of the manifests (389 and 636 unless told otherwise).
    """
    if not directory.is_dir():
        raise MfaError(
            f"{directory} is not a directory", hint="name a directory of manifests; `mfa check DIR` checks one"
        )
    from mfa_server import logs
    from mfa_server.app import run as run_worker  # all that servers need is imported before the fork and shared by them
    from mfa_server.settings import Endpoint, StandaloneSettings
    from mfa_server.standalone import Supervisor

    settings = StandaloneSettings(
        manifests=directory.absolute(),
        state=state.absolute(),
        name=name,
        workers=workers,
        health=Endpoint(listen, health_port),
        internal=Endpoint(listen, internal_port),
        front_host=listen,
    )
    logs.configure()
    raise typer.Exit(Supervisor(settings, run_worker).run())
