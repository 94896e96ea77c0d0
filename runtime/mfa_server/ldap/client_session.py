"""The client's side of one connection to a directory: a request in, bytes out; bytes in, responses out.

Many operations share a connection, told apart by message id. Ids take four octets from 2**24 on, so that all requests
have headers of one shape, and none is used again while its operation is in flight. A bind shares with nothing: it is
sent only when nothing is in flight, and nothing is sent until it is answered (RFC 4511 section 4.2.1; a pipelined bind
is lost without an answer on OpenLDAP).

The caller owns the socket and the clock, and with them the time-outs.
"""

from collections.abc import Sequence
from typing import Final

from mfa_server.ldap.ber import MAX_INT
from mfa_server.ldap.codec import decode_controls, encode_controls, encode_operation
from mfa_server.ldap.codec_bind import decode_bind_response
from mfa_server.ldap.codec_update import decode_extended_response
from mfa_server.ldap.errors import LocalMisuse, ProtocolViolation
from mfa_server.ldap.events import (
    BindAnswered,
    ClientEvent,
    ProtocolViolated,
    ResponseReceived,
    StartTlsAnswered,
    UnsolicitedNotification,
)
from mfa_server.ldap.framing import (
    MAX_MESSAGE_FROM_DIRECTORY,
    Frame,
    Framer,
    encode_message_bytes,
    rewrite_message_id,
)
from mfa_server.ldap.messages import (
    AbandonRequest,
    BindRequest,
    Control,
    ExtendedRequest,
    Operation,
    SearchRequest,
    SimpleAuthentication,
    UnbindRequest,
)
from mfa_server.ldap.oids import START_TLS, WHO_AM_I
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.states import CLIENT_TRANSITIONS, ClientState, ClientTrigger
from mfa_server.ldap.tags import FINAL_RESPONSES, RESPONSE_OF, RESPONSES, Tag

__all__ = ["FIRST_MESSAGE_ID", "MAX_ABANDONED", "MAX_IN_FLIGHT", "ClientSession"]

FIRST_MESSAGE_ID: Final = 1 << 24
"""The first message id, and the one after 2**31-1: all ids between are four octets long."""

MAX_IN_FLIGHT: Final = 1024
"""Operations in flight on one connection; OpenLDAP's own limit is 1000 for an authenticated one."""

MAX_ABANDONED: Final = 4096
"""Abandoned operations remembered, so that an answer which crosses the Abandon is no violation."""

_SEARCH_RESPONSES = frozenset((Tag.SEARCH_RESULT_ENTRY, Tag.SEARCH_RESULT_REFERENCE))
_VERSION = 3


