"""The LDAP server's tests run on uvloop, as the product does; what a gateway needs to reach a server is made once."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

from mfa_server.servers.tls import CertificateFiles, TlsSettings, server_context
from tests.support.certificates import Authority

__all__ = ["Front", "front"]

ON_UVLOOP = ("test_ldap_", "test_stream", "test_own_answers")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name.startswith(ON_UVLOOP):
        return {"uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


@dataclass(frozen=True)
class Front:
    """A front certificate, and what a gateway needs to trust it."""

    authority: Authority
    settings: TlsSettings

    @property
    def server(self) -> ssl.SSLContext:
        return server_context(self.settings)

    @property
    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority.ca_file)


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    authority = Authority(tmp_path_factory.mktemp("front"))
    pair = authority.issue_for_this_machine("mfa.example.test")
    return Front(authority, TlsSettings((CertificateFiles(Path(pair.certificate), Path(pair.key)),)))
