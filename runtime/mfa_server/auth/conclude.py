"""The end of a logon as the one statement that the store is to run: row, counters, consumption and audit together."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mfa_server.auth import events as ev
from mfa_server.auth.audit import logon_event
from mfa_server.auth.decision import Decision
from mfa_server.auth.lockout import factor_rule, password_rule
from mfa_server.auth.ports import CodeVerdict
from mfa_server.auth.reasons import Reason
from mfa_server.auth.rules import counts_as_wrong_password
from mfa_server.auth.state import Attempt, Known
from mfa_server.store.records import (
    CounterRule,
    Finish,
    FinishOutcome,
    PasswordFailure,
    Redelivery,
)

__all__ = ["conclude", "refuse_after_race"]

FACTOR_FAILURES = frozenset({Reason.CODE_WRONG, Reason.FACTOR_DENIED})
"""Refusals that count as a wrong second factor. A code that was used already is right: replaying it must not lock its owner out."""
UNANSWERED = frozenset({Reason.FACTOR_EXPIRED, Reason.GATEWAY_GONE})
"""Ends of a prompt that nobody answered."""
UNANSWERED_ELSEWHERE = frozenset({Reason.CODE_SENT, Reason.TAKE_OVER_LIMIT})
"""Ends that a prompt was sent for without this logon having a challenge: one-way, or one that too many take-overs have voided."""

_AFTER_RACE = {
    FinishOutcome.GONE: Reason.TAKEN_OVER,
    FinishOutcome.EXPIRED: Reason.FACTOR_EXPIRED,
    FinishOutcome.EPOCH_CHANGED: Reason.EPOCH_CHANGED,
    FinishOutcome.ALREADY_USED: Reason.CODE_ALREADY_USED,
}


def refuse_after_race(outcome: FinishOutcome, granted: Reason) -> Reason:
    """Return why a grant for the reason ``granted``, to which the store did not agree, is a refusal."""
    if outcome is FinishOutcome.ALREADY_USED and granted is Reason.REDELIVERED:
        return Reason.TAKEN_OVER  # an identical request was given the kept answer first; no code was used
    return _AFTER_RACE.get(outcome, Reason.INTERNAL_ERROR)


def conclude(
    attempt: Attempt,
    decision: Decision,
    now: datetime,
    *,
    code: CodeVerdict | None = None,
    redelivery_used: UUID | None = None,
    waiter_gone: bool = False,
) -> tuple[Attempt, ev.Conclude]:
    """Return the attempt, its end noted, and the step that writes it."""
    policy = attempt.request.policy
    identity = attempt.identity
    extra: dict[str, Any] = {}
    if code:
        extra = {"token_use": code.token_use, "sent_code": code.sent_code}
    finish = Finish(
        attempt_id=attempt.row_id,
        user_id=identity.user_id if identity else "",
        owner=attempt.server,
        generation=attempt.generation,
        epoch=attempt.epoch,
        now=now,
        granted=decision.granted,
        audit=logon_event(attempt, decision, now),
        redelivery_used=redelivery_used,
        redelivery_made=_redelivery(attempt, decision, now, waiter_gone=waiter_gone),
        password_failure=_password_failure(attempt, decision),
        password_correct=attempt.verdict is not None and attempt.verdict.accepted,
        factor_failure=factor_rule(policy.factor_lockout) if decision.reason in FACTOR_FAILURES else None,
        unanswered=_unanswered(attempt, decision),
        **extra,
    )
    return replace(attempt, concluding=Known(decision)), ev.Conclude(decision, finish)


def _password_failure(attempt: Attempt, decision: Decision) -> PasswordFailure | None:
    verdict, identity = decision.verdict, attempt.identity
    if decision.reason is not Reason.WRONG_PASSWORD or verdict is None or identity is None:
        return None
    if not counts_as_wrong_password(verdict):
        return None
    rule = password_rule(attempt.request.policy.password_lockout, identity)
    return PasswordFailure(attempt.credential, verdict.code, verdict.diagnostic, rule)


def _unanswered(attempt: Attempt, decision: Decision) -> CounterRule | None:
    """Count a prompt nobody answered; a one-way code counts when it is sent and is forgiven when it is typed."""
    asked = decision.reason in UNANSWERED and attempt.challenge is not None
    if not asked and decision.reason not in UNANSWERED_ELSEWHERE:
        return None
    prompts = attempt.request.policy.prompts
    return CounterRule(prompts.unanswered, prompts.within, prompts.pause)


def _redelivery(attempt: Attempt, decision: Decision, now: datetime, *, waiter_gone: bool) -> Redelivery | None:
    """Keep the answer where nobody is there to take it, or where the client asks for several answers per approval."""
    policy = attempt.request.policy
    further = policy.answers_per_approval - 1
    if decision.reason is not Reason.FACTOR_COMPLETED or attempt.identity is None or not (waiter_gone or further > 0):
        return None
    return Redelivery(
        redelivery_id=attempt.logon_id,
        user_id=attempt.identity.user_id,
        client=policy.client,
        credential=attempt.credential,
        epoch=attempt.epoch,
        expires_at=now + policy.redelivery_window,
        uses=further + (1 if waiter_gone else 0),
    )