class ClientSession:
    """One connection to a directory. `tls` tells whether the transport is encrypted already (LDAPS).

    `limit` is the largest response in octets. Sending methods raise `LocalMisuse`, and then nothing has changed;
    `receive` never raises for what the directory sends: a violation is the last event.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        limit: int = MAX_MESSAGE_FROM_DIRECTORY,
        first_message_id: int = FIRST_MESSAGE_ID,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self.state = ClientState.OPEN
        self.tls = tls
        self._framer = Framer(limit)
        self._next_id = first_message_id
        self._max_in_flight = max_in_flight
        # Message id -> the tag of the response that ends the operation
        self._in_flight: dict[int, int] = {}
        self._abandoned: dict[int, None] = {}

    @property
    def closed(self) -> bool:
        """Whether the session is over: by unbind, a disconnection, a violation, or by `close`."""
        return self.state is ClientState.CLOSED

    @property
    def in_flight(self) -> int:
        """Operations that have no final response yet, a bind or StartTLS included."""
        return len(self._in_flight)

    @property
    def buffered(self) -> int:
        """Octets of an incomplete message; a deadline per message is due while this is not 0."""
        return self._framer.buffered

    # Sending

    def bind(self, name: str, password: bytes, controls: Sequence[Control] = ()) -> tuple[int, bytes]:
        """Simple bind: the message id and the bytes. Raises `LocalMisuse` while anything is in flight.

        A name without a password is refused here as well: directories answer success to it (RFC 4513 section 5.1.2).
        """
        if name and not password:
            raise LocalMisuse("a name without a password is an unauthenticated bind; it is never sent")
        if self._in_flight:
            raise LocalMisuse("a bind is sent only when nothing is in flight")
        self._require(ClientTrigger.BIND_SENT)
        operation = BindRequest(_VERSION, name, SimpleAuthentication(password))
        sent = self._send(Tag.BIND_REQUEST, encode_operation(operation) + encode_controls(controls))
        self._move(ClientTrigger.BIND_SENT)
        return sent

    def search(self, request: SearchRequest, controls: Sequence[Control] = ()) -> tuple[int, bytes]:
        """Search: the message id and the bytes."""
        return self.request(request, controls)

    def who_am_i(self) -> tuple[int, bytes]:
        """Ask for the authorization identity (RFC 4532): the message id and the bytes."""
        return self.request(ExtendedRequest(WHO_AM_I))

    def request(self, operation: Operation, controls: Sequence[Control] = ()) -> tuple[int, bytes]:
        """Any request but bind, StartTLS, unbind and abandon: the message id and the bytes."""
        if isinstance(operation, ExtendedRequest) and operation.request_name == START_TLS:
            raise LocalMisuse("StartTLS is sent by start_tls")
        encoded = encode_operation(operation)
        self._check_request(encoded[0])
        return self._send(encoded[0], encoded + encode_controls(controls))

    def forward(self, frame: Frame) -> tuple[int, bytes]:
        """Pass a client's request on, operation and controls untouched: the message id and the bytes.

        The caller has decided that the request may pass; StartTLS never reaches it, since a session answers that.
        """
        tag = frame.tag
        self._check_request(tag)
        message_id = self._begin(tag)
        return message_id, rewrite_message_id(frame, message_id)

    def start_tls(self) -> tuple[int, bytes]:
        """Ask for TLS: the message id and the bytes. Raises `LocalMisuse` while anything is in flight or inside TLS."""
        if self.tls:
            raise LocalMisuse("the connection uses TLS already")
        if self._in_flight:
            raise LocalMisuse("StartTLS is sent only when nothing is in flight")
        self._require(ClientTrigger.TLS_SENT)
        sent = self._send(Tag.EXTENDED_REQUEST, encode_operation(ExtendedRequest(START_TLS)))
        self._move(ClientTrigger.TLS_SENT)
        return sent

    def tls_started(self) -> None:
        """The handshake is done. Raises `LocalMisuse` unless StartTLS was answered with success."""
        if self._in_flight:
            raise LocalMisuse("StartTLS is not answered yet")
        self._move(ClientTrigger.TLS_STARTED)
        self.tls = True
        self._abandoned.clear()

    def abandon(self, message_id: int) -> bytes:
        """Give an operation up; its answers will be ignored. No bytes when it is over or cannot be abandoned."""
        tag = self._in_flight.get(message_id)
        if tag is None or self.state is not ClientState.OPEN:
            return b""
        del self._in_flight[message_id]
        self._abandoned[message_id] = None
        if len(self._abandoned) > MAX_ABANDONED:
            del self._abandoned[next(iter(self._abandoned))]
        # An Abandon has no answer, so its own id is free at once.
        return encode_message_bytes(self._free_id(), encode_operation(AbandonRequest(message_id)))

    def unbind(self) -> bytes:
        """Take leave; the session is closed. No bytes when it was."""
        if self.closed:
            return b""
        farewell = encode_message_bytes(self._free_id(), encode_operation(UnbindRequest()))
        self.close()
        return farewell

    def close(self) -> None:
        """The connection is gone: what is in flight will not be answered."""
        self._move(ClientTrigger.CLOSE)
        self._in_flight.clear()
        self._abandoned.clear()
        self._framer.clear()

    def _check_request(self, tag: int) -> None:
        if tag not in RESPONSE_OF or tag == Tag.BIND_REQUEST:
            raise LocalMisuse(f"tag {tag:#04x} is no request that can be sent this way")
        if self.state is not ClientState.OPEN:
            raise LocalMisuse(f"nothing can be sent while the session is {self.state.name}")

    def _send(self, tag: int, operation_and_controls: bytes) -> tuple[int, bytes]:
        message_id = self._begin(tag)
        return message_id, encode_message_bytes(message_id, operation_and_controls)

    def _begin(self, tag: int) -> int:
        if len(self._in_flight) >= self._max_in_flight:
            raise LocalMisuse(f"{self._max_in_flight} operations are in flight; wait for one or use another connection")
        message_id = self._free_id()
        self._in_flight[message_id] = RESPONSE_OF[tag]
        return message_id

    def _free_id(self) -> int:
        message_id = self._next_id
        while message_id in self._in_flight or message_id in self._abandoned:
            message_id = FIRST_MESSAGE_ID if message_id == MAX_INT else message_id + 1
        self._next_id = FIRST_MESSAGE_ID if message_id == MAX_INT else message_id + 1
        return message_id

    # Receiving

    def receive(self, data: bytes) -> list[ClientEvent]:
        """Take bytes as they came; the responses they complete, in order. Empty after the session is closed."""
        if self.closed or not data:
            return []
        if self.state is ClientState.STARTING_TLS and not self._in_flight:
            return [self._violated(ProtocolViolation("octets follow the answer to StartTLS in the clear"))]
        events: list[ClientEvent] = []
        frames = self._framer.feed(data)
        failure = self._framer.failure
        unread = failure is not None or self._framer.buffered > 0
        try:
            for position, frame in enumerate(frames, 1):
                if frame.message_id in self._abandoned:
                    self._ignore(frame)
                elif not self._take(frame, events, behind=unread or position < len(frames)):
                    return events
            if failure is not None:
                raise failure
        except ProtocolViolation as violation:
            events.append(self._violated(violation))
        return events

    def _take(self, frame: Frame, events: list[ClientEvent], *, behind: bool) -> bool:
        """Turn one message into an event: whether the session goes on. `behind` tells whether octets follow it."""
        events.append(self._response(frame, behind=behind))
        return not self.closed

    def _response(self, frame: Frame, *, behind: bool) -> ClientEvent:
        message_id, tag = frame.message_id, frame.tag
        if tag not in RESPONSES:
            raise ProtocolViolation(f"tag {tag:#04x} is no response")
        if message_id == 0:
            return self._notified(frame)
        final_tag = self._in_flight.get(message_id)
        if final_tag is None:
            raise ProtocolViolation(f"a response to message id {message_id}, which nothing in flight has")
        if tag == final_tag:
            del self._in_flight[message_id]
            if self.state is ClientState.OPEN:
                return ResponseReceived(message_id, frame, True)
            return self._answered(frame, behind=behind)
        if tag == Tag.INTERMEDIATE_RESPONSE or (final_tag == Tag.SEARCH_RESULT_DONE and tag in _SEARCH_RESPONSES):
            return ResponseReceived(message_id, frame, False)
        raise ProtocolViolation(f"a response with tag {tag:#04x} to a request that is answered by {final_tag:#04x}")

    def _answered(self, frame: Frame, *, behind: bool) -> ClientEvent:
        """The answer to a bind or to StartTLS, beside which nothing can be in flight."""
        if self.state is ClientState.BINDING:
            self._move(ClientTrigger.BIND_ANSWERED)
            response = decode_bind_response(frame.content)
            return BindAnswered(frame.message_id, response, decode_controls(frame.controls))
        result = decode_extended_response(frame.content).result
        if result.result_code != ResultCode.SUCCESS:
            self._move(ClientTrigger.TLS_REFUSED)
        elif behind:
            raise ProtocolViolation("octets follow the answer to StartTLS in the clear")
        return StartTlsAnswered(frame.message_id, result)

    def _notified(self, frame: Frame) -> ClientEvent:
        if frame.tag != Tag.EXTENDED_RESPONSE:
            raise ProtocolViolation("message id 0 is for unsolicited notifications (RFC 4511 section 4.4)")
        notification = UnsolicitedNotification(decode_extended_response(frame.content))
        if notification.is_disconnection:
            self.close()
        return notification

    def _ignore(self, frame: Frame) -> None:
        """An answer that crossed an Abandon; after the final one the id is free."""
        if frame.tag not in RESPONSES:
            raise ProtocolViolation(f"tag {frame.tag:#04x} is no response")
        if frame.tag in FINAL_RESPONSES:
            del self._abandoned[frame.message_id]

    def _violated(self, violation: ProtocolViolation) -> ProtocolViolated:
        self.close()
        return ProtocolViolated(violation)

    def _require(self, trigger: ClientTrigger) -> ClientState:
        following = CLIENT_TRANSITIONS[self.state].get(trigger)
        if following is None:
            raise LocalMisuse(f"{trigger.name} is not possible while the session is {self.state.name}")
        return following

    def _move(self, trigger: ClientTrigger) -> None:
        self.state = self._require(trigger)
