"""Two installations for all tests of gateways: one in front of OpenLDAP, one in front of Active Directory (Samba)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.support.directory import DirectoryServer
from tests.support.gateway import Answer, NetScaler
from tests.support.people import PEOPLE, Account
from tests.support.samba import SambaAd
from tests.support.site import Site
from tests.support.slapd import Slapd

__all__ = ["Person", "ad", "anybody", "locking_ad", "openldap", "site"]

_turn = count()


@pytest.fixture(scope="session")
def openldap(slapd_server: Slapd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation in front of OpenLDAP."""
    made = Site(tmp_path_factory.mktemp("openldap"), slapd_server, "svc-netscaler", "mfa")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def ad(samba_ad_without_lockout: SambaAd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation in front of a domain that locks nobody."""
    made = Site(tmp_path_factory.mktemp("ad"), samba_ad_without_lockout, "svc-netscaler", "svc-mfa")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def locking_ad(samba_ad: SambaAd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation in front of a domain that locks after three wrong passwords."""
    made = Site(tmp_path_factory.mktemp("locking"), samba_ad, "svc-netscaler", "svc-mfa")
    made.start()
    yield made
    made.stop()


@pytest.fixture(params=["openldap", "ad"])
def site(request: pytest.FixtureRequest) -> Site:
    """Each of the first two."""
    made = request.getfixturevalue(request.param)
    assert isinstance(made, Site)
    return made


@pytest.fixture(autouse=True)
def closed_gateways(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what a test connected."""
    yield
    for name in ("openldap", "ad", "locking_ad", "own_site"):
        made = request.node.funcargs.get(name) or (request.node.funcargs.get("site"))
        while isinstance(made, Site) and made.gateways:
            made.gateways.pop().drop()


@dataclass
class Person:
    """Somebody nobody else uses in this test, at one installation."""

    site: Site
    account: Account

    @property
    def directory(self) -> DirectoryServer:
        return self.site.directory

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def binds(self) -> int:
        """Binds with this person's DN that the directory has seen."""
        return self.directory.binds_of(self.account.dn)

    def texts(self) -> int:
        """Texts to this person's number."""
        number = "+49" + self.account.mobile.replace(" ", "").removeprefix("0")
        return sum(1 for to, _ in self.site.texts() if to == number)

    def bind(self, gateway: NetScaler, password: str = "") -> Answer:
        return gateway.bind(self.account.dn, password or self.account.password)

    def ended(self) -> list[tuple[str, str]]:
        """How the logons of this test ended."""
        return self.site.ended(self.name)[self.before :]

    before: int = 0


def anybody(site: Site) -> Person:
    """Return somebody whom no test before has used lately, with a mobile number and a clean slate."""
    name = PEOPLE[next(_turn) % 19]  # the last one has no number
    site.mfa("users", "unlock", name)
    return Person(site, site.directory.account(name), len(site.ended(name)))
