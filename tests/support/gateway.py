"""A gateway as NetScaler is one, by an independent client library: service bind, search, user bind on the same connection."""

import contextlib
import socket
import ssl
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ldap3
from ldap3.operation.bind import bind_operation
from ldap3.protocol.rfc4511 import AuthenticationChoice, Simple

__all__ = ["Answer", "NetScaler"]


@dataclass(frozen=True)
class Answer:
    """What a bind was answered."""

    code: int
    text: str

    @property
    def granted(self) -> bool:
        return self.code == 0


class NetScaler:
    """One connection. Blocking; ``bind_later`` binds in a thread, as the gateway's own process waits."""

    def __init__(
        self, port: int, ca_file: Path, *, start_tls: bool = False, plain: bool = False, source: str = "127.0.0.1"
    ) -> None:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca_file), version=ssl.PROTOCOL_TLS_CLIENT)
        secure = not start_tls and not plain
        server = ldap3.Server("127.0.0.1", port=port, use_ssl=secure, tls=tls, get_info=ldap3.NONE, connect_timeout=5)
        self.connection = ldap3.Connection(
            server,
            receive_timeout=90,
            source_address=source,
            auto_referrals=False,
            check_names=False,
            raise_exceptions=False,
        )
        self._threads: list[threading.Thread] = []
        self.connection.open(read_server_info=False)
        if start_tls:
            self.connection.start_tls(read_server_info=False)

    def bind(self, name: str, password: str) -> Answer:
        """Bind and wait for the answer. OSError or an LDAP exception when the connection breaks first."""
        request = bind_operation(self.connection.version, ldap3.SIMPLE, name, password or "empty")
        if not password:  # the library would not ask; gateways do
            request["authentication"] = AuthenticationChoice().setComponentByName("simple", Simple(b""))
        message_id = self.connection.send("bindRequest", request, None)
        _, result = self.connection.get_response(message_id)
        return Answer(result["result"], result["message"])

    def send_bind(self, name: str, password: str) -> None:
        """Send a bind and do not wait: the one before it is over with that (RFC 4511 §4.2.1)."""
        self.connection.send("bindRequest", bind_operation(3, ldap3.SIMPLE, name, password), None)

    def bind_later(self, name: str, password: str) -> "Future[Answer]":
        """Bind in a thread of its own."""
        future: Future[Answer] = Future()

        def work() -> None:
            try:
                future.set_result(self.bind(name, password))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the answer gets it
                future.set_exception(error)

        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()
        return future

    def search(self, base: str, filter_text: str, attributes: list[str] | None = None) -> list[dict[str, Any]]:
        """Return what the search finds: dicts with ``dn`` and ``raw_attributes``."""
        self.connection.search(base, filter_text, ldap3.SUBTREE, attributes=attributes or ["*"])
        return [entry for entry in self.connection.response or [] if entry["type"] == "searchResEntry"]

    @property
    def result(self) -> int:
        """The result code of the last operation."""
        return int(self.connection.result["result"])

    def unbind(self) -> None:
        """Say goodbye and close."""
        self.connection.unbind()

    def drop(self) -> None:
        """Close without a word, as a gateway that has lost patience."""
        sock = self.connection.socket
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:  # a thread that still read would read from whatever gets the descriptor next
                thread.join(10)
            sock.close()
