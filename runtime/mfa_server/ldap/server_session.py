"""The server's side of one LDAP connection: bytes in, events out; a reply in, bytes out.

Two rules explain the states. A bind takes the connection over: while one waits nothing else is processed, what arrives
is held and released in order once the bind is answered (RFC 4511 section 4.2.1). And nothing survives a change of
trust: a bind that begins makes the connection anonymous, StartTLS forgets everything (section 4.14.2 and RFC 4513
section 3.1.1).

The caller owns the socket, the clock and the answers. It handles the events in order, sends the bytes the reply methods
return, and calls `resume` after each `bind_response`. A reply to a request that is no longer waiting gives no bytes:
a late approval cannot reach whoever came after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mfa_server.ldap.codec import decode_controls, encode_controls, encode_operation
from mfa_server.ldap.codec_bind import decode_abandon_request, decode_bind_request, decode_unbind_request
from mfa_server.ldap.codec_search import check_search_request
from mfa_server.ldap.codec_update import decode_extended_request
from mfa_server.ldap.errors import LocalMisuse, MessageTooLarge, ProtocolViolation
from mfa_server.ldap.events import (
    BindRequested,
    BindSuperseded,
    ExtendedRequested,
    OperationAbandoned,
    OperationRequested,
    ProtocolViolated,
    RequestRefused,
    SearchRequested,
    ServerEvent,
    StartTlsRequested,
    Unbound,
)
from mfa_server.ldap.filters import MAX_FILTER_DEPTH
from mfa_server.ldap.framing import (
    MAX_BIND_REQUEST,
    MAX_MESSAGE_FROM_CLIENT,
    MAX_MESSAGE_FROM_STRANGER,
    Frame,
    Framer,
    encode_message_bytes,
    rewrite_message_id,
)
from mfa_server.ldap.messages import (
    AddResponse,
    BindResponse,
    CompareResponse,
    Control,
    DelResponse,
    ExtendedResponse,
    LDAPResult,
    ModifyDNResponse,
    ModifyResponse,
    Operation,
    SearchResultDone,
)
from mfa_server.ldap.oids import NOTICE_OF_DISCONNECTION, START_TLS
from mfa_server.ldap.results import ResultCode
from mfa_server.ldap.states import SERVER_TRANSITIONS, ServerState, ServerTrigger
from mfa_server.ldap.tags import FINAL_RESPONSES, RESPONSE_OF, Tag

__all__ = ["ServerLimits", "ServerSession"]


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one client may ask of this side. Sizes are octets of a whole message, header included."""

    message_from_stranger: int = MAX_MESSAGE_FROM_STRANGER
    message_from_client: int = MAX_MESSAGE_FROM_CLIENT
    bind_request: int = MAX_BIND_REQUEST
    held_messages: int = 16
    held_octets: int = 64 * 1024
    outstanding: int = 256
    filter_depth: int = MAX_FILTER_DEPTH


_DEFAULT_LIMITS: Final = ServerLimits()

_Request = SearchRequested | ExtendedRequested | OperationRequested

_RESULT_RESPONSES: Final[dict[int, Callable[[LDAPResult], Operation]]] = {
    Tag.SEARCH_RESULT_DONE: SearchResultDone,
    Tag.MODIFY_RESPONSE: ModifyResponse,
    Tag.ADD_RESPONSE: AddResponse,
    Tag.DEL_RESPONSE: DelResponse,
    Tag.MODIFY_DN_RESPONSE: ModifyDNResponse,
    Tag.COMPARE_RESPONSE: CompareResponse,
    Tag.EXTENDED_RESPONSE: ExtendedResponse,
}


