"""LdapClient: a gateway or application that speaks LDAP to the servers."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    AddressList,
    AppendedCode,
    AttributeName,
    Duration,
    FewAddresses,
    Flag,
    Identity,
    Line,
    MethodList,
    UserRules,
    Whole,
)
from mfa_resources.v1alpha1.markers import DurationText, ListMap, ListSet
from mfa_resources.v1alpha1.model import Model, Rule, Transition, one_of
from mfa_resources.v1alpha1.resource import Resource, ServerGroupRefAcross

__all__ = ["ClientMatch", "Gateway", "LdapClient", "LdapClientSpec", "NetScalerGateway", "ServiceAccount"]

_VirtualServer = Annotated[str, Field(min_length=1, max_length=127, pattern=r"^[A-Za-z0-9_][-A-Za-z0-9_.:@=# ]*$")]


class ClientMatch(Model):
    """What tells two clients behind one address apart."""

    listener: Literal["Any", "LDAP", "LDAPS"] = "Any"
    """The listener they use."""
    bind_identities: Annotated[tuple[Identity, ...], Field(max_length=16), ListSet()] = ()
    """The identities that bind first on a connection; empty: any."""


class ServiceAccount(Model):
    """An account that signs in without a second factor, known by its verified identity. Formerly: the bind account, imported and disabled in the Users list."""

    identity: Identity
    """DN, UPN (name@domain) or DOMAIN\\user."""
    visible: Flag = False
    """Whether searches of this client may return its entry."""
    addresses: FewAddresses = ()
    """Addresses it signs in from; empty: all of the client's."""


class NetScalerGateway(Model):
    """What the generated NetScaler configuration needs."""

    name: _VirtualServer | None = None
    """Name of the LDAP action there; absent: the object's name."""
    virtual_server: _VirtualServer | None = None
    """Virtual server that the policy is bound to; absent: the binding is left out."""
    binding: Literal["Primary", "Secondary"] = "Primary"
    """Which authentication bank the policy is bound to."""
    policy_style: Literal["Advanced", "Classic"] = "Advanced"
    """Which policy expressions are written."""
    login_attribute: AttributeName | None = None
    """Attribute that people type; absent: the group's first username attribute."""


class Gateway(Model):
    """A preset for a known gateway, and its generated configuration (`mfa gateway show`)."""

    type: Literal["NetScaler"]
    """The gateway."""
    net_scaler: NetScalerGateway | None = None
    """Details, with type: NetScaler."""

    rules = one_of({"NetScaler": "netScaler"}, required=())


class LdapClientSpec(Model):
    """What the client is and what it may do."""

    server_group_ref: ServerGroupRefAcross
    """The server group; cannot be changed."""
    application_name: Annotated[Line, Field(max_length=64)] | None = None
    """Its name in messages and reports; absent: metadata.name. Formerly: LDAP Authentication > Application name."""
    addresses: Annotated[AddressList, Field(min_length=1)]
    """Where it connects from; the most specific range of all clients wins. Formerly: LDAP Authentication > IP address."""
    match: ClientMatch = Field(default_factory=ClientMatch)
    """What tells it apart from another client behind the same address."""
    user_binds: Literal["AfterServiceBind", "Any"] | None = None
    """Whether people's binds count only after a service account's bind on the same connection; absent: Any, AfterServiceBind with the NetScaler preset."""
    plaintext: Literal["Refuse", "Allow"] = "Refuse"
    """Whether it may send passwords without TLS."""
    service_accounts: Annotated[tuple[ServiceAccount, ...], Field(max_length=16), ListMap(("identity",))] = ()
    """Accounts that sign in without a second factor."""
    users: UserRules = Field(default_factory=UserRules)
    """People in a given state; looser than the group only within its clientLimits."""
    timeout: Annotated[timedelta, DurationText("10s", "180s")] = timedelta(seconds=60)
    """How long the gateway waits; answers come 3 s earlier."""
    methods: MethodList = ()
    """Second factors; empty: the group's."""
    appended_code: AppendedCode | None = None
    """A code typed after the password; absent: off."""
    answers_per_approval: Annotated[Whole, Field(ge=1, le=3)] = 1
    """Binds that one approval answers, for gateways that bind twice."""
    password_change: Literal["Disabled", "AfterFactor"] = "Disabled"  # noqa: S105 - a switch, not a secret
    """Whether people may change an expired password, after the second factor."""
    references: Literal["Drop", "Pass", "Refuse"] = "Drop"
    """What happens to search references of the directory."""
    remember_for: Duration | None = None
    """How long a completed second factor counts for the next logon; absent: off."""
    mode: Literal["Enforce", "Report"] = "Enforce"
    """Report: the password decides, and what would have happened is recorded."""
    gateway: Gateway | None = None
    """A preset for a known gateway; absent: none."""

    transitions = (
        Transition(
            "self.serverGroupRef == oldSelf.serverGroupRef",
            "serverGroupRef cannot be changed; delete the object and make it anew",
            lambda old, new: old.server_group_ref == new.server_group_ref,
            "serverGroupRef",
        ),
    )
    rules = (
        Rule(
            "!has(self.userBinds) || self.userBinds == 'Any' ||"
            " (has(self.serviceAccounts) && self.serviceAccounts.size() > 0)",
            "AfterServiceBind needs at least one of serviceAccounts, else nobody could sign in",
            lambda spec: spec.user_binds != "AfterServiceBind" or bool(spec.service_accounts),
            "userBinds",
        ),
    )

    @property
    def effective_user_binds(self) -> Literal["AfterServiceBind", "Any"]:
        """`userBinds` as written, else the gateway preset's, else Any."""
        preset = self.gateway is not None and self.gateway.type == "NetScaler"
        return self.user_binds or ("AfterServiceBind" if preset else "Any")


class LdapClient(Resource):
    """A gateway or application that speaks LDAP to the servers. Formerly: LDAP Authentication > Clients."""

    plural: ClassVar[str] = "ldapclients"
    short_names: ClassVar[tuple[str, ...]] = ("ldapc",)
    extra_columns: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("Application", "string", ".spec.applicationName"),
        ("Mode", "string", ".spec.mode"),
    )

    kind: Literal["LdapClient"]
    """Always LdapClient."""
    spec: LdapClientSpec
    """What the client is and what it may do."""

    @property
    def application(self) -> str:
        """The name in messages and reports."""
        return self.spec.application_name or self.metadata.name
