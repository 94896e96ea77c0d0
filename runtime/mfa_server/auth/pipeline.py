"""The logon as a pure state machine: ``advance(attempt, event, now)`` returns the attempt as it is now and the next step.

The order is the product's promise; each rule is one named function, and every end carries one reason:

1.  client            chosen by source address before a logon exists (``clients``)
2.  form              ``form.read_form``
3.  canonical id      ``_identity_read``
4.  service account   ``_service``
5.  block, lock       ``lockout.check_lockout``, ``check_delay``, ``check_parallel``
6.  same attempt      ``_same_attempt``, ``lockout.is_repeat``
7.  directory bind    ``_password_checked``
8.  user record       ``rules.check_user``
9.  typed code        ``_code_checked``
10. exemptions        ``rules.redelivery`` (trusted address, remembered sign-in and one-time bypass join it with their parts)
11. method            ``rules.choose_method``
12. prompt budget     ``rules.check_prompts``
13. challenge         ``_ask``, ``_person_answered``
"""

from dataclasses import replace
from datetime import datetime

from mfa_server.auth import events as ev
from mfa_server.auth import rules
from mfa_server.auth.conclude import conclude, refuse_after_race
from mfa_server.auth.decision import Answer, Decision, Role
from mfa_server.auth.form import FormFault, read_form
from mfa_server.auth.lockout import (
    check_delay,
    check_lockout,
    check_parallel,
    is_repeat,
    longest_repeat,
    password_rule,
)
from mfa_server.auth.ports import CodeOutcome, PasswordVerdict
from mfa_server.auth.reasons import Reason
from mfa_server.auth.state import Attempt
from mfa_server.store.records import FinishOutcome, PromptOutcome, TakeOverOutcome

__all__ = ["advance"]

Next = tuple[Attempt, ev.Step]
MAX_ROUNDS = 2


def advance(attempt: Attempt, event: ev.Event, now: datetime) -> Next:  # noqa: C901 - one arm per event, nothing else
    """Return what is known now and what to do next. Pure; total over the events that a step can bring."""
    match event:
        case ev.Arrived():
            return _arrived(attempt)
        case ev.IdentityRead():
            return _identity_read(attempt, event)
        case ev.Begun():
            return _begun(replace(attempt, snapshot=event.snapshot, credential=event.credential, begun=True), now)
        case ev.PasswordChecked():
            return _password_checked(replace(attempt, verdict=event.verdict), now)
        case ev.CodeChecked():
            return _code_checked(attempt, event, now)
        case ev.Prompted():
            return _prompted(attempt, event, now)
        case ev.TakeoverDone():
            return _takeover_done(attempt, event, now)
        case ev.PersonAnswered():
            return _person_answered(attempt, event, now)
        case ev.Ended() | ev.Failed():
            return _end(attempt, event.reason, now)
        case ev.Finished():
            return _finished(attempt, event, now)


def _arrived(attempt: Attempt) -> Next:
    form = read_form(attempt.request)
    if form is None:
        return attempt, ev.Reply(Decision(Reason.ANONYMOUS, Answer.GRANTED, Role.ANONYMOUS))
    if isinstance(form, FormFault):
        return attempt, ev.Reply(Decision(form.reason, form.answer), audit=True)
    return replace(attempt, credentials=form), ev.Resolve(attempt.request.name)


def _identity_read(attempt: Attempt, event: ev.IdentityRead) -> Next:
    identity = event.identity
    if identity is None:
        return attempt, ev.Reply(_refusal(Reason.IDENTITY_NOT_FOUND), audit=True)
    attempt = replace(attempt, identity=identity, service=event.service)
    if event.service:
        return _service(attempt, throttled=event.throttled)
    if attempt.request.policy.service_bind_first and not attempt.request.service_bound:
        return attempt, ev.Reply(_refusal(Reason.NO_SERVICE_BIND_FIRST, attempt), audit=True)
    return attempt, ev.Begin(identity)


