"""``mfa serve``: one role on a bundle, as it runs in a pod."""

import secrets
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mfa_server.cli.options import StateOption, examples, typer_group

if TYPE_CHECKING:
    from mfa_server.settings import WorkerSettings

__all__ = ["app"]

app = typer_group("One role on a bundle, as the operator runs it in a pod.")


@app.callback()
def _group() -> None:
    """One role on a bundle, as the operator runs it in a pod."""


@app.command(epilog=examples("mfa serve server --bundle /etc/mfa/bundle --state /var/lib/mfa"))
def server(  # noqa: PLR0913 - one parameter for each option
    *,
    bundle: Annotated[
        Path, typer.Option(metavar="DIR", help="The bundle: a directory of manifests.", show_default=False)
    ],
    state: StateOption,
    certificates: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Certificates.", show_default="certificates/ in the state directory"),
    ] = None,
    name: Annotated[str, typer.Option(help="The server's name.", show_default="the host's name")] = "",
    listen: Annotated[str, typer.Option(metavar="ADDRESS", help="Address of all ports.")] = "::",
    ldap_port: Annotated[int, typer.Option(help="Port of LDAP with StartTLS.", min=1, max=65535)] = 10389,
    ldaps_port: Annotated[int, typer.Option(help="Port of LDAPS.", min=1, max=65535)] = 10636,
    health_port: Annotated[int, typer.Option(help="Plain HTTP: /healthz, /readyz, /metrics.", min=1, max=65535)] = 8080,
    internal_port: Annotated[int, typer.Option(help="Mutual TLS: /status and the peers.", min=1, max=65535)] = 8443,
) -> None:
    """Run one MFA server on a bundle until told to stop. Makes and migrates the store, makes no certificates."""
    from mfa_server.app import run as run_worker
    from mfa_server.settings import Endpoint
    from mfa_server.store.migrate import migrate

    named = name or socket.gethostname().partition(".")[0].lower()
    settings = replace(
        _settings(state.absolute(), bundle.absolute(), named),
        health=Endpoint(listen, health_port),
        internal=Endpoint(listen, internal_port),
        front_host=listen,
        ldap_port=ldap_port,
        ldaps_port=ldaps_port,
    )
    if certificates is not None:
        settings = replace(settings, certificates_directory=certificates.absolute())
    for path in (settings.store_path, settings.key_ring_path, settings.control_socket):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate(settings.store_path)
    raise typer.Exit(run_worker(settings))


def _settings(state: Path, bundle: Path, name: str) -> "WorkerSettings":
    """Return the settings of one server alone, its files where standalone keeps them."""
    from mfa_server.settings import WorkerSettings

    return WorkerSettings(
        name=name,
        server_id=f"{name}/{secrets.token_hex(8)}",
        index=0,
        state_directory=state,
        bundle_directory=bundle,
        store_path=state / "store" / "mfa.sqlite",
        key_ring_path=state / "keys" / "keyring.json",
        certificates_directory=state / "certificates",
        control_socket=state / "run" / f"{name}.sock",
        health=None,
        internal=None,
    )
