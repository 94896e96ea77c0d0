"""The product's own parts are what the LDAP server asks for: the type checker reads this, and it runs."""

from mfa_server.auth.clients import ClientTable
from mfa_server.directories import LdapDirectory, ResolvedServiceAccount, SearchRelay, ServiceAccounts
from mfa_server.directories.relay import RelaySession
from mfa_server.login import Login
from mfa_server.login.logon import Ticket
from mfa_server.servers import ports
from mfa_server.servers.ldap_binds import PendingBind


def test_the_protocols_are_met() -> None:
    def logons(login: Login) -> ports.Logons:
        return login

    def ticket(given: Ticket) -> ports.Ticket:
        return given

    def waiter(pending: PendingBind) -> ports.Waiter:
        return pending

    def clients(table: ClientTable) -> ports.Clients:
        return table

    def relay(search_relay: SearchRelay) -> ports.Relay:
        return search_relay

    def relay_session(session: RelaySession) -> ports.RelaySession:
        return session

    def service_account(account: ResolvedServiceAccount) -> ports.ServiceAccount:
        return account

    def service_accounts(accounts: ServiceAccounts) -> ports.ServiceAccounts:
        return accounts

    def root_dse(directory: LdapDirectory) -> ports.RootDse:
        return directory.root_dse

    met = (logons, ticket, waiter, clients, relay, relay_session, service_account, service_accounts, root_dse)
    assert len(met) == 9