def _service(attempt: Attempt, *, throttled: bool) -> Next:
    """Exempt by verified identity, unless this connection looked the account up the way gateways look up people."""
    identity = attempt.identity
    if identity is None:
        return attempt, ev.Reply(_refusal(Reason.INTERNAL_ERROR), audit=True)
    if identity.dn_key in attempt.request.searched_services:
        return attempt, ev.Reply(_refusal(Reason.SERVICE_ACCOUNT_INTERACTIVE, attempt), audit=True)
    if throttled:
        return attempt, ev.Reply(_refusal(Reason.SERVICE_ACCOUNT_THROTTLED, attempt), audit=True)
    return attempt, ev.CheckPassword(identity.dn)


def _begun(attempt: Attempt, now: datetime) -> Next:
    snapshot = attempt.snapshot
    if snapshot is None or attempt.identity is None:
        return _end(attempt, Reason.INTERNAL_ERROR, now)
    locked = check_lockout(snapshot.state, now)
    if locked:
        return _end(attempt, locked, now)
    lockout = attempt.request.policy.password_lockout
    if is_repeat(snapshot.state, attempt.credential, now, longest_repeat(lockout, attempt.identity)):
        verdict = PasswordVerdict(
            accepted=False, code=snapshot.state.wrong_code, diagnostic=snapshot.state.wrong_diagnostic
        )
        decision = Decision(
            Reason.REPEATED_WRONG_PASSWORD, Answer.DIRECTORY_ANSWER, identity=attempt.identity, verdict=verdict
        )
        return conclude(attempt, decision, now)
    too_soon = check_delay(snapshot.state, now)
    if too_soon:
        return _end(attempt, too_soon, now)
    same = rules.same_attempt(attempt, snapshot.challenges, now)
    if same and attempt.rounds < MAX_ROUNDS:
        return replace(attempt, rounds=attempt.rounds + 1), ev.Takeover(same)
    crowded = check_parallel(snapshot.state, snapshot.in_check, password_rule(lockout, attempt.identity))
    if crowded:
        return _end(attempt, crowded, now)
    return attempt, ev.CheckPassword(attempt.identity.dn)


def _password_checked(attempt: Attempt, now: datetime) -> Next:
    verdict = attempt.verdict
    if verdict is None:
        return _end(attempt, Reason.INTERNAL_ERROR, now)
    if not verdict.accepted:
        decision = rules.read_refusal(verdict, attempt.identity)
        if attempt.service:
            return attempt, ev.Reply(decision, audit=True)
        return conclude(attempt, decision, now)
    if attempt.service:
        return attempt, ev.Reply(
            Decision(Reason.SERVICE_ACCOUNT, Answer.GRANTED, Role.SERVICE, attempt.identity), audit=False
        )
    return _password_right(attempt, now)


def _password_right(attempt: Attempt, now: datetime) -> Next:
    snapshot = attempt.snapshot
    if snapshot is None:
        return _end(attempt, Reason.INTERNAL_ERROR, now)
    by_rule = rules.check_user(snapshot.user, attempt.request.policy)
    if by_rule:
        return _end(attempt, by_rule, now)
    if attempt.credentials.code:
        return attempt, ev.VerifyCode(attempt.credentials.code)
    redelivery = rules.redelivery(attempt, now)
    if redelivery:
        return conclude(attempt, _grant(Reason.REDELIVERED, attempt), now, redelivery_used=redelivery.redelivery_id)
    return _ask(attempt, now)


def _ask(attempt: Attempt, now: datetime) -> Next:
    snapshot = attempt.snapshot
    if snapshot is None or snapshot.user is None:
        return _end(attempt, Reason.INTERNAL_ERROR, now)
    policy = attempt.request.policy
    method = rules.choose_method(snapshot.user, policy)
    if method is None:
        return _end(attempt, rules.without_method(snapshot, policy), now)
    attempt = replace(attempt, method=method)
    hindrance = rules.check_prompts(snapshot, now, policy)
    if hindrance:
        return _end(attempt, hindrance, now)
    if not rules.can_wait(method, snapshot.user, policy):
        return attempt, ev.SendCode(method, now + policy.code_lifetime)
    deadline = rules.challenge_deadline(attempt)
    if deadline <= now:  # the gateway gives up before anybody could answer: ask nobody
        return _end(attempt, Reason.FACTOR_EXPIRED, now)
    return attempt, ev.SendPrompt(method, deadline)


