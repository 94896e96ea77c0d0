"""Directories under test: settings for the peers, the small demonstration directory, and waiting without sleeping.

The demonstration directory is the product's own; it stands here where a test needs what the real ones cannot do on
request: thousands of entries at once, two servers with the same data, a count of what is open.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from mfa_server.clock import SystemClock
from mfa_server.demo import DemoDirectory, DemoTree, demo_tree
from mfa_server.directories import DirectorySettings, DirectoryType, LdapDirectory, ServerAddress, TlsMode
from tests.support.certificates import Authority, KeyPair
from tests.support.directory import DirectoryServer
from tests.support.samba import SambaAd

__all__ = ["DEMO_BASE", "demo_settings", "eventually", "opened", "running_demo", "server_context", "settings_for"]

DEMO_BASE = "dc=example,dc=com"


def server_context(pair: KeyPair) -> ssl.SSLContext:
    """A server's TLS context with one certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@asynccontextmanager
async def running_demo(authority: Authority, tree: DemoTree | None = None) -> AsyncIterator[DemoDirectory]:
    """The demonstration directory, served for the length of a block."""
    directory = DemoDirectory(tree or demo_tree())
    await directory.start(server_context(authority.issue("dc1")))
    try:
        yield directory
    finally:
        await directory.close()
        await eventually(lambda: not directory.connections, "the demonstration directory lets go")


def demo_settings(
    authority: Authority, *demos: DemoDirectory, tls: TlsMode = TlsMode.LDAPS, **changes: Any
) -> DirectorySettings:
    """Settings for one or several demonstration directories, in order of preference."""
    ports = [demo.ldaps_port if tls is TlsMode.LDAPS else demo.ldap_port for demo in demos]
    values: dict[str, Any] = {
        "servers": tuple(ServerAddress("127.0.0.1", port) for port in ports),
        "base_dn": DEMO_BASE,
        "bind_name": "svc-mfa@example.com",
        "bind_password": b"Service-account-1",
        "tls": tls,
        "ca_pem": authority.ca_file.read_bytes(),
    }
    return DirectorySettings(**{**values, **changes})


def settings_for(server: DirectoryServer, *, tls: TlsMode = TlsMode.LDAPS, **changes: Any) -> DirectorySettings:
    """Settings for a real directory of the fixtures, searching under its service account."""
    samba = isinstance(server, SambaAd)
    account = server.account("svc-mfa" if samba else "mfa")
    values: dict[str, Any] = {
        "servers": (ServerAddress(server.host, server.ldaps_port if tls is TlsMode.LDAPS else server.ldap_port),),
        "base_dn": server.suffix,
        "bind_name": account.dn,
        "bind_password": account.password.encode(),
        "type": DirectoryType.ACTIVE_DIRECTORY if samba else DirectoryType.OPENLDAP,
        "tls": tls,
        "ca_pem": server.ca_file.read_bytes(),
    }
    return DirectorySettings(**{**values, **changes})


@asynccontextmanager
async def opened(settings: DirectorySettings) -> AsyncIterator[LdapDirectory]:
    """A directory under test for the length of a block."""
    directory = LdapDirectory(settings, SystemClock())
    try:
        yield directory
    finally:
        await directory.close()


async def eventually(condition: Callable[[], object], what: str, seconds: float = 10) -> None:
    """Let the loop run until a condition holds; TimeoutError says what was waited for."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        if loop.time() > end:
            raise TimeoutError(f"within {seconds:g} s: {what}")
        waiter = loop.create_future()
        loop.call_later(0.002, waiter.set_result, None)
        await waiter
