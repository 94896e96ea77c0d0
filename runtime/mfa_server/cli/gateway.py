"""``mfa gateway``: what to type at a gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mfa_server.cli.options import StateOption, examples, typer_group
from mfa_server.errors import MfaError

if TYPE_CHECKING:
    from mfa_resources import LdapClient, MfaServerGroup

__all__ = ["app"]

app = typer_group("Gateways: what to type there.")


@app.callback()
def _group() -> None:
    """Gateways: what to type there."""


@app.command(
    epilog=examples(
        "mfa gateway show netscaler --dir manifests/", "mfa gateway show mfa/netscaler --address 192.0.2.53"
    )
)
def show(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="An LdapClient: NAME or NAMESPACE/NAME.", show_default=False)
    ],
    state: StateOption,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir", metavar="DIR", help="Read manifests here instead of what the servers run on.", show_default=False
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS", help="Address of a server or of the load balancer; may be repeated.", show_default=False
        ),
    ] = None,
) -> None:
    """Print the commands that make a gateway use these servers (NetScaler)."""
    from mfa_server.gateways.netscaler import Placement, netscaler_commands

    authority = "the front authority's certificate (ca.crt)"
    if directory is None:
        directory = state / "bundle" / "current"
        authority = str(state / "certificates" / "front" / "ca.crt")
        if not directory.is_dir():
            raise MfaError(
                f"no servers ever ran on the state directory {state}",
                hint="name the manifests with --dir, or the servers' directory with --state or MFA_STATE",
            )
    found, group = _find(directory, client)
    typer.echo(netscaler_commands(found, group, Placement(tuple(address or ()), authority)), nl=False)


def _find(directory: Path, name: str) -> "tuple[LdapClient, MfaServerGroup]":
    from mfa_resources import LdapClient, MfaServerGroup
    from mfa_resources.manifests import load_directory

    items = [document.item for document in load_directory(directory).documents]
    clients = [item for item in items if isinstance(item, LdapClient)]
    fitting = [
        each for each in clients if name in {each.metadata.name, f"{each.metadata.namespace}/{each.metadata.name}"}
    ]
    if len(fitting) != 1:
        known = ", ".join(f"{each.metadata.namespace}/{each.metadata.name}" for each in clients) or "none"
        what = "no" if not fitting else f"{len(fitting)}"
        raise MfaError(f"{what} LdapClient is called {name} in {directory}", hint=f"there are: {known}")
    client = fitting[0]
    group_id = client.spec.server_group_ref.resolve(client.metadata.namespace)
    for item in items:
        if isinstance(item, MfaServerGroup) and item.id == group_id:
            return client, item
    raise MfaError(
        f"{group_id}, which {client.id} refers to, is not in {directory}", hint="`mfa check` says what is wrong with it"
    )
