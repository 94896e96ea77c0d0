"""The demonstration directory on the wire, asked by OpenLDAP's own tools."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mfa_server.demo import DemoDirectory, demo_tree
from tests.support.certificates import Authority
from tests.support.directories import eventually, running_demo, server_context
from tests.support.processes import SYSTEM_PATH, find_program

BASE = "dc=example,dc=com"
ANNA = "CN=Anna Archer,OU=people,DC=example,DC=com"
ANNA_PASSWORD, SERVICE_PASSWORD = "Welcome-to-Anna-1", "Service-account-1"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("demo-directory"))


@pytest.fixture
async def demo(authority: Authority) -> AsyncIterator[DemoDirectory]:
    async with running_demo(authority) as directory:
        yield directory


class Tools:
    """ldapsearch and its like, as a person would call them."""

    def __init__(self, demo: DemoDirectory, authority: Authority) -> None:
        self._demo = demo
        self._ca_file = str(authority.ca_file)

    async def run(
        self,
        tool: str,
        *arguments: str,
        start_tls: bool = False,
        plain: bool = False,
        bind: tuple[str, str] | None = None,
    ) -> tuple[int, str]:
        url = (
            f"ldap://127.0.0.1:{self._demo.ldap_port}"
            if start_tls or plain
            else f"ldaps://127.0.0.1:{self._demo.ldaps_port}"
        )
        who = ("-D", bind[0], "-w", bind[1]) if bind else ()
        command = (tool, "-x", "-H", url, *(("-ZZ",) if start_tls else ()), *who, *arguments)
        environment = {**os.environ, "PATH": SYSTEM_PATH, "LDAPTLS_CACERT": self._ca_file, "LDAPRC": os.devnull}
        child = await asyncio.create_subprocess_exec(
            find_program(command[0]),
            *command[1:],
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await child.communicate()
        return child.returncode or 0, output.decode()

    async def search(
        self,
        *arguments: str,
        bind: tuple[str, str] | None = ("svc-mfa@example.com", SERVICE_PASSWORD),
        start_tls: bool = False,
    ) -> tuple[int, str]:
        return await self.run("ldapsearch", "-LLL", "-o", "ldif-wrap=no", *arguments, bind=bind, start_tls=start_tls)


@pytest.fixture
def tools(demo: DemoDirectory, authority: Authority) -> Tools:
    return Tools(demo, authority)


@pytest.mark.parametrize("protection", ["LDAPS", "StartTLS"])
async def test_ldapsearch_finds_anna_both_ways(tools: Tools, protection: str) -> None:
    start_tls = protection == "StartTLS"
    code, output = await tools.search("-b", BASE, "(sAMAccountName=anna)", "mail", start_tls=start_tls)
    assert code == 0, output
    assert f"dn: {ANNA}\nmail: anna.archer@example.com\n" in output


async def test_who_am_i(tools: Tools) -> None:
    assert (await tools.run("ldapwhoami", bind=(ANNA, ANNA_PASSWORD)))[1] == "u:EXAMPLE\\anna\n"


async def test_a_wrong_password_reads_like_active_directorys(tools: Tools) -> None:
    code, output = await tools.run("ldapwhoami", bind=("EXAMPLE\\anna", "wrong"))
    assert code == 49
    assert "AcceptSecurityContext error, data 52e" in output


async def test_binds_are_counted_by_entry_whatever_the_name(demo: DemoDirectory, tools: Tools) -> None:
    for name, password in ((ANNA, ANNA_PASSWORD), ("anna@example.com", "wrong"), ("EXAMPLE\\anna", "wrong")):
        await tools.run("ldapwhoami", bind=(name, password))
    assert (demo.binds_of(ANNA), demo.binds_of("anna@example.com"), demo.binds_of("nobody")) == (3, 3, 0)


async def test_no_password_is_taken_in_the_clear(demo: DemoDirectory, tools: Tools) -> None:
    code, output = await tools.run("ldapwhoami", plain=True, bind=(ANNA, ANNA_PASSWORD))
    assert (code, demo.binds_of(ANNA)) == (8, 0), output


async def test_anonymous_reads_the_root_dse_and_nothing_else(tools: Tools) -> None:
    code, output = await tools.search("-s", "base", "-b", "", "(objectClass=*)", bind=None)
    assert code == 0
    assert "defaultNamingContext: DC=example,DC=com\n" in output
    code, output = await tools.search("-b", BASE, bind=None)
    assert code == 1
    assert "a successful bind must be completed" in output


async def test_size_limits_and_paging(tools: Tools) -> None:
    assert (await tools.search("-b", BASE, "-z", "2", "dn"))[0] == 4
    code, output = await tools.search("-b", BASE, "-E", "pr=5/noprompt", "(objectClass=*)", "dn")
    assert (code, output.count("dn: ")) == (0, 13)


async def test_critical_controls_it_does_not_know_are_refused(tools: Tools) -> None:
    assert (await tools.search("-b", BASE, "-E", "!sync=ro", "dn"))[0] == 12


async def test_it_cannot_be_written(tools: Tools) -> None:
    service = ("svc-mfa@example.com", SERVICE_PASSWORD)
    code, output = await tools.run("ldapdelete", ANNA, bind=service)
    assert code == 53
    assert "read-only" in output
    assert "Protocol error (2)" in (await tools.run("ldappasswd", ANNA, bind=service))[1]


async def test_it_tells_what_it_sees_without_passwords(authority: Authority) -> None:
    told: list[str] = []
    demo = DemoDirectory(demo_tree(), told.append)
    await demo.start(server_context(authority.issue("dc1")))
    try:
        tools = Tools(demo, authority)
        await tools.search("-b", BASE, "(sAMAccountName=anna)")
        await tools.run("ldapwhoami", bind=("anna@example.com", "my-secret"))
        await tools.run("ldapwhoami", bind=("nobody", "my-secret"))
    finally:
        await demo.close()
    await eventually(lambda: not demo.connections, "its connections end")
    assert told == [
        "bind as CN=svc-mfa,OU=service,DC=example,DC=com: accepted",
        "search under dc=example,dc=com for (sAMAccountName=anna): 1 entry",
        f"bind as {ANNA}: refused (data 52e)",
        "bind as nobody: refused (data 52e)",
    ]


async def test_it_listens_on_the_same_ports_again(demo: DemoDirectory, authority: Authority, tools: Tools) -> None:
    ports = (demo.ldaps_port, demo.ldap_port)
    await demo.close()
    assert (await tools.run("ldapwhoami", bind=(ANNA, ANNA_PASSWORD)))[0] != 0
    await demo.start(server_context(authority.issue("dc1")))
    assert (demo.ldaps_port, demo.ldap_port) == ports
    assert (await tools.run("ldapwhoami", bind=(ANNA, ANNA_PASSWORD)))[0] == 0


@asynccontextmanager
async def raw(demo: DemoDirectory) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", demo.ldap_port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def test_bytes_that_are_no_ldap_end_the_connection(demo: DemoDirectory) -> None:
    async with raw(demo) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
    assert b"1.3.6.1.4.1.1466.20036" in answer


async def test_a_handshake_that_fails_after_start_tls_ends_the_connection(demo: DemoDirectory) -> None:
    async with raw(demo) as (reader, writer):
        writer.write(b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037")
        assert (await reader.read(1000))[:1] == b"\x30"
        writer.write(b"no handshake at all")
        with contextlib.suppress(OSError):
            await reader.read()
    await eventually(lambda: not demo.connections, "the connection is forgotten")
