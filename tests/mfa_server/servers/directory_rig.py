"""The LDAP server with a real OpenLDAP behind its searches; every bind is granted at once, by the name alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from mfa_server.auth.attempt import ClientPolicy, LogonRequest, References
from mfa_server.auth.decision import Decision, Role
from mfa_server.auth.ports import Identity
from mfa_server.clock import SystemClock
from mfa_server.directories import DirectorySettings, DirectoryType, LdapDirectory, ServerAddress, ServiceAccounts
from mfa_server.ldap import (
    LDAPMessage,
    Scope,
    SearchResultEntry,
    SearchResultReference,
)
from mfa_server.servers.ldap_front import LdapParts
from mfa_server.servers.ldap_searches import entry_key
from tests.mfa_server.servers.conftest import Front
from tests.mfa_server.servers.rig import OneClient, RawClient, Rig, bind, granted, rig
from tests.support.logons import POLICY
from tests.support.slapd import Slapd

__all__ = ["SERVICE", "SUBTREE", "behind", "code", "gateway", "names", "policy", "results"]

SERVICE = "svc-netscaler"
SUBTREE = Scope.WHOLE_SUBTREE


def policy(server: Slapd, *, visible: bool = False, references: References = References.DROP) -> ClientPolicy:
    return replace(POLICY, references=references, service_accounts=((server.account(SERVICE).dn, visible, ()),))


@asynccontextmanager
async def behind(
    server: Slapd, front: Front, *, visible: bool = False, references: References = References.DROP
) -> AsyncIterator[Rig]:
    """The LDAP server with a real directory behind it; every bind of a known account is granted at once."""
    own = server.account("mfa")
    directory = LdapDirectory(
        DirectorySettings(
            (ServerAddress("localhost", server.ldaps_port),),
            server.suffix,
            own.dn,
            own.password.encode(),
            DirectoryType.OPENLDAP,
            ca_pem=server.ca_file.read_bytes(),
        ),
        SystemClock(),
    )
    accounts = ServiceAccounts(directory, SystemClock())

    def decide(request: LogonRequest) -> Decision | None:
        if not request.name:
            return granted(role=Role.ANONYMOUS)
        role = Role.SERVICE if "svc-" in request.name else Role.USER
        return granted(Identity("id", request.name, entry_key(request.name.encode()), "x"), role)

    def parts(given: LdapParts) -> LdapParts:
        return replace(given, relay=directory.relay, service_accounts=accounts, root_dse=directory.root_dse)

    async with (
        closing_directory(directory),
        rig(
            front.server,
            decide,
            clients=OneClient(policy(server, visible=visible, references=references)),
            parts=parts,
        ) as it,
    ):
        yield it


@asynccontextmanager
async def closing_directory(directory: LdapDirectory) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await directory.close()


@asynccontextmanager
async def gateway(it: Rig, front: Front, server: Slapd) -> AsyncIterator[RawClient]:
    account = server.account(SERVICE)
    async with await it.tls_client(front.client) as client:
        assert await client.code(bind(1, account.dn, account.password.encode())) == 0
        yield client


async def results(client: RawClient, message: LDAPMessage) -> list[LDAPMessage]:
    """Everything up to the final response."""
    await client.send(message)
    found = [await client.receive()]
    while isinstance(found[-1].operation, (SearchResultEntry, SearchResultReference)):
        found.append(await client.receive())
    return found


def names(found: list[LDAPMessage]) -> set[str]:
    return {each.operation.object_name for each in found if isinstance(each.operation, SearchResultEntry)}


def code(found: list[LDAPMessage]) -> int:
    operation: Any = found[-1].operation
    return int(operation.result.result_code)
