"""A state directory as ``mfa standalone`` leaves it before it forks: bundle, certificates, store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mfa_server.app.observation import Observation
from mfa_server.app.serving import Ground
from mfa_server.clock import SystemClock, SystemRandomness
from mfa_server.reload import LoadedBundle, load_bundle
from mfa_server.servers.peers import HttpPeers
from mfa_server.settings import Endpoint, StandaloneSettings, WorkerSettings
from mfa_server.standalone.preparation import prepare
from mfa_server.store.migrate import migrate
from mfa_server.store.sqlite import SqliteStore
from tests.support.manifests import GROUP, edit_manifests, write_manifests
from tests.support.ports import free_ports

__all__ = ["Prepared", "ground", "prepared"]


@dataclass
class Prepared:
    """One installation, not yet started."""

    standalone: StandaloneSettings
    worker: WorkerSettings

    def edit(self, **files: str) -> LoadedBundle:
        """Change manifests and publish what is accepted of them."""
        edit_manifests(self.standalone.manifests, **files)
        prepare(self.standalone, SystemClock().now())
        return self.loaded

    @property
    def loaded(self) -> LoadedBundle:
        """The published bundle."""
        return load_bundle(self.worker.bundle_directory)


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    """Publish the smallest manifests, on free ports."""
    ldap, ldaps, health, internal = free_ports(4)
    group = GROUP + f"  listeners: {{ldap: {{port: {ldap}}}, ldaps: {{port: {ldaps}}}}}\n"
    manifests = write_manifests(tmp_path / "manifests", group=group)
    standalone = StandaloneSettings(
        manifests,
        tmp_path / "state",
        health=Endpoint("127.0.0.1", health),
        internal=Endpoint("127.0.0.1", internal),
        front_host="127.0.0.1",
    )
    prepare(standalone, SystemClock().now())
    standalone.store_path.parent.mkdir(parents=True, exist_ok=True)
    migrate(standalone.store_path)
    return Prepared(standalone, standalone.worker(0, "f00d"))


@pytest.fixture
async def ground(prepared: Prepared) -> AsyncIterator[Ground]:
    """What outlives every bundle."""
    clock = SystemClock()
    store = SqliteStore.open(prepared.worker.store_path)
    peers = HttpPeers(store.servers, clock)
    yield Ground(prepared.worker, store, peers, clock, SystemRandomness(), Observation(clock))
    await store.close()
