"""`python -m benchmarks.memory`: what an installation weighs, idle and with two thousand people who take their time.

Proportional set size over the whole tree (parent and two server processes) in front of a real OpenLDAP, every waiting logon on a TLS
connection of its own. Needs what `make test` installs. Prints the numbers and writes them to `benchmarks/results/`.
"""

import asyncio
import json
import os
import platform
import ssl
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.support.memory import family, family_mebibytes
from tests.support.processes import wait_until
from tests.support.site import Site
from tests.support.slapd import Slapd

from mfa_server.ldap import ClientSession

__all__ = ["PENDING", "Weight", "crowded_site", "main", "measure"]

PENDING = 2000
AT_ONCE = 32
PASSWORD = "likes-tea"


@dataclass(frozen=True)
class Weight:
    """MiB of PSS over all processes."""

    processes: int
    idle: float
    pending: int
    more_with_pending: float


def crowd(suffix: str) -> str:
    """LDIF of people with a number each."""
    entries = [f"dn: ou=crowd,{suffix}\nobjectClass: organizationalUnit\nou: crowd\n"]
    entries += [
        f"dn: uid=c{n},ou=crowd,{suffix}\nobjectClass: inetOrgPerson\nuid: c{n}\ncn: c{n}\nsn: c{n}\n"
        f"mobile: +4915112{n:06}\nuserPassword: {PASSWORD}\n"
        for n in range(PENDING)
    ]
    return "\n".join(entries)


@contextmanager
def crowded_site(folder: Path) -> Iterator[Site]:
    """Run an installation whose directory has a crowd, until the block ends."""
    directory = Slapd(folder / "slapd")
    directory.add(crowd(directory.suffix))
    site = Site(folder / "site", directory, "svc-netscaler", "mfa")
    base = f"ou=crowd,{directory.suffix}"
    site.spec("users.yaml")["select"] = {"searches": [{"baseDN": base, "filter": "(objectClass=inetOrgPerson)"}]}
    site.spec("client.yaml")["timeout"] = "180s"
    site.write()
    site.start()
    wait_until("the crowd has been read", lambda: f'"added": {PENDING}' in site.output())
    site.signed_in().drop()
    try:
        yield site
    finally:
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


async def _measure(site: Site) -> Weight:
    idle = family_mebibytes(site.pid)
    context = ssl.create_default_context(cafile=str(site.ca_file))
    turn = asyncio.Semaphore(AT_ONCE)
    writers = await asyncio.gather(*(ask(site, context, number, turn) for number in range(PENDING)))
    await asyncio.to_thread(wait_until, "all of them wait", lambda: waiting(site) == PENDING, 120)
    more = family_mebibytes(site.pid) - idle
    for writer in writers:
        writer.transport.abort()
    return Weight(len(family(site.pid)), round(idle, 1), PENDING, round(more, 1))


def measure(site: Site) -> Weight:
    """Weigh a crowded site: as it is, then with everybody waiting."""
    return asyncio.run(_measure(site))


def main() -> None:
    """Measure once, print, and keep the result."""
    with tempfile.TemporaryDirectory(prefix="mfa-memory-") as folder, crowded_site(Path(folder)) as site:
        weight = measure(site)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    result = {"measurement": "memory", "date": day, "machine": machine, **asdict(weight)}
    text = json.dumps(result, indent=2)
    print(text)
    (Path(__file__).parent / "results" / f"{day}-memory.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
