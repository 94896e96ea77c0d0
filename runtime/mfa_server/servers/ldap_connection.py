"""One client's LDAP connection: the shell around ``ldap.ServerSession`` and a ``Stream``.

It brings binds to ``login`` and answers back, searches to the relay and results back, and closes what is too slow, too
much or not allowed. A bind that waits for a person costs this object, its session and its TLS state: no task, no timer,
no connection to the directory.

The client (``LdapClient``) is found in two steps: candidates by source address when the connection is accepted, one of
them by the first bind that gives a name. Searches are for connections bound as a service account; everybody may read
the root DSE, a person's bind may read nothing else.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from mfa_server.auth.decision import Decision, Role
from mfa_server.auth.ports import Identity
from mfa_server.ldap import (
    BindRequested,
    BindSuperseded,
    ExtendedRequested,
    LDAPResult,
    OperationAbandoned,
    OperationRequested,
    ProtocolViolated,
    RequestRefused,
    ResultCode,
    SearchRequested,
    ServerEvent,
    ServerSession,
    StartTlsRequested,
    Tag,
    Unbound,
)
from mfa_server.servers.ldap_binds import ARRIVAL_SECONDS, PendingBind, logon_request
from mfa_server.servers.ldap_clients import ClientChoice, unmapped
from mfa_server.servers.ldap_front import LdapFront, Listener, ListenerKind
from mfa_server.servers.ldap_results import BUSY_STOPPING, NO_CLIENT, bind_result
from mfa_server.servers.ldap_searches import Searches
from mfa_server.servers.own_answers import answer_extended, is_root_dse_search
from mfa_server.servers.stream import Stream
from mfa_server.servers.tls import TlsFailedError

__all__ = ["LdapConnection"]

_SUCCESS: Final = LDAPResult(ResultCode.SUCCESS)
_NO_RIGHTS: Final = LDAPResult(
    ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "", "this needs a connection bound as a service account of this client"
)
_READ_ONLY: Final = LDAPResult(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "", "nothing is written through this server")
_STOPPING: Final = "this server is stopping"


class LdapConnection:
    """The owner of one stream; created when a socket is accepted, over with ``closed``."""

    __slots__ = (
        "_admitted",
        "_clients",
        "_delivery",
        "_front",
        "_listener",
        "_pending",
        "_searches",
        "_session",
        "_source",
        "_starting_tls",
        "_stream",
        "timer_slot",
    )

    def __init__(self, front: LdapFront, listener: Listener) -> None:
        implicit = listener.kind is ListenerKind.LDAPS
        self._front = front
        self._listener = listener
        self._session = ServerSession(tls=implicit, limits=front.settings.session)
        self._stream = Stream(self, front.gate, front.loop, listener.context if implicit else None)
        self._source = ""
        self._admitted = False
        self._clients = ClientChoice("", listener.kind.value)
        self._pending: PendingBind | None = None
        self._delivery: PendingBind | None = None  # answered, arrival not known yet
        self._searches: Searches | None = None
        self._starting_tls = False
        self.timer_slot: int | None = None

    @property
    def stream(self) -> Stream:
        """What the event loop has to call."""
        return self._stream

    @property
    def pending(self) -> bool:
        """Whether a bind waits for its decision."""
        return self._pending is not None

    # What the stream reports

    def connected(self) -> None:
        """Close at once, before a handshake, what comes from nowhere we know or is too much."""
        front = self._front
        self._source = source = unmapped(self._stream.source)
        if not source or front.draining:
            self._stream.abort()
            return
        self._clients = ClientChoice(source, self._listener.kind.value)
        self._clients.refresh(front.clients)
        if not self._clients:
            front.stats.refuse(source)
            if front.parts.on_refused is not None:
                front.parts.on_refused(source)
            self._stream.abort()
            return
        self._admitted = front.add(self, source)
        if not self._admitted:
            self._stream.abort()
            return
        timeouts = front.settings.timeouts
        front.wheel.set(self, timeouts.handshake if self._listener.kind is ListenerKind.LDAPS else timeouts.message)

    def secured(self) -> None:
        """A handshake is done; after StartTLS nothing of what was known before holds any more."""
        self._front.stats.handshakes_done += 1
        if self._starting_tls:
            self._starting_tls = False
            self._session.tls_started()
        self._front.wheel.set(self, self._front.settings.timeouts.message)

    def tls_failed(self, error: TlsFailedError) -> None:  # noqa: ARG002 - counted; a probe's noise is not worth a line
        """Count it; the stream closes."""
        self._front.stats.handshakes_failed += 1
        self._leave()
        self._linger()

    def received(self, data: bytes) -> None:
        """Take plaintext from the client."""
        session = self._session
        events = session.receive(data)
        if events:
            self._delivery = None
            self._handle(events)
            self._rest()
        elif self._pending is None and session.buffered:
            self._front.wheel.tighten(self, self._front.settings.timeouts.message)

    def overflowed(self) -> None:
        """The client does not read what it asked for: give up its searches, then the connection."""
        self._front.stats.unread += 1
        self._leave()
        self._stream.abort()

    def paused(self) -> None:
        """The client falls behind."""
        if self._searches is not None:
            self._searches.pause()

    def resumed(self) -> None:
        """The client has caught up."""
        if self._searches is not None:
            self._searches.resume()

    def ended(self) -> None:
        """The client sends no more: a bind that waits is given up at once."""
        if self._just_answered() and self._stream.unacknowledged():
            # A peer that had read the answer would have confirmed it with the FIN at the latest.
            self._report_undelivered()
        self._leave()
        self._linger()

    def closed(self, error: Exception | None) -> None:
        """The socket is gone."""
        front = self._front
        if error is not None and self._just_answered():
            self._report_undelivered()
        self._leave()
        front.wheel.clear(self)
        if self._admitted:
            self._admitted = False
            front.remove(self, self._source)

    # What the timers and the server do

    def timed_out(self) -> None:
        """Close a connection that was too slow; hard, where it was closed before or never finished its handshake."""
        front = self._front
        if self._stream.closing:
            self._stream.abort()
            return
        front.stats.timeouts += 1
        if self._session.identity is None:
            self._close()
        else:
            self._say_goodbye(_STOPPING if front.draining else "idle for too long")

    def drain(self) -> None:
        """The server is stopping: leave now, or as soon as nothing is outstanding."""
        if self._pending is None and not self._session.outstanding:
            self._say_goodbye(_STOPPING)

    def cut(self) -> None:
        """The server stops now: a bind that waits is answered 51 and given up."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self._write(self._session.bind_response(pending.bind, BUSY_STOPPING))
            pending.abandon()
        self._say_goodbye(_STOPPING)

    # Events

    def _handle(self, events: Sequence[ServerEvent]) -> None:
        for event in events:
            if self._stream.closing:
                return
            self._HANDLERS[type(event)](self, event)

    def _bind(self, event: BindRequested) -> None:
        front = self._front
        front.stats.binds += 1
        searched = frozenset(self._searches.matched) if self._searches is not None else frozenset()
        self._end_searches()
        self._clients.refresh(front.clients)
        policy = self._clients.for_bind(event.request.name)
        if policy is None:
            front.stats.binds_without_client += 1
            self._write(self._session.bind_response(event, NO_CLIENT))
            self._handle(self._session.resume())
            return
        request = logon_request(
            event,
            policy,
            self._source,
            tls=self._session.tls,
            service_bound=self._clients.service_bound(policy),
            searched_services=searched,
        )
        self._pending = pending = PendingBind(event, request, self._answer)
        front.wheel.clear(self)
        pending.ticket = front.parts.logons.start(request, pending)
        if self._pending is not pending and pending.answered_at is None:
            pending.abandon()  # its answer met a connection that had closed or bound again

    def _answer(self, pending: PendingBind, decision: Decision) -> bool:
        """Write the answer to a bind and go on with what was held behind it."""
        if pending is not self._pending or self._stream.closing:
            return False
        self._pending = None
        granted = decision.identity if decision.granted and decision.role in (Role.SERVICE, Role.USER) else None
        data = self._session.bind_response(pending.bind, bind_result(decision), identity=granted)
        if not data:
            return False  # a newer bind came in the same read
        self._write(data)
        pending.answered_at = self._front.clock.monotonic()
        self._delivery = pending
        if granted is not None and decision.role is Role.SERVICE:
            self._open_searches(granted, pending)
        self._handle(self._session.resume())
        self._rest()
        return True

    def _superseded(self, event: BindSuperseded) -> None:
        if self._pending is not None and self._pending.bind is event.bind:
            pending, self._pending = self._pending, None
            pending.abandon()

    def _search(self, event: SearchRequested) -> None:
        self._front.stats.searches += 1
        if is_root_dse_search(event):
            self._front.root_dse.answer(self._session, event, self._answer_request)
        else:
            self._relay(event)

    def _operation(self, event: OperationRequested) -> None:
        if event.frame.tag == Tag.COMPARE_REQUEST:
            self._relay(event)
        else:
            self._refuse(event, _READ_ONLY)

    def _relay(self, event: SearchRequested | OperationRequested) -> None:
        self._clients.refresh(self._front.clients)
        policy = self._clients.chosen
        if self._searches is not None and policy is not None:
            self._searches.request(event, policy)
        else:
            self._refuse(event, _NO_RIGHTS)

    def _extended(self, event: ExtendedRequested) -> None:
        self._write(answer_extended(self._session, event))

    def _start_tls(self, event: StartTlsRequested) -> None:
        self._write(self._session.start_tls_response(event, _SUCCESS))
        self._end_searches()
        self._clients.forget()
        self._starting_tls = True
        self._stream.start_tls(self._listener.context)

    def _abandoned(self, event: OperationAbandoned) -> None:
        if self._searches is not None and not isinstance(event.request, ExtendedRequested):
            self._searches.abandon(event.request)

    def _request_refused(self, event: RequestRefused) -> None:
        self._front.stats.requests_refused += 1
        self._write(event.reply)

    def _unbound(self, event: Unbound) -> None:  # noqa: ARG002 - carries nothing
        self._close()

    def _violated(self, event: ProtocolViolated) -> None:
        self._front.stats.protocol_errors += 1
        self._close(event.reply)

    # The rest

    def _open_searches(self, identity: Identity, pending: PendingBind) -> None:
        request = pending.request
        self._clients.note_service_bind(request.policy)
        relay = self._front.parts.relay.open(identity.dn, request.password)
        self._searches = Searches(self._front, self._session, relay, identity.dn_key, self._answer_request)

    def _end_searches(self) -> None:
        if self._searches is not None:
            self._searches.close()
            self._searches = None

    def _answer_request(self, data: bytes) -> None:
        """Write a response that came later than its request's turn."""
        self._stream.write(data)
        if self._front.draining:
            self.drain()

    def _refuse(self, event: SearchRequested | OperationRequested | ExtendedRequested, result: LDAPResult) -> None:
        self._front.stats.requests_refused += 1
        self._write(self._session.refuse(event, result))

    def _write(self, data: bytes) -> None:
        self._stream.write(data)

    def _rest(self) -> None:
        """Set the deadline that holds while nothing comes; none while a bind waits."""
        front = self._front
        if self._stream.closing or self._pending is not None:
            return
        timeouts = front.settings.timeouts
        if front.draining:
            if (
                self._just_answered()
            ):  # the notice must not come along with the result: there are clients that drop it then
                front.wheel.set(self, timeouts.closing)
            else:
                self.drain()
            return
        if self._starting_tls:
            front.wheel.set(self, timeouts.handshake)
            return
        front.wheel.set(self, timeouts.idle_unbound if self._session.identity is None else timeouts.idle_bound)
        if self._session.buffered:
            front.wheel.tighten(self, timeouts.message)

    def _just_answered(self) -> bool:
        answered_at = self._delivery.answered_at if self._delivery is not None else None
        return answered_at is not None and self._front.clock.monotonic() - answered_at <= ARRIVAL_SECONDS

    def _report_undelivered(self) -> None:
        if self._delivery is not None:
            self._front.stats.undelivered += 1
            self._delivery.undelivered()
            self._delivery = None

    def _say_goodbye(self, why: str) -> None:
        self._close(self._session.notice_of_disconnection(ResultCode.UNAVAILABLE, why))

    def _close(self, last_words: bytes = b"") -> None:
        self._write(last_words)
        self._leave()
        self._stream.close()
        self._linger()

    def _leave(self) -> None:
        """Give up everything that is done for this client. Safe to repeat."""
        self._session.close()
        self._end_searches()
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.abandon()

    def _linger(self) -> None:
        """Let what was written leave, but not for ever."""
        if self._admitted:
            self._front.wheel.set(self, self._front.settings.timeouts.closing)

    _HANDLERS: ClassVar[dict[type[ServerEvent], Callable[["LdapConnection", Any], None]]] = {
        BindRequested: _bind,
        BindSuperseded: _superseded,
        SearchRequested: _search,
        ExtendedRequested: _extended,
        OperationRequested: _operation,
        StartTlsRequested: _start_tls,
        OperationAbandoned: _abandoned,
        RequestRefused: _request_refused,
        Unbound: _unbound,
        ProtocolViolated: _violated,
    }