class ServerSession:
    """One connection of a client. `tls` tells whether the transport is encrypted already (LDAPS).

    `receive` never raises for what a client sends: a violation is the last event. Reply methods raise `LocalMisuse`
    when the caller breaks the protocol. `identity` is whatever the caller granted the connection to; None is anonymous.
    """

    def __init__(self, *, tls: bool = False, limits: ServerLimits = _DEFAULT_LIMITS) -> None:
        self.state = ServerState.ANONYMOUS
        self.tls = tls
        self.identity: object | None = None
        self._limits = limits
        self._framer = Framer(limits.message_from_stranger)
        self._bind: BindRequested | None = None
        self._start_tls: StartTlsRequested | None = None
        self._outstanding: dict[int, _Request] = {}
        self._held: dict[int, Frame] = {}
        self._held_octets = 0

    @property
    def closed(self) -> bool:
        """Whether the session is over: by unbind, by a violation, or by `close`."""
        return self.state is ServerState.CLOSED

    @property
    def outstanding(self) -> int:
        """Requests that have no final answer yet, the bind included."""
        return len(self._outstanding) + (self._bind is not None)

    @property
    def buffered(self) -> int:
        """Octets of an incomplete message; a deadline per message is due while this is not 0."""
        return self._framer.buffered

    # Receiving

    def receive(self, data: bytes) -> list[ServerEvent]:
        """Take bytes as they came; the events they complete, in order. Empty after the session is closed."""
        if self.closed or not data:
            return []
        if self.state is ServerState.STARTING_TLS:
            return [self._violated(ProtocolViolation("octets follow a StartTLS request in the clear"), silent=True)]
        events: list[ServerEvent] = []
        if self._held and not self._release(events):
            return events
        frames = self._framer.feed(data)
        failure = self._framer.failure
        unread = failure is not None or self._framer.buffered > 0
        for position, frame in enumerate(frames, 1):
            if not self._take(frame, events, behind=unread or position < len(frames)):
                return events
        if failure is not None:
            events.append(self._violated(failure))
        return events

    def resume(self) -> list[ServerEvent]:
        """The requests that were held behind a bind, once it is answered; call this after each `bind_response`."""
        events: list[ServerEvent] = []
        self._release(events)
        return events

    def _release(self, events: list[ServerEvent]) -> bool:
        """Take what was held, unless a bind still waits: whether the session goes on."""
        if self.state is ServerState.BINDING:
            return True
        held = self._held
        self._drop_held()
        return all(self._take(frame, events, behind=True) for frame in held.values())

    def _take(self, frame: Frame, events: list[ServerEvent], *, behind: bool) -> bool:
        """Turn one message into events: whether the session goes on. `behind`: octets follow it already."""
        try:
            self._dispatch(frame, events, behind=behind)
        except ProtocolViolation as violation:
            events.append(self._violated(violation))
        return not self.closed

    def _dispatch(self, frame: Frame, events: list[ServerEvent], *, behind: bool) -> None:
        tag = frame.tag
        if tag == Tag.UNBIND_REQUEST:
            decode_unbind_request(frame.content)
            self.close()
            events.append(Unbound())
            return
        message_id = frame.message_id
        if message_id == 0:
            raise ProtocolViolation("message id 0 is for unsolicited notifications (RFC 4511 section 4.1.1.1)")
        if tag == Tag.ABANDON_REQUEST:
            self._abandon(decode_abandon_request(frame.content).message_id, events)
            return
        if tag not in RESPONSE_OF:
            raise ProtocolViolation(f"tag {tag:#04x} is no request")
        bind = self._bind
        if message_id in self._outstanding or message_id in self._held or (bind and bind.message_id == message_id):
            raise ProtocolViolation(f"message id {message_id} is used again while its operation is outstanding")
        if tag == Tag.BIND_REQUEST:
            self._bind_requested(frame, events)
        elif tag == Tag.EXTENDED_REQUEST:
            self._extended_requested(frame, events, behind=behind)
        elif bind is not None:
            self._hold(frame)
        else:
            self._requested(frame, events)

    def _requested(self, frame: Frame, events: list[ServerEvent]) -> None:
        request: _Request
        if frame.tag == Tag.SEARCH_REQUEST:
            base_object, scope = check_search_request(
                frame.data, frame.content_start, frame.operation_end, depth=self._limits.filter_depth
            )
            controls = () if frame.operation_end == len(frame.data) else decode_controls(frame.controls)
            request = SearchRequested(frame.message_id, frame, base_object, scope, controls)
        else:
            request = OperationRequested(frame.message_id, frame)
        self._begin(request, events)

    def _begin(self, request: _Request, events: list[ServerEvent]) -> None:
        if len(self._outstanding) >= self._limits.outstanding:
            raise ProtocolViolation("too many operations at once on one connection", ResultCode.BUSY)
        self._outstanding[request.message_id] = request
        events.append(request)

    def _bind_requested(self, frame: Frame, events: list[ServerEvent]) -> None:
        size = len(frame.data)
        if size > self._limits.bind_request:
            raise MessageTooLarge(f"a BindRequest of {size} octets; the limit is {self._limits.bind_request}")
        bind = BindRequested(frame.message_id, decode_bind_request(frame.content), decode_controls(frame.controls))
        if self._bind is not None:
            events.append(BindSuperseded(self._bind))
        # RFC 4511 section 4.2.1: what is outstanding when a bind arrives is completed or abandoned first.
        events.extend([OperationAbandoned(request) for request in self._outstanding.values()])
        self._outstanding.clear()
        self._drop_held()
        self._move(ServerTrigger.BIND_REQUESTED)
        self.identity = None
        self._bind = bind
        events.append(bind)

    def _extended_requested(self, frame: Frame, events: list[ServerEvent], *, behind: bool) -> None:
        request = decode_extended_request(frame.content)
        if request.request_name == START_TLS:
            self._start_tls_requested(frame.message_id, events, behind=behind)
        elif self._bind is not None:
            self._hold(frame)
        else:
            self._begin(ExtendedRequested(frame.message_id, frame, request), events)

    def _start_tls_requested(self, message_id: int, events: list[ServerEvent], *, behind: bool) -> None:
        if behind:
            # Injected in the clear, to be read as if it had come encrypted: no answer, or the client goes on.
            events.append(self._violated(ProtocolViolation("octets follow a StartTLS request"), silent=True))
            return
        if self.tls or self.outstanding or self._held:
            text = "TLS is in use already" if self.tls else "operations are outstanding"
            result = LDAPResult(ResultCode.OPERATIONS_ERROR, "", f"StartTLS refused: {text}")
            reply = _encode(message_id, ExtendedResponse(result, START_TLS))
            events.append(RequestRefused(message_id, reply))
            return
        self._move(ServerTrigger.TLS_REQUESTED)
        self._start_tls = StartTlsRequested(message_id)
        events.append(self._start_tls)

    def _abandon(self, message_id: int, events: list[ServerEvent]) -> None:
        """Binds and StartTLS cannot be abandoned, and an unknown id is no error (RFC 4511 section 4.11)."""
        held = self._held.pop(message_id, None)
        if held is not None:
            self._held_octets -= len(held.data)
        request = self._outstanding.pop(message_id, None)
        if request is not None:
            events.append(OperationAbandoned(request))

    def _hold(self, frame: Frame) -> None:
        self._held_octets += len(frame.data)
        if len(self._held) >= self._limits.held_messages or self._held_octets > self._limits.held_octets:
            raise ProtocolViolation("too many requests behind a bind that is not answered yet", ResultCode.BUSY)
        self._held[frame.message_id] = frame

    def _drop_held(self) -> None:
        self._held = {}
        self._held_octets = 0

    # Replying

    def bind_response(
        self,
        bind: BindRequested,
        result: LDAPResult,
        *,
        identity: object | None = None,
        server_sasl_creds: bytes | None = None,
        controls: Sequence[Control] = (),
    ) -> bytes:
        """Answer a bind. `identity` is who the connection now belongs to; None leaves it anonymous.

        No bytes for a bind that is not waiting any more (superseded, connection closed). Raises `LocalMisuse` when an
        identity comes with a result other than success.
        """
        if bind is not self._bind:
            return b""
        if identity is not None and result.result_code != ResultCode.SUCCESS:
            raise LocalMisuse("a bind that did not succeed gives no identity")
        self._bind = None
        self.identity = identity
        if identity is None:
            self._move(ServerTrigger.BIND_NOT_GRANTED)
        else:
            self._move(ServerTrigger.BIND_GRANTED)
            self._framer.limit = self._limits.message_from_client
        return _encode(bind.message_id, BindResponse(result, server_sasl_creds), controls)

    def forward(self, request: _Request, frame: Frame) -> bytes:
        """Pass a response of the directory on, operation and controls untouched; the final one ends the request.

        No bytes for a request that is not waiting any more. Raises `LocalMisuse` for a response of the wrong kind.
        """
        message_id = request.message_id
        if self._outstanding.get(message_id) is not request:
            return b""
        tag = frame.tag
        if tag in FINAL_RESPONSES:
            if tag != RESPONSE_OF[request.frame.tag]:
                raise LocalMisuse(f"a response with tag {tag:#04x} does not end this request")
            del self._outstanding[message_id]
        return rewrite_message_id(frame, message_id)

    def reply(self, request: _Request, operation: Operation, controls: Sequence[Control] = ()) -> bytes:
        """Answer with a response of our own making; the final one ends the request.

        No bytes for a request that is not waiting any more. Raises `LocalMisuse` for a response of the wrong kind.
        """
        message_id = request.message_id
        if self._outstanding.get(message_id) is not request:
            return b""
        encoded = encode_operation(operation)
        if encoded[0] in FINAL_RESPONSES:
            if encoded[0] != RESPONSE_OF[request.frame.tag]:
                raise LocalMisuse(f"a response with tag {encoded[0]:#04x} does not end this request")
            del self._outstanding[message_id]
        return encode_message_bytes(message_id, encoded + encode_controls(controls))

    def refuse(self, request: _Request, result: LDAPResult) -> bytes:
        """End a request with a result and nothing else, in the response its kind asks for."""
        return self.reply(request, _RESULT_RESPONSES[RESPONSE_OF[request.frame.tag]](result))

    def start_tls_response(self, request: StartTlsRequested, result: LDAPResult) -> bytes:
        """Answer StartTLS. After success send these bytes in the clear, run the handshake, call `tls_started`."""
        if request is not self._start_tls:
            return b""
        self._start_tls = None
        if result.result_code != ResultCode.SUCCESS:
            bound = self.identity is not None
            self._move(ServerTrigger.TLS_REFUSED_BOUND if bound else ServerTrigger.TLS_REFUSED_ANONYMOUS)
        return _encode(request.message_id, ExtendedResponse(result, START_TLS))

    def tls_started(self) -> None:
        """The handshake is done: everything known of the connection is dropped.

        Raises `LocalMisuse` unless StartTLS was asked for and answered with success.
        """
        if self._start_tls is not None:
            raise LocalMisuse("StartTLS is not answered yet")
        self._move(ServerTrigger.TLS_STARTED)
        self.tls = True
        self.identity = None
        self._framer = Framer(self._limits.message_from_stranger)

    def notice_of_disconnection(self, result_code: int, text: str) -> bytes:
        """Tell the client why it is cut off (RFC 4511 section 4.4.1); the session is closed. No bytes when it was."""
        if self.closed:
            return b""
        self.close()
        return _encode(0, ExtendedResponse(LDAPResult(result_code, "", text), NOTICE_OF_DISCONNECTION))

    def close(self) -> None:
        """The connection is gone: nothing is received and no reply gives bytes any more."""
        self._move(ServerTrigger.CLOSE)
        self.identity = None
        self._bind = None
        self._start_tls = None
        self._outstanding.clear()
        self._drop_held()
        self._framer.clear()

    def _violated(self, violation: ProtocolViolation, *, silent: bool = False) -> ProtocolViolated:
        reply = self.notice_of_disconnection(violation.result_code, str(violation))
        return ProtocolViolated(violation, b"" if silent else reply)

    def _move(self, trigger: ServerTrigger) -> None:
        following = SERVER_TRANSITIONS[self.state].get(trigger)
        if following is None:
            raise LocalMisuse(f"{trigger.name} is not possible while the session is {self.state.name}")
        self.state = following


def _encode(message_id: int, operation: Operation, controls: Sequence[Control] = ()) -> bytes:
    return encode_message_bytes(message_id, encode_operation(operation) + encode_controls(controls))
