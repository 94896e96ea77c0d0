"""The audit row of a logon, free of secrets by construction: it is made of reasons, names and times only."""

from datetime import datetime
from typing import Any

from mfa_server.auth.decision import Decision
from mfa_server.auth.form import MAX_NAME
from mfa_server.auth.reasons import Reason
from mfa_server.auth.state import Attempt
from mfa_server.store.records import AuditEvent

__all__ = ["ALERTS", "logon_event"]

ALERTS = frozenset({Reason.SERVICE_ACCOUNT_INTERACTIVE, Reason.TAKE_OVER_LIMIT, Reason.FRAUD_REPORTED})
"""Reasons that administrators have to hear of."""


def logon_event(attempt: Attempt, decision: Decision, now: datetime) -> AuditEvent:
    """Return the row that tells how this logon ended. Its id is the logon's: writing it twice changes nothing."""
    request, identity = attempt.request, attempt.identity
    detail: dict[str, Any] = {
        "application": request.policy.application,
        "tls": request.tls,
        "seconds": round((now - attempt.started_at).total_seconds(), 3),
    }
    if identity is None:
        detail["name"] = request.name[:MAX_NAME]
    else:
        detail["dn"] = identity.dn
    verdict = decision.verdict or attempt.verdict
    if verdict is not None:
        detail["directoryCode"] = verdict.code
        if verdict.sub_code:
            detail["directorySubCode"] = verdict.sub_code
    if attempt.challenge is not None:
        detail["challenge"] = str(attempt.challenge.attempt_id)
        detail["takeovers"] = attempt.challenge.takeovers
    return AuditEvent(
        event_id=attempt.logon_id,
        at=now,
        event="logon",
        result="granted" if decision.granted else "refused",
        reason=decision.reason.value,
        alert=decision.reason in ALERTS,
        user_id=identity.user_id if identity else "",
        username=identity.username if identity else "",
        client=request.policy.client,
        source=request.source,
        server=attempt.server,
        method=attempt.method.value if attempt.method else "",
        detail=detail,
    )
