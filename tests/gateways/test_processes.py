"""Two server processes over one store: answers and take-overs find the process that holds the logon, and either may die."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import yaml

from tests.gateways.conftest import Person, anybody
from tests.support.gateway import NetScaler
from tests.support.processes import wait_until
from tests.support.site import Site
from tests.support.slapd import Slapd

_probes = count()


@pytest.fixture
def own_site(slapd_server: Slapd, tmp_path: Path) -> Iterator[Site]:
    """An installation that a test may break."""
    made = Site(tmp_path / "site", slapd_server, "svc-netscaler", "mfa")
    made.start()
    yield made
    made.stop()


def server_of(site: Site, gateway: NetScaler) -> str:
    """Return which process answers a connection: it audits a bind of nobody."""
    nobody = f"cn=probe-{next(_probes)},{site.directory.suffix}"
    assert gateway.bind(nobody, "x").code == 49
    row = next(row for row in site.audit() if row["detail"].get("name") == nobody)
    assert gateway.bind(site.service.dn, site.service.password).granted
    return str(row["server"]).split("/")[0]


def gateway_at(site: Site, server: str) -> NetScaler:
    """Connect until the kernel gives the connection to that process."""
    for _ in range(40):
        gateway = site.signed_in()
        if server_of(site, gateway) == server:
            return gateway
    raise AssertionError(f"no connection of forty reached {server}")


def waits_at(person: Person, server: str) -> tuple[str, object]:
    gateway = gateway_at(person.site, server)
    before = len(person.site.texts())
    later = gateway.bind_later(person.account.dn, person.account.password)
    return person.site.text_after(before), later


def test_a_reply_reaches_a_logon_that_waits_in_either_process(openldap):
    # `mfa reply` always asks the first control socket that answers, so one of these is in the other process
    for server in ("mfa-0", "mfa-1"):
        person = anybody(openldap)
        code, later = waits_at(person, server)
        assert "granted" in openldap.mfa("reply", person.name, code)
        assert later.result(10).granted


def test_a_take_over_reaches_a_logon_that_waits_in_the_other_process(openldap):
    person = anybody(openldap)
    texts = person.texts()
    code, older = waits_at(person, "mfa-0")
    newer = gateway_at(openldap, "mfa-1").bind_later(person.account.dn, person.account.password)
    assert older.result(10).code == 49
    openldap.mfa("reply", person.name, code)
    assert newer.result(10).granted
    assert person.texts() - texts == 1


def test_a_process_that_is_killed_loses_no_logon_of_the_other_and_its_own_goes_on_there(own_site):
    survivor, orphan = anybody(own_site), anybody(own_site)
    survivor_code, survivor_later = waits_at(survivor, "mfa-0")
    orphan_code, _ = waits_at(orphan, "mfa-1")
    killed = own_site.children()["mfa-1"]
    own_site.kill("mfa-1")
    own_site.mfa("reply", survivor.name, survivor_code)
    assert survivor_later.result(10).granted
    texts = orphan.texts()
    again = own_site.signed_in().bind_later(orphan.account.dn, orphan.account.password)
    with pytest.raises(TimeoutError):
        again.result(1)
    assert orphan.texts() == texts
    own_site.mfa("reply", orphan.name, orphan_code)
    assert again.result(10).granted
    wait_until("the process is started again", lambda: own_site.children()["mfa-1"] != killed)
    assert gateway_at(own_site, "mfa-1")


def test_a_changed_manifest_reaches_every_process_and_a_bad_edit_keeps_the_last_accepted_version(own_site):
    site, person = own_site, anybody(own_site)
    code, waiting = waits_at(person, "mfa-1")

    site.spec("client.yaml")["applicationName"] = "Changed"
    site.write()
    wait_until("both processes took it over", lambda: site.output().count("bundle applied") >= 4)
    other = anybody(site)
    before = len(site.texts())
    site.signed_in().bind_later(other.account.dn, other.account.password)
    site.text_after(before)
    assert site.texts()[-1][1].startswith("Changed: ")
    assert not waiting.done()
    site.mfa("reply", person.name, code)
    assert waiting.result(10).granted

    site.spec("client.yaml")["addresses"] = ["192.0.2.1/8"]
    site.spec("impatient.yaml")["applicationName"] = "Impatient, changed"
    site.write()
    wait_until("the bad edit is reported", lambda: "host bits" in site.output())
    wait_until("the good edit beside it is served", lambda: site.output().count("bundle applied") >= 6)
    site.signed_in().unbind()

    site.stop()
    site.start()
    site.signed_in().unbind()
    site.signed_in(source="127.0.0.3").unbind()

    (site.manifests / "client.yaml").unlink()
    del site.documents["client.yaml"]
    wait_until("a deletion applies", lambda: not served(site))


def served(site: Site) -> bool:
    try:
        gateway = site.gateway()
        return gateway.bind(site.service.dn, site.service.password).granted
    except Exception:  # noqa: BLE001 - however the connection ends, nobody is served
        return False


def test_a_file_that_is_no_yaml_takes_nothing_away(own_site):
    site = own_site
    (site.manifests / "client.yaml").write_text("apiVersion: [\n")
    wait_until("the broken file is reported", lambda: "client.yaml" in site.output())
    assert served(site)
    (site.manifests / "client.yaml").write_text(yaml.safe_dump(site.documents["client.yaml"]))
    assert served(site)


def test_the_order_to_stop_is_followed_in_order(own_site):
    own_site.stop()
    assert '"event": "stopped"' in own_site.output()
    assert not own_site.ready()
