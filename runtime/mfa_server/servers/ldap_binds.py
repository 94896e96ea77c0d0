"""One bind that waits for its decision, from the request to the moment its answer is known to have arrived or not."""

from collections.abc import Callable
from typing import Final

from mfa_server.auth.attempt import ClientPolicy, LogonRequest
from mfa_server.auth.decision import Decision
from mfa_server.ldap import BindRequested, SimpleAuthentication
from mfa_server.servers.ports import Ticket

__all__ = ["ARRIVAL_SECONDS", "PendingBind", "logon_request"]

ARRIVAL_SECONDS: Final = 1.0
"""How long after an answer a broken connection means that it did not arrive."""


class PendingBind:
    """The ``Waiter`` of one bind. It is addressed as this object, so a late answer finds no other bind."""

    __slots__ = ("_give", "answered_at", "bind", "request", "ticket")

    def __init__(
        self, bind: BindRequested, request: LogonRequest, give: "Callable[[PendingBind, Decision], bool]"
    ) -> None:
        self.bind = bind
        self.request = request
        self.ticket: Ticket | None = None
        self.answered_at: float | None = None
        """Monotonic seconds; None while nothing was written."""
        self._give = give

    def answer(self, decision: Decision) -> bool:
        """Write the answer; False when it cannot reach the gateway any more."""
        return self._give(self, decision)

    def abandon(self) -> None:
        """The gateway left or asked anew."""
        if self.ticket is not None:
            self.ticket.abandon()

    def undelivered(self) -> None:
        """The answer did not arrive."""
        if self.ticket is not None:
            self.ticket.undelivered()


def logon_request(
    bind: BindRequested,
    policy: ClientPolicy,
    source: str,
    *,
    tls: bool,
    service_bound: bool,
    searched_services: frozenset[str],
) -> LogonRequest:
    """Return a bind as a logon's request. A mechanism other than simple comes without its credentials: it is refused."""
    request = bind.request
    simple = isinstance(request.authentication, SimpleAuthentication)
    return LogonRequest(
        policy=policy,
        name=request.name,
        password=request.authentication.password if isinstance(request.authentication, SimpleAuthentication) else b"",
        source=source,
        tls=tls,
        simple=simple,
        version=request.version,
        critical_control=bool(bind.critical_controls),
        service_bound=service_bound,
        searched_services=searched_services,
    )
