"""The TLS layer against OpenSSL's own client, without sockets."""

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from mfa_server.servers.tls import (
    MAX_HANDSHAKE_OCTETS,
    CertificateFiles,
    HandshakeGate,
    MinimumTls,
    TlsChannel,
    TlsFailedError,
    TlsSettings,
    TlsSettingsError,
    server_context,
)
from tests.mfa_server.servers.conftest import Front

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


@dataclass
class Peer:
    """A client's end in memory."""

    context: ssl.SSLContext
    session: ssl.SSLSession | None = None
    incoming: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    outgoing: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)

    def __post_init__(self) -> None:
        self.tls = self.context.wrap_bio(
            self.incoming, self.outgoing, server_hostname="localhost", session=self.session
        )

    def shake(self) -> bool:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes:
        found = b""
        try:
            while chunk := self.tls.read(65536):
                found += chunk
        except ssl.SSLWantReadError:
            pass
        return found


def connect(channel: TlsChannel, peer: Peer) -> None:
    for _ in range(5):
        done = peer.shake()
        if data := peer.outgoing.read():
            channel.feed(data)
        if not channel.established:
            channel.handshake()
        peer.incoming.write(channel.output())
        if done and channel.established:
            return
    raise AssertionError("the handshake does not end")


def limited(context: ssl.SSLContext, version: str) -> ssl.SSLContext:
    context.maximum_version = context.minimum_version = VERSIONS[version]
    return context


@pytest.mark.parametrize("version", list(VERSIONS))
def test_plaintext_crosses_both_ways(front: Front, version: str) -> None:
    channel, peer = TlsChannel(front.server), Peer(limited(front.client, version))
    connect(channel, peer)
    assert channel.version == version
    peer.tls.write(b"from the client")
    channel.feed(peer.outgoing.read())
    assert channel.read() == b"from the client"
    channel.write(b"x" * 100_000)  # several records
    peer.incoming.write(channel.output())
    assert peer.read() == b"x" * 100_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(1, 3000), max_size=20), size=st.integers(1, 40_000))
def test_any_chunking_gives_the_same_plaintext(front: Front, cuts: list[int], size: int) -> None:
    channel, peer = TlsChannel(front.server), Peer(front.client)
    connect(channel, peer)
    message = bytes(index % 251 for index in range(size))
    peer.tls.write(message)
    stream = peer.outgoing.read()
    found = b""
    for cut in (*cuts, len(stream)):
        channel.feed(stream[:cut])
        stream = stream[cut:]
        found += channel.read()
    assert found == message


@given(garbage=st.binary(min_size=1, max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
def test_garbage_gives_the_documented_error_or_a_wait(front: Front, garbage: bytes) -> None:
    channel = TlsChannel(front.server)
    try:
        channel.feed(garbage)
        assert not channel.handshake()
    except TlsFailedError:
        channel.output()


def test_a_damaged_record_is_an_error_and_leaves_an_alert(front: Front) -> None:
    channel, peer = TlsChannel(front.server), Peer(front.client)
    connect(channel, peer)
    peer.tls.write(b"hello")
    record = bytearray(peer.outgoing.read())
    record[-1] ^= 1
    channel.feed(bytes(record))
    with pytest.raises(TlsFailedError):
        channel.read()
    assert channel.output()


def test_goodbye_is_said_and_heard(front: Front) -> None:
    channel, peer = TlsChannel(front.server), Peer(front.client)
    connect(channel, peer)
    peer.read()
    channel.close()
    channel.close()
    peer.incoming.write(channel.output())
    peer.tls.unwrap()  # would want to read, had ours not come
    channel, peer = TlsChannel(front.server), Peer(front.client)
    connect(channel, peer)
    peer.read()
    peer.tls.write(b"last words")
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.unwrap()
    channel.feed(peer.outgoing.read())
    assert channel.read() == b"last words"
    assert channel.peer_closed


def test_a_handshake_that_does_not_end_is_cut(front: Front) -> None:
    channel = TlsChannel(front.server)
    channel.feed(b"\x16\x03\x01\x40\x00" + b"\x01\x00\x3f\xfc")
    with pytest.raises(TlsFailedError, match="65536 octets"):
        channel.feed(b"x" * MAX_HANDSHAKE_OCTETS)


@pytest.mark.parametrize("version", list(VERSIONS))
def test_sessions_are_resumed_by_every_connection_of_one_context(front: Front, version: str) -> None:
    server, client = front.server, limited(front.client, version)
    channel, first = TlsChannel(server), Peer(client)
    connect(channel, first)
    first.read()  # TLS 1.3: the tickets come after the handshake
    channel, second = TlsChannel(server), Peer(client, first.tls.session)
    connect(channel, second)
    assert second.tls.session_reused


def test_nothing_older_than_the_minimum_is_spoken(front: Front) -> None:
    server = server_context(replace(front.settings, minimum=MinimumTls.TLS_1_3))
    channel, peer = TlsChannel(server), Peer(limited(front.client, "TLSv1.2"))
    with pytest.raises(TlsFailedError):
        connect(channel, peer)


def test_cipher_suites_are_those_asked_for(front: Front) -> None:
    server = server_context(replace(front.settings, cipher_suites=("ECDHE-ECDSA-AES128-GCM-SHA256",)))
    channel, peer = TlsChannel(server), Peer(limited(front.client, "TLSv1.2"))
    connect(channel, peer)
    cipher = peer.tls.cipher()
    assert cipher is not None
    assert cipher[0] == "ECDHE-ECDSA-AES128-GCM-SHA256"


def test_renegotiation_and_compression_are_off(front: Front) -> None:
    options = front.server.options
    assert options & ssl.OP_NO_RENEGOTIATION
    assert options & ssl.OP_NO_COMPRESSION


def test_settings_that_cannot_be_used_say_why(front: Front, tmp_path: Path) -> None:
    (files,) = front.settings.certificates
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    other = front.authority.issue("other.example.test")
    cases = [
        (TlsSettings(()), "no certificate is given"),
        (TlsSettings((CertificateFiles(tmp_path / "none.pem"),)), f"{tmp_path / 'none.pem'}: No such file"),
        (TlsSettings((CertificateFiles(broken),)), str(broken)),
        (TlsSettings((CertificateFiles(files.chain, Path(other.key)),)), "KEY_VALUES_MISMATCH"),
        (replace(front.settings, cipher_suites=("NONSENSE",)), "none of the cipher suites NONSENSE is known"),
    ]
    for given_settings, words in cases:
        with pytest.raises(TlsSettingsError) as caught:
            server_context(given_settings)
        assert words in str(caught.value)


class Turn:
    def __init__(self) -> None:
        self.called = 0

    def admitted(self) -> None:
        self.called += 1


def test_handshakes_above_the_limit_wait_in_order() -> None:
    gate = HandshakeGate(2)
    turns = [Turn() for _ in range(5)]
    assert [gate.enter(turn) for turn in turns] == [True, True, False, False, False]
    gate.withdraw(turns[2])
    gate.leave()
    assert [turn.called for turn in turns] == [0, 0, 0, 1, 0]
    assert (gate.running, gate.waiting) == (2, 1)


def test_a_thousand_failing_handshakes_in_a_row_do_not_nest() -> None:
    gate = HandshakeGate(1)

    class Failing(Turn):
        @override
        def admitted(self) -> None:
            super().admitted()
            gate.leave()

    turns = [Failing() for _ in range(5000)]
    for turn in turns:
        gate.enter(turn)
    gate.leave()
    assert sum(turn.called for turn in turns) == 4999
    assert (gate.running, gate.waiting) == (0, 0)
