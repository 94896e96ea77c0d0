"""Connections come to be only to a server whose certificate and name are verified."""

import asyncio
import ssl
from pathlib import Path

import pytest

from mfa_server.demo import DemoDirectory
from mfa_server.directories import DirectorySettings, ServerAddress, TlsMode
from mfa_server.directories.connect import Connector, open_connection
from mfa_server.directories.errors import ConnectFailedError
from mfa_server.ldap import BindResponse, LDAPMessage, LDAPResult, encode_message
from tests.mfa_server.directories.scripted import Exchange, scripted_server, silent
from tests.support.certificates import Authority
from tests.support.directories import demo_settings, server_context, settings_for
from tests.support.ports import free_port
from tests.support.samba import SambaAd
from tests.support.slapd import Slapd


async def try_it(settings: DirectorySettings) -> int:
    """Connect, bind, close; the bind's result."""
    connection = await open_connection(settings.servers[0], Connector.of(settings))
    try:
        result = await connection.bind(settings.bind_name, settings.bind_password)
        return result.result_code
    finally:
        connection.close()
        await connection.gone.wait()


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_openldap_is_reached_both_ways(slapd_server: Slapd, tls: TlsMode) -> None:
    assert await try_it(settings_for(slapd_server, tls=tls)) == 0


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_active_directory_is_reached_both_ways(samba_ad: SambaAd, tls: TlsMode) -> None:
    assert await try_it(settings_for(samba_ad, tls=tls)) == 0


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_a_certificate_of_another_authority_is_refused(slapd_server: Slapd, tmp_path: Path, tls: TlsMode) -> None:
    stranger = Authority(tmp_path, "Somebody else").ca_file.read_bytes()
    with pytest.raises(ConnectFailedError, match="certificate is not to be trusted") as caught:
        await try_it(settings_for(slapd_server, tls=tls, ca_pem=stranger))
    assert "caRef" in caught.value.hint


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_a_certificate_for_another_name_is_refused(
    demo: DemoDirectory, authority: Authority, tls: TlsMode
) -> None:
    port = demo.ldaps_port if tls is TlsMode.LDAPS else demo.ldap_port
    settings = demo_settings(authority, demo, tls=tls, servers=(ServerAddress("127.0.0.2", port),))
    context = server_context(authority.issue("dc2", names=("dc2.example.com",)))
    async with scripted_server(silent, context) as server:
        with pytest.raises(ConnectFailedError, match="certificate is not to be trusted"):
            await open_connection(server, Connector.of(demo_settings(authority, demo)))
    with pytest.raises(ConnectFailedError):
        await try_it(settings)


async def test_a_port_nobody_listens_on_is_named(demo: DemoDirectory, authority: Authority) -> None:
    server = ServerAddress("127.0.0.1", free_port())
    with pytest.raises(ConnectFailedError, match=f"directory server {server}: "):
        await try_it(demo_settings(authority, demo, servers=(server,)))


@pytest.mark.parametrize("tls", list(TlsMode))
async def test_a_server_that_says_nothing_is_given_up(demo: DemoDirectory, authority: Authority, tls: TlsMode) -> None:
    async with scripted_server(silent, None) as server:
        settings = demo_settings(authority, demo, tls=tls, servers=(server,), timeout_seconds=0.1)
        with pytest.raises(ConnectFailedError, match=r"no connection within 0\.1 s|did not answer within"):
            await try_it(settings)


async def test_bytes_in_the_clear_behind_the_answer_to_start_tls_end_it(
    demo: DemoDirectory, authority: Authority
) -> None:
    injected = encode_message(LDAPMessage(1, BindResponse(LDAPResult(0))))

    async with scripted_server(lambda exchange: exchange.agree_to_tls(followed_by=injected), None) as server:
        settings = demo_settings(authority, demo, tls=TlsMode.START_TLS, servers=(server,))
        with pytest.raises(ConnectFailedError, match="in the clear"):
            await try_it(settings)


async def test_a_connector_hides_its_keys_and_keeps_the_time(demo: DemoDirectory, authority: Authority) -> None:
    connector = Connector.of(demo_settings(authority, demo, timeout_seconds=3.0))
    assert connector.timeout_seconds == 3.0
    assert isinstance(connector.context, ssl.SSLContext)
    assert "context" not in repr(connector)


async def test_giving_up_while_connecting_leaves_nothing_open(demo: DemoDirectory, authority: Authority) -> None:
    reached, left = asyncio.Event(), asyncio.Event()

    async def wait_for_the_end(exchange: Exchange) -> None:
        reached.set()
        await exchange.until_closed()
        left.set()

    async with scripted_server(wait_for_the_end, None) as server:
        settings = demo_settings(authority, demo, servers=(server,))
        task = asyncio.ensure_future(open_connection(server, Connector.of(settings)))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await left.wait()
