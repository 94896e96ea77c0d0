"""The commands that make a Citrix NetScaler authenticate against our servers (``mfa gateway show``).

NetScaler's defaults do not fit a second factor: it waits 3 s for an answer, speaks plain LDAP and tries every bound policy in turn.
What is printed here sets the client's own time-out, TLS with a checked certificate, and one policy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import jinja2

from mfa_resources import LdapClient, MfaServerGroup
from mfa_resources.v1alpha1.ldap_client import NetScalerGateway
from mfa_server.errors import MfaError

__all__ = ["GatewayConfigurationError", "Placement", "netscaler_commands", "quote"]

UNQUOTED = re.compile(r"[A-Za-z0-9_.:/-]+")
"""What the appliance's command line takes as it is."""
LONGEST_IDLE_TIMEOUT = 120
"""Seconds; the largest ``newConnIdleTimeout`` that the appliance takes."""
MOST_NAME = 100
"""Characters of the action's name, which leaves room for the endings of the other objects (127 at most)."""


class GatewayConfigurationError(MfaError):
    """The client's manifest lacks something without which the gateway cannot be configured."""

    code = "gatewayConfiguration"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the servers are, which no manifest knows."""

    addresses: Sequence[str] = ()
    """Addresses of servers or of a load balancer before them; empty: placeholders are printed."""
    authority: str = "ca.crt"
    """Where the administrator finds the certificate of the authority that signed the servers' certificate."""


@dataclass(frozen=True, slots=True)
class _Listener:
    port: int
    security: Literal["SSL", "TLS"]
    """NetScaler's words: ``SSL`` is LDAPS, ``TLS`` is StartTLS."""


def netscaler_commands(client: LdapClient, group: MfaServerGroup, placement: Placement = Placement()) -> str:
    """Return the commands, one a line, with comments.

    Raises GatewayConfigurationError: the client has another gateway type or none, no service account, or the group no LDAP listener.
    """
    gateway = client.spec.gateway
    if gateway is None or gateway.type != "NetScaler":
        raise GatewayConfigurationError(
            f"{client.id} is not declared as a NetScaler", hint="set spec.gateway.type: NetScaler"
        )
    if not client.spec.service_accounts:
        raise GatewayConfigurationError(
            f"{client.id} has no service account, and a NetScaler binds one before it searches",
            hint="name it in spec.serviceAccounts",
        )
    preset = gateway.net_scaler or NetScalerGateway()
    name = (preset.name or client.metadata.name)[:MOST_NAME]
    names = group.spec.front_certificate.dns_names
    addresses = tuple(placement.addresses) or group.spec.front_certificate.ip_addresses
    seconds = int(client.spec.timeout.total_seconds())
    template = _environment().get_template("netscaler.nscli.j2")
    return template.render(
        client=client,
        group=group,
        preset=preset,
        name=name,
        listener=_listener(client, group),
        addresses=addresses,
        direct=len(addresses) == 1,
        authority=placement.authority,
        certificate_name=names[0] if names else "<name in the certificate of the servers>",
        active_directory=group.spec.directory.type == "ActiveDirectory",
        login_attribute=preset.login_attribute or group.spec.directory.username_attributes[0],
        account=client.spec.service_accounts[0].identity,
        seconds=seconds,
        idle_seconds=min(LONGEST_IDLE_TIMEOUT, seconds + 5),
    )


def quote(text: str) -> str:
    """Return a value as one word of the appliance's command line: in double quotes where it has more than plain characters.

    Raises GatewayConfigurationError for control characters, which could begin another command.
    """
    if not text.isprintable():
        raise GatewayConfigurationError("a value for the gateway has control characters", hint="write it on one line")
    if UNQUOTED.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _listener(client: LdapClient, group: MfaServerGroup) -> _Listener:
    wanted, listeners = client.spec.match.listener, group.spec.listeners
    if listeners.ldaps is not None and wanted != "LDAP":
        return _Listener(listeners.ldaps.port, "SSL")
    if listeners.ldap is not None and wanted != "LDAPS":
        return _Listener(listeners.ldap.port, "TLS")
    raise GatewayConfigurationError(
        f"{group.id} has no listener that {client.id} could use (spec.match.listener: {wanted})",
        hint="add spec.listeners.ldaps to the group",
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - commands, not HTML; every value goes through `quote`
        loader=jinja2.PackageLoader("mfa_server.gateways", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quote"] = quote
    return environment
