"""The scripted gateway, against the demonstration's own directory: it does not know the difference."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_server.certificates import Authority
from mfa_server.clock import SystemClock
from mfa_server.demo import DemoDirectory, demo_tree
from mfa_server.demo.gateway import DemoGateway, GatewayAccount, GatewayError
from mfa_server.ldap import ResultCode
from tests.support.ports import free_port

__all__: list[str] = []

SERVICE = "CN=svc-netscaler,OU=service,DC=example,DC=com"
ACCOUNT = GatewayAccount(SERVICE, "Service-account-1", "DC=example,DC=com")


class Site:
    def __init__(self, folder: Path) -> None:
        self.seen: list[str] = []
        self.directory = DemoDirectory(demo_tree(), self.seen.append)
        self.authority = Authority.create("Test", SystemClock().now())
        issued = self.authority.issue_server([], ["127.0.0.1"], "ECDSA", SystemClock().now(), timedelta(days=1))
        (folder / "server.pem").write_bytes(issued.pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem")

    def gateway(self, account: GatewayAccount = ACCOUNT) -> DemoGateway:
        trust = ssl.create_default_context(cadata=self.authority.certificate_pem.decode())
        return DemoGateway("127.0.0.1", self.directory.ldaps_port, account, trust)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path)
    await site.directory.start(site.context)
    yield site
    await site.directory.close()


async def test_a_logon_is_service_bind_search_user_bind_on_one_connection(site: Site) -> None:
    steps: list[str] = []
    async with site.gateway() as gateway:
        gateway.on_event = steps.append
        result = await gateway.log_on("anna", "Welcome-to-Anna-1")
        assert site.directory.connections == 1
    assert result.result_code == ResultCode.SUCCESS
    person = "CN=Anna Archer,OU=people,DC=example,DC=com"
    search = "(&(sAMAccountName=anna)(objectClass=*))"
    assert steps == [
        f"binds as its service account {SERVICE}",
        f"searches {search} under DC=example,DC=com",
        f"binds as {person} on the same connection, and waits",
        "unbinds",
    ]
    assert site.seen == [
        f"bind as {SERVICE}: accepted",
        f"search under DC=example,DC=com for {search}: 1 entry",
        f"bind as {person}: accepted",
    ]


async def test_a_wrong_password_is_answered_as_the_directory_does(site: Site) -> None:
    async with site.gateway() as gateway:
        result = await gateway.log_on("anna", "wrong")
    assert result.result_code == ResultCode.INVALID_CREDENTIALS
    assert "data 52e" in result.diagnostic_message


@pytest.mark.parametrize(
    ("account", "name", "message"),
    [
        (GatewayAccount(SERVICE, "wrong", "DC=example,DC=com"), "anna", "the service account's bind was answered 49"),
        (ACCOUNT, "nobody", "nobody stands for 0 entries"),
        (ACCOUNT, "*", r"\* stands for 0 entries"),
    ],
)
async def test_what_ends_a_logon_before_the_persons_bind_is_told(
    site: Site, account: GatewayAccount, name: str, message: str
) -> None:
    async with site.gateway(account) as gateway:
        with pytest.raises(GatewayError, match=message):
            await gateway.log_on(name, "Welcome-to-Anna-1")


async def test_a_server_that_is_not_there_or_not_trusted_is_told(site: Site) -> None:
    nobody = DemoGateway("127.0.0.1", free_port(), ACCOUNT, ssl.create_default_context())
    with pytest.raises(GatewayError, match="does not answer"):
        await nobody.__aenter__()
    stranger = DemoGateway("127.0.0.1", site.directory.ldaps_port, ACCOUNT, ssl.create_default_context())
    with pytest.raises(GatewayError, match=r"does not answer .*certificate verify failed"):
        await stranger.__aenter__()


async def test_a_connection_that_ends_is_told(site: Site) -> None:
    async with site.gateway() as gateway:
        await gateway.bind(SERVICE, "Service-account-1")
        await site.directory.close()
        with pytest.raises(GatewayError, match=r"the servers closed the connection|the connection broke"):
            await gateway.find("anna")
