"""What an installation weighs: idle, and with two thousand people who take their time."""

import asyncio
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_server.ldap import ClientSession
from tests.support.memory import family, family_mebibytes
from tests.support.processes import wait_until
from tests.support.site import Site
from tests.support.slapd import Slapd

IDLE_MEBIBYTES = 120
PENDING = 2000
PENDING_MEBIBYTES = 80
AT_ONCE = 32
PASSWORD = "likes-tea"


def crowd(suffix: str) -> str:
    """LDIF of people with a number each."""
    entries = [f"dn: ou=crowd,{suffix}\nobjectClass: organizationalUnit\nou: crowd\n"]
    entries += [
        f"dn: uid=c{n},ou=crowd,{suffix}\nobjectClass: inetOrgPerson\nuid: c{n}\ncn: c{n}\nsn: c{n}\n"
        f"mobile: +4915112{n:06}\nuserPassword: {PASSWORD}\n"
        for n in range(PENDING)
    ]
    return "\n".join(entries)


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Site]:
    directory = Slapd(tmp_path / "slapd")
    directory.add(crowd(directory.suffix))
    site = Site(tmp_path / "site", directory, "svc-netscaler", "mfa")
    base = f"ou=crowd,{directory.suffix}"
    site.spec("users.yaml")["select"] = {"searches": [{"baseDN": base, "filter": "(objectClass=inetOrgPerson)"}]}
    site.spec("client.yaml")["timeout"] = "180s"
    site.write()
    site.start()
    yield site
    site.stop()
    directory.stop()


def waiting(site: Site) -> int:
    """Logons that wait, over both processes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{site.health_port}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    lines = [line for line in page.splitlines() if line.startswith("mfa_logons_waiting")]
    return int(sum(float(line.split()[-1]) for line in lines))


async def ask(site: Site, context: ssl.SSLContext, number: int, turn: asyncio.Semaphore) -> asyncio.StreamWriter:
    """Bind one person over TLS and leave the answer open."""
    async with turn:
        _, writer = await asyncio.open_connection("127.0.0.1", site.ldaps_port, ssl=context)
        name = f"uid=c{number},ou=crowd,{site.directory.suffix}"
        writer.write(ClientSession(tls=True).bind(name, PASSWORD.encode())[1])
        await writer.drain()
        return writer


def test_the_tree_is_small_when_idle_and_two_thousand_waiting_logons_need_little_more(crowded):
    site = crowded
    wait_until("the crowd has been read", lambda: '"added": 2000' in site.output())
    site.signed_in().unbind()
    assert len(family(site.pid)) == 3
    idle = family_mebibytes(site.pid)

    assert idle <= IDLE_MEBIBYTES, idle

    async def everybody() -> None:
        context = ssl.create_default_context(cafile=str(site.ca_file))
        turn = asyncio.Semaphore(AT_ONCE)
        writers = await asyncio.gather(*(ask(site, context, number, turn) for number in range(PENDING)))
        await asyncio.to_thread(wait_until, "all of them wait", lambda: waiting(site) == PENDING, 120)
        more = family_mebibytes(site.pid) - idle

        assert more <= PENDING_MEBIBYTES
        for writer in writers:
            writer.transport.abort()

    asyncio.run(everybody())
