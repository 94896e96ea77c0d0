"""Fixtures for every test: real peers, started when first asked for and ended with the run.

A peer is shared by a whole run, so a test that spoils an account puts it back (`reset_user`), and one that stops a
directory starts it again. Nothing is skipped for want of a package: the fixture fails and says what to install.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.clock import ManualClock, ManualRandomness
from tests.support.golden import Golden
from tests.support.kube_api import KubeApi, kube_api_from
from tests.support.samba import SambaAd
from tests.support.slapd import Slapd

__all__ = ["clock", "golden", "kube_api", "randomness", "samba_ad", "samba_ad_without_lockout", "slapd_server"]


settings.register_profile("house", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("house")

PEERS = frozenset({"kube_api", "samba_ad", "samba_ad_without_lockout", "slapd_server"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden instead of comparing with it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if PEERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.peer)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file: `golden("crds/ldapclient.yaml", text)`."""
    return Golden(update=bool(request.config.getoption("--update-golden")))


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 2031-03-04 09:00 UTC until the test moves it."""
    return ManualClock()


@pytest.fixture
def randomness() -> ManualRandomness:
    """Randomness that is the same in every run."""
    return ManualRandomness()


@pytest.fixture(scope="session")
def slapd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """OpenLDAP with twenty people (dc=example,dc=test)."""
    server = Slapd(tmp_path_factory.mktemp("slapd") / "server")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def samba_ad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SambaAd]:
    """A domain controller of EXAMPLE.TEST that locks an account after three wrong passwords."""
    server = SambaAd(tmp_path_factory.mktemp("samba") / "dc1")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def samba_ad_without_lockout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SambaAd]:
    """The same domain with a policy that locks nobody."""
    server = SambaAd(tmp_path_factory.mktemp("samba") / "dc1", lockout_threshold=0)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kube_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApi]:
    """A real Kubernetes API server: our own, or the cluster that MFA_TEST_KUBECONFIG names."""
    with kube_api_from(Path(tmp_path_factory.mktemp("kube"))) as api:
        yield api