def _code_checked(attempt: Attempt, event: ev.CodeChecked, now: datetime) -> Next:
    verdict = event.verdict
    match verdict.outcome:
        case CodeOutcome.ACCEPTED:
            attempt = replace(attempt, method=rules.method_named(verdict.method))
            return conclude(attempt, _grant(Reason.CODE_ACCEPTED, attempt), now, code=verdict)
        case CodeOutcome.USED:
            return _end(attempt, Reason.CODE_ALREADY_USED, now)
        case CodeOutcome.WRONG:
            return _end(attempt, Reason.CODE_WRONG, now)


def _prompted(attempt: Attempt, event: ev.Prompted, now: datetime) -> Next:
    challenge = event.challenge
    if event.outcome is PromptOutcome.OPENED and challenge:
        return _wait(replace(attempt, challenge=challenge))
    if event.outcome is PromptOutcome.OCCUPIED and challenge:
        # Two identical requests reached two servers in the same moment: the later one takes the earlier one over.
        if rules.same_attempt(attempt, (challenge,), now) and attempt.rounds < MAX_ROUNDS:
            return replace(attempt, rounds=attempt.rounds + 1), ev.Takeover(challenge)
        return _end(attempt, Reason.PROMPT_OPEN, now)
    return _end(attempt, Reason.TAKEN_OVER, now)


def _takeover_done(attempt: Attempt, event: ev.TakeoverDone, now: datetime) -> Next:
    match event.outcome:
        case TakeOverOutcome.TAKEN if event.challenge:
            challenge = event.challenge
            return _wait(replace(attempt, challenge=challenge, method=rules.method_named(challenge.method)))
        case TakeOverOutcome.VOIDED:
            return _end(attempt, Reason.TAKE_OVER_LIMIT, now)
        case _:
            # It ended between our look and our grasp: look again, the answer may be waiting to be given once more.
            if attempt.rounds < MAX_ROUNDS and attempt.identity:
                return attempt, ev.Begin(attempt.identity)
            return _end(attempt, Reason.TAKEN_OVER, now)


def _wait(attempt: Attempt) -> Next:
    challenge = attempt.challenge
    if challenge is None:
        return attempt, ev.Reply(_refusal(Reason.INTERNAL_ERROR, attempt), audit=True)
    return attempt, ev.Wait(challenge.attempt_id, challenge.generation, challenge.expires_at)


def _person_answered(attempt: Attempt, event: ev.PersonAnswered, now: datetime) -> Next:
    if event.answer is ev.AnswerIn.FRAUD:
        return _end(attempt, Reason.FRAUD_REPORTED, now)
    if event.answer is ev.AnswerIn.DENIED:
        return _end(attempt, Reason.FACTOR_DENIED, now)
    if not event.client_current:
        return _end(attempt, Reason.CLIENT_CHANGED, now)
    return conclude(attempt, _grant(Reason.FACTOR_COMPLETED, attempt), now, waiter_gone=event.waiter_gone)


def _finished(attempt: Attempt, event: ev.Finished, now: datetime) -> Next:
    known = attempt.concluding
    if known is None:
        return attempt, ev.Reply(_refusal(Reason.INTERNAL_ERROR, attempt), audit=True)
    if event.outcome is FinishOutcome.GRANTED or not known.granted:
        return attempt, ev.Reply(known.decision)
    return conclude(attempt, _refusal(refuse_after_race(event.outcome, known.decision.reason), attempt), now)


def _end(attempt: Attempt, reason: Reason, now: datetime) -> Next:
    """End for ``reason``; the answer and the role follow from it."""
    decision = rules.decide(reason, attempt.identity)
    if not attempt.begun or reason is Reason.STORE_UNAVAILABLE:
        return attempt, ev.Reply(decision, audit=reason is not Reason.STORE_UNAVAILABLE)
    return conclude(attempt, decision, now)


def _grant(reason: Reason, attempt: Attempt) -> Decision:
    return Decision(reason, Answer.GRANTED, Role.USER, attempt.identity)


def _refusal(reason: Reason, attempt: Attempt | None = None) -> Decision:
    return rules.decide(reason, attempt.identity if attempt else None)
