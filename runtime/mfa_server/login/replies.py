"""A person's answer on its way to the logon it belongs to: matched by person *and* code, brought to the server that owns the row."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog

from mfa_server.auth import events as ev
from mfa_server.auth.attempt import LogonRequest
from mfa_server.auth.ports import Identity, PeerUnreachableError
from mfa_server.auth.reasons import Reason, describe
from mfa_server.auth.rules import is_open, method_named
from mfa_server.auth.state import Attempt
from mfa_server.clock import uuid7
from mfa_server.login.logon import Login
from mfa_server.login.waiting import Logon
from mfa_server.store.records import AuditFilter, Challenge, User

__all__ = ["Replies", "ReplyOutcome", "ReplyResult"]

log = structlog.get_logger("login")

MAX_WRONG_REPLIES = 3
"""Wrong codes after which a challenge is over, whoever waits for it: six digits must not be guessed."""


class ReplyOutcome(StrEnum):
    """What became of a reply."""

    GRANTED = "granted"
    GRANTED_UNDELIVERED = "grantedUndelivered"
    """Approved, but the gateway is away; its next identical request within the redelivery window gets the answer."""
    REFUSED = "refused"
    """The code was right, but the logon may not be granted any more."""
    WRONG_CODE = "wrongCode"
    NO_OPEN_CHALLENGE = "noOpenChallenge"
    UNKNOWN_USER = "unknownUser"
    AMBIGUOUS_USER = "ambiguousUser"


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """The outcome, and why in words for people."""

    outcome: ReplyOutcome
    why: str = ""


class Replies:
    """Brings replies to their logons, in this process or at a peer (``PeerHandler``)."""

    def __init__(self, login: Login) -> None:
        self._login = login

    async def reply(self, user: str, code: str, actor: str) -> ReplyResult:
        """Answer the open challenge of a user, named by username, UPN, DN or e-mail. Raises StoreUnavailableError."""
        parts = self._login.parts
        found = await parts.store.find_users(user)
        if len(found) != 1:
            return ReplyResult(ReplyOutcome.AMBIGUOUS_USER if found else ReplyOutcome.UNKNOWN_USER)
        person = found[0]
        for challenge in await parts.store.open_challenges(person.user_id, parts.clock.now()):
            outcome = await self._bring(person, challenge, code, actor)
            if outcome is not ReplyOutcome.NO_OPEN_CHALLENGE:
                return ReplyResult(outcome, await self._last_end(person) if outcome is ReplyOutcome.REFUSED else "")
        return ReplyResult(ReplyOutcome.NO_OPEN_CHALLENGE, await self._last_end(person))

    async def deliver_code(self, attempt_id: UUID, code: str, actor: str) -> str:
        """Answer a challenge that this server owns; returns a ``ReplyOutcome`` value."""
        logon = self._login.room.get(attempt_id)
        if logon is not None and not logon.settled:
            await logon.rest()
        if logon is None or not logon.waiting or logon.settled:
            return ReplyOutcome.NO_OPEN_CHALLENGE.value
        return (await self._answer(logon, code, actor)).value

    def superseded(self, attempt_id: UUID, generation: int, reason: str) -> None:
        """Refuse an older waiter at once (``PeerHandler``)."""
        self._login.superseded(attempt_id, generation, reason)

    async def _bring(self, person: User, challenge: Challenge, code: str, actor: str) -> ReplyOutcome:
        if challenge.owner == self._login.server_id:
            return ReplyOutcome(await self.deliver_code(challenge.attempt_id, code, actor))
        try:
            outcome = await self._login.parts.peers.deliver_code(challenge.owner, challenge.attempt_id, code, actor)
            return ReplyOutcome(outcome)
        except PeerUnreachableError:
            log.info("the server of a challenge is gone; its answer is kept here", owner=challenge.owner)
        return await self._adopt(person, challenge, code, actor)

    async def _adopt(self, person: User, challenge: Challenge, code: str, actor: str) -> ReplyOutcome:
        """The owner died, and its gateway connection with it: take the row and keep the answer for the next identical request."""
        parts = self._login.parts
        now = parts.clock.now()
        policy = parts.policy_of(challenge.client)
        if policy is None or not is_open(challenge, policy, now):
            return ReplyOutcome.NO_OPEN_CHALLENGE
        adopted = await parts.store.adopt(challenge.attempt_id, challenge.generation, self._login.server_id, now)
        if adopted is None:
            return ReplyOutcome.NO_OPEN_CHALLENGE
        attempt = Attempt(
            logon_id=uuid7(parts.clock, parts.randomness),
            server=self._login.server_id,
            started_at=challenge.prompted_at,
            request=LogonRequest(policy, person.dn, b"", source="", tls=True),
            identity=Identity(person.user_id, person.dn, "", person.username, person.upn),
            credential=adopted.credential,
            method=method_named(adopted.method),
            challenge=adopted,
            begun=True,
        )
        logon = Logon(attempt, None)
        logon.waiting = True
        self._login.admit(logon, min(adopted.expires_at, now + policy.redelivery_window))
        return await self._answer(logon, code, actor)

    async def _answer(self, logon: Logon, code: str, actor: str) -> ReplyOutcome:
        """Compare, then run the logon to its end: the person is told only what the store has written."""
        attempt, parts = logon.attempt, self._login.parts
        factor = parts.prompt_factors.get(attempt.method) if attempt.method else None
        challenge = attempt.challenge
        if factor is None or challenge is None:
            return ReplyOutcome.NO_OPEN_CHALLENGE
        if not factor.matches(code, challenge.code_hash, str(challenge.attempt_id)):
            log.info(
                "a reply with a wrong code", user=attempt.identity.username if attempt.identity else "", actor=actor
            )
            wrong = await parts.store.wrong_reply(challenge.attempt_id, attempt.server, challenge.generation)
            if wrong >= MAX_WRONG_REPLIES:
                self._login.end(logon, Reason.FACTOR_DENIED)
            return ReplyOutcome.WRONG_CODE if wrong else ReplyOutcome.NO_OPEN_CHALLENGE
        policy = parts.policy_of(attempt.request.policy.client)
        current = policy is not None and attempt.method in policy.allowed_methods
        logon.settled = True
        gone = logon.gone
        event = ev.PersonAnswered(ev.AnswerIn.APPROVED, client_current=current, waiter_gone=gone)
        # Shielded: whoever brought the answer may go away, the logon goes on.
        await asyncio.shield(self._login.spawn(self._login.run(logon, event)))
        if logon.decision is None or not logon.decision.granted:
            return ReplyOutcome.REFUSED
        return ReplyOutcome.GRANTED if logon.delivered else ReplyOutcome.GRANTED_UNDELIVERED

    async def _last_end(self, person: User) -> str:
        """Say how the person's last sign-in ended: the answer to "but I did reply"."""
        parts = self._login.parts
        rows = await parts.store.list_audit(AuditFilter(user_id=person.user_id, event="logon", limit=1))
        if not rows:
            return f"no sign-in of {person.username} was ever seen"
        ago = max(0, round((parts.clock.now() - rows[0].at).total_seconds()))
        reason = rows[0].reason
        words = describe(Reason(reason)) if reason in {r.value for r in Reason} else reason
        return f"the last sign-in of {person.username} ended {ago} s ago: {words}"
