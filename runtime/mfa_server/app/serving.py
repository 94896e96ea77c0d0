"""What one bundle makes: the directory, the clients, the parts of a logon. A reload makes the next one beside it, then swaps."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mfa_server.app.assembly import (
    directory_settings,
    key_ring,
    ldap_settings,
    notifier,
    tls_contexts,
)
from mfa_server.app.observation import Observation
from mfa_server.auth.attempt import ClientPolicy, Method
from mfa_server.auth.clients import ClientTable
from mfa_server.auth.ports import Peers
from mfa_server.clock import Clock, Randomness
from mfa_server.directories import LdapDirectory, RelaySession, ResolvedServiceAccount, ServiceAccounts
from mfa_server.factors.oath_token import OathTokenFactor
from mfa_server.factors.text_message import TextMessageFactor
from mfa_server.ldap import Attribute
from mfa_server.login import Parts
from mfa_server.reload import LoadedBundle
from mfa_server.servers.ldap_front import LdapSettings, ListenerKind
from mfa_server.settings import WorkerSettings
from mfa_server.store import Store
from mfa_server.store.keyring import KeyRing, context_of
from mfa_server.store.records import Token
from mfa_server.sync import SyncSource

__all__ = ["Ground", "Serving", "Swappable", "build"]


@dataclass(frozen=True, slots=True)
class Ground:
    """What outlives every bundle."""

    settings: WorkerSettings
    store: Store
    peers: Peers
    clock: Clock
    randomness: Randomness
    observation: Observation


@dataclass(frozen=True, slots=True)
class Serving:
    """One bundle, assembled."""

    loaded: LoadedBundle
    directory: LdapDirectory
    accounts: ServiceAccounts
    clients: ClientTable
    ring: KeyRing
    parts: Parts
    ldap: LdapSettings
    contexts: Mapping[ListenerKind, ssl.SSLContext]
    """With the certificates that lay there; renewed ones go to the listeners without a new bundle."""

    @property
    def sync_sources(self) -> tuple[SyncSource, ...]:
        """The bundle's sources of users."""
        return tuple(
            SyncSource(f"{source.metadata.namespace}/{source.metadata.name}", source.spec)
            for source in self.loaded.bundle.sync_sources
        )


async def build(loaded: LoadedBundle, ground: Ground, before: Serving | None) -> Serving:
    """Assemble a bundle. Changes nothing that serves.

    The directory of the bundle before is kept where its settings are the same, with its connections and what it learnt. Raises
    MfaError for what cannot be served.
    """
    bundle = loaded.bundle
    wanted = directory_settings(bundle)
    ring = key_ring(bundle, ground.settings, await ground.store.key_ids())
    ldap = ldap_settings(bundle, ground.settings)
    contexts = tls_contexts(bundle, ground.settings.certificates_directory)
    clients = ClientTable(bundle.group, bundle.ldap_clients)
    texts = TextMessageFactor(
        notifier(bundle, ground.clock, ground.observation.message), ring.derive("text message codes"), ground.randomness
    )
    if before is not None and before.directory.settings == wanted:
        directory, accounts = before.directory, before.accounts
    else:
        directory = LdapDirectory(wanted, ground.clock, ground.randomness)
        accounts = ServiceAccounts(directory, ground.clock)

    def unseal(token: Token) -> bytes:
        return ring.open(token.secret, context_of("tokens", "secret", token.user_id))

    parts = Parts(
        store=ground.store,
        directory=directory,
        service_accounts=accounts,
        peers=ground.peers,
        code_factors=(OathTokenFactor(unseal), texts),
        prompt_factors={Method.TEXT_MESSAGE: texts},
        policy_of=clients.policy_of,
        clock=ground.clock,
        randomness=ground.randomness,
        hash_key=ring.derive("password hashes of logons"),
        observe=ground.observation.ended,
    )
    return Serving(loaded, directory, accounts, clients, ring, parts, ldap, contexts)


class Swappable:
    """The directory side as open connections see it: always that of the bundle that serves now."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving

    def open(self, dn: str, password: bytes) -> RelaySession:
        """Open a gateway's searches under a credential that was just verified."""
        return self.serving.directory.relay.open(dn, password)

    async def resolve(self, policy: ClientPolicy) -> tuple[ResolvedServiceAccount, ...]:
        """Return the service accounts of a client. Raises DirectoryUnavailableError."""
        return await self.serving.accounts.resolve(policy)

    async def root_dse(self) -> Sequence[Attribute]:
        """Return what to show of the directory's root DSE. Raises DirectoryUnavailableError."""
        return await self.serving.directory.root_dse()
