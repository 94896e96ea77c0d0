"""What a bind that waits for a person costs: memory of one server process for each, plain and under TLS.

    .venv/bin/python benchmarks/pending_binds.py [COUNT]

One process serves, another holds COUNT connections (default 2,000) with one bind each that nobody answers. Printed is the
growth of the server's resident memory divided by COUNT, after a first round of the same size has warmed the allocator up
and gone, and without it. Nothing behind the LDAP server is there: its own share is what is measured.
"""

import asyncio
import multiprocessing
import os
import resource
import socket
import ssl
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop
from tests.support.certificates import Authority

from mfa_server.auth.attempt import ClientPolicy, LogonRequest
from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.clock import SystemClock
from mfa_server.ldap import Attribute, BindRequest, LDAPMessage, SimpleAuthentication, encode_message
from mfa_server.servers.ldap_front import LdapParts, LdapSettings, ListenerKind, ListenerSettings
from mfa_server.servers.ldap_server import LdapServer
from mfa_server.servers.limits import ConnectionLimits
from mfa_server.servers.ports import RelaySession, ServiceAccount, Waiter
from mfa_server.servers.tls import CertificateFiles, TlsSettings, server_context

POLICY = ClientPolicy("bench/gateway", "Gateway")
BIND = encode_message(LDAPMessage(1, BindRequest(3, "uid=user,dc=example,dc=test", SimpleAuthentication(b"password"))))


class Nobody:
    """Login, clients and directory in one: every bind waits for ever."""

    def __init__(self) -> None:
        self.waiting: list[Waiter] = []

    def start(self, request: LogonRequest, waiter: Waiter) -> "Nobody":  # noqa: ARG002
        self.waiting.append(waiter)
        return self

    def abandon(self) -> None:
        self.waiting.clear()

    def undelivered(self) -> None: ...

    def candidates(self, address: str, listener: str) -> tuple[ClientPolicy, ...]:  # noqa: ARG002
        return (POLICY,)

    def choose(self, candidates: tuple[ClientPolicy, ...], bind_name: str) -> ClientPolicy:  # noqa: ARG002
        return candidates[0]

    def open(self, dn: str, password: bytes) -> RelaySession:
        raise NotImplementedError

    async def resolve(self, policy: ClientPolicy) -> Sequence[ServiceAccount]:
        raise DirectoryUnavailableError(policy.client)

    async def root_dse(self) -> Sequence[Attribute]:
        return ()


def resident() -> int:
    """Octets of resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def serve(files: CertificateFiles, wire: "Connection[Any, Any]") -> None:
    """Serve until told to stop; report memory when asked."""

    async def run() -> None:
        nobody = Nobody()
        listeners = tuple(ListenerSettings(kind, 0, "127.0.0.1") for kind in ListenerKind)
        context = server_context(TlsSettings((files,)))
        server = LdapServer(
            LdapSettings(listeners, limits=ConnectionLimits(50_000, 50_000)),
            nobody,
            LdapParts(nobody, nobody, nobody, nobody.root_dse),
            dict.fromkeys(ListenerKind, context),
            SystemClock(),
        )
        await server.open()
        wire.send({kind.value: address[1] for kind, address in server.addresses.items()})
        while (count := await asyncio.to_thread(wire.recv)) is not None:
            while server.pending != count:  # noqa: ASYNC110 - a count to be reached, announced by nobody
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            wire.send(resident())
        server.close()

    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(run())


def hold(port: int, count: int, context: ssl.SSLContext | None) -> list[socket.socket]:
    """Open connections with one bind each."""
    held = []
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port))
        if context is not None:
            sock = context.wrap_socket(sock, server_hostname="127.0.0.1")
        sock.sendall(BIND)
        held.append(sock)
    return held


def measure(kind: ListenerKind, count: int, folder: Path) -> None:
    """Print both figures of one kind of listener."""
    authority = Authority(folder / kind.value)
    pair = authority.issue("localhost")
    files = CertificateFiles(pair.certificate, pair.key)
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(files, there))
    process.start()
    ports = here.recv()
    context = ssl.create_default_context(cafile=authority.ca_file) if kind is ListenerKind.LDAPS else None

    def memory(pending: int) -> int:
        here.send(pending)
        return int(here.recv())

    idle = memory(0)
    for round_number, base in enumerate((idle, None), 1):
        before = memory(0) if base is None else base
        held = hold(ports[kind.value], count, context)
        grown = memory(count) - before
        print(f"{kind.value:5}  round {round_number}: {count} pending binds, {grown / count / 1024:5.1f} KiB each")
        for sock in held:
            sock.close()
    here.send(None)
    process.join()


def main() -> None:
    """Run both kinds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        for kind in ListenerKind:
            measure(kind, count, Path(folder))


if __name__ == "__main__":
    main()
