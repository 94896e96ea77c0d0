"""``Login``: runs logons. The one place where a step becomes I/O and an answer becomes an event."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from mfa_server.auth import events as ev
from mfa_server.auth.attempt import LogonRequest
from mfa_server.auth.audit import logon_event
from mfa_server.auth.decision import Answer, Decision
from mfa_server.auth.pipeline import advance
from mfa_server.auth.reasons import Reason
from mfa_server.auth.state import Attempt
from mfa_server.clock import uuid7
from mfa_server.login.parts import Parts
from mfa_server.login.steps import Steps
from mfa_server.login.throttle import ServiceThrottle
from mfa_server.login.waiting import Logon, Waiter, WaitingRoom
from mfa_server.store.errors import StoreUnavailableError
from mfa_server.store.records import Redelivery

__all__ = ["Login", "Parts", "Ticket"]

log = structlog.get_logger("login")

LOOK_EVERY = timedelta(seconds=0.5)
"""How often the waiting logons are compared with the store."""


class Ticket:
    """What the front end holds of a logon it started."""

    __slots__ = ("_login", "_logon")

    def __init__(self, login: "Login", logon: Logon) -> None:
        self._login = login
        self._logon = logon

    def abandon(self) -> None:
        """Say that the gateway left: ``answer`` will not be called any more."""
        self._login.abandon(self._logon)

    def undelivered(self) -> None:
        """Say that the answer given cannot have arrived."""
        self._login.undelivered(self._logon)


class Login:
    """Runs the logons of one server. All methods belong to the event loop's thread."""

    def __init__(self, parts: Parts, server_id: str) -> None:
        self.parts = parts
        self.server_id = server_id
        self.room = WaitingRoom()
        self.throttle = ServiceThrottle()
        self._steps = Steps(self.room, self.throttle, server_id, self.superseded, self.spawn)
        self._look_at = parts.clock.now()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self, request: LogonRequest, waiter: Waiter) -> Ticket:
        """Begin a logon; its answer reaches ``waiter`` unless the ticket is abandoned first."""
        parts = self.parts
        attempt = Attempt(uuid7(parts.clock, parts.randomness), self.server_id, parts.clock.now(), request)
        logon = Logon(attempt, waiter)
        event = ev.Failed(Reason.SERVER_STOPPING) if self._stopping else ev.Arrived()
        self.spawn(self.run(logon, event))
        return Ticket(self, logon)

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run something to its end and keep hold of it meanwhile."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self, logon: Logon, event: ev.Event) -> None:
        """Carry out steps until the logon waits or has ended. Whatever goes wrong, the answer is a refusal."""
        logon.waiting = False
        following: ev.Event | None = event
        try:
            while following is not None:
                following = await self._once(logon, following)
        except StoreUnavailableError as error:
            log.warning("the store does not answer; the logon is refused", error=error.message)
            self._fail(logon, Reason.STORE_UNAVAILABLE)
        except Exception:
            log.exception("a fault in this program ended a logon; it is refused")
            self._fail(logon, Reason.INTERNAL_ERROR)
        finally:
            self._steps.give_turn_back(logon)
            logon.rested()

    def abandon(self, logon: Logon) -> None:
        """The gateway left. A challenge stays open for the redelivery window: its next identical request goes on with it."""
        if logon.gone or logon.decision is not None:
            return
        logon.waiter = None
        logon.gone_at = self.parts.clock.now()
        if logon.waiting and not logon.settled:
            self.spawn(self._leave_open(logon))

    def undelivered(self, logon: Logon) -> None:
        """The answer was given but cannot have arrived: keep an approval so that it is given once more."""
        if logon.decision is not None and logon.delivered:
            logon.delivered = False
            self.spawn(self._keep_answer(logon))

    def superseded(self, attempt_id: UUID, generation: int, reason: str) -> None:
        """A newer identical request took the challenge (``PeerHandler``): the older waiter is refused at once."""
        del reason  # both ends of a take-over tell the older waiter the same
        logon = self.room.get(attempt_id)
        if logon is None or logon.attempt.generation > generation:
            return
        self.room.remove(logon)
        self.end(logon, Reason.TAKEN_OVER)

    def end(self, logon: Logon, reason: Reason) -> None:
        """End a logon from outside, at once or when its step under way is done."""
        if logon.settled:
            return
        if not logon.waiting:
            logon.ended_by = reason
            return
        logon.settled = True
        self.spawn(self.run(logon, ev.Ended(reason)))

    def tick(self) -> None:
        """End the logons whose time is over, and look whether the others still own what they wait for; call it a few times a second."""
        now = self.parts.clock.now()
        for logon in self.room.overdue(now):
            self.end(logon, Reason.GATEWAY_GONE if logon.gone else Reason.FACTOR_EXPIRED)
        if len(self.room) and now >= self._look_at:
            self._look_at = now + LOOK_EVERY
            self.spawn(self._end_dispossessed())

    async def drain(self) -> None:
        """Stop: refuse what comes, leave open challenges to the next identical request at another server, finish what runs."""
        self._stopping = True
        for logon in self.room:
            if logon.settled:
                continue
            if logon.decision is None and not logon.gone:
                self._answer(logon, _stopping(logon))
            self.spawn(self._leave_open(logon))
        await self.idle()
        for logon in self.room:  # their challenges go on elsewhere, they do not
            self.room.remove(logon)
            self.spawn(self._note_stopped(logon))
        await self.idle()

    async def _once(self, logon: Logon, event: ev.Event) -> ev.Event | None:
        """Advance by one event and carry the step out; None when there is nothing more to do now."""
        logon.attempt, step = advance(logon.attempt, event, self.parts.clock.now())
        if isinstance(step, ev.Reply):
            await self._reply(logon, step)
            return None
        if isinstance(step, ev.Wait):
            self._wait(logon, step)
            return None
        if isinstance(step, ev.Conclude):
            logon.kept = step.finish.redelivery_made is not None
        interruption = self._interruption(logon, step)
        return ev.Ended(interruption) if interruption else await self._steps.perform(self.parts, logon, step)

    @staticmethod
    def _interruption(logon: Logon, step: ev.Step) -> Reason | None:
        """Return why the step must not be taken any more: nothing is asked, used up or granted for a gateway that left.

        An approval that came in is the exception: it is written, and kept for the gateway's next identical request.
        """
        if isinstance(step, ev.Conclude) and (
            not step.decision.granted or step.decision.reason is Reason.FACTOR_COMPLETED
        ):
            return None
        return logon.ended_by or (Reason.GATEWAY_GONE if logon.gone else None)

    def _wait(self, logon: Logon, step: ev.Wait) -> None:
        logon.attempt = logon.attempt.slim()
        logon.waiting = True
        logon.settled = False
        if logon.ended_by:  # taken over while its message was on the way: the row has a newer owner already
            self.end(logon, logon.ended_by)
            return
        self.admit(logon, step.expires_at)
        if logon.gone:
            self.spawn(self._leave_open(logon))

    def admit(self, logon: Logon, until: datetime) -> None:
        """Keep a logon that waits for its person until a moment; whoever had its challenge here is refused, told or not."""
        earlier = self.room.put(logon)
        if earlier is not None:
            self.end(earlier, Reason.TAKEN_OVER)
        self.room.end_at(logon, until)

    async def _end_dispossessed(self) -> None:
        """Refuse the waiters whose challenge is somebody else's by now, or nobody's: news of a take-over may get lost."""
        now = self.parts.clock.now()
        before = [(logon, logon.attempt.challenge) for logon in self.room if logon.waiting and not logon.settled]
        try:
            owned = await self.parts.store.owned(self.server_id, now)
        except StoreUnavailableError:
            return  # nobody is let in without it, and the deadline ends what waits
        for logon, challenge in before:
            if challenge is None or now >= challenge.expires_at or not logon.waiting:
                continue
            if owned.get(challenge.attempt_id) != challenge.generation:
                self.room.remove(logon)
                self.end(logon, Reason.TAKEN_OVER)

    async def _note_stopped(self, logon: Logon) -> None:
        """Write how a logon ended whose challenge was left to the other servers."""
        try:
            await self.parts.store.append(logon_event(logon.attempt, _stopping(logon), self.parts.clock.now()))
        except StoreUnavailableError as error:
            log.warning("the store does not answer; the end of a logon is not in the audit", error=error.message)

    async def _leave_open(self, logon: Logon) -> None:
        """Note in the store that nobody waits here any more, and give the challenge the redelivery window."""
        now = self.parts.clock.now()
        attempt = logon.attempt
        self.room.end_at(logon, now + attempt.request.policy.redelivery_window)
        try:
            kept = await self.parts.store.abandon(attempt.row_id, self.server_id, attempt.generation, now)
        except StoreUnavailableError as error:
            log.warning("the store does not answer; an abandoned challenge runs to its deadline", error=error.message)
            return
        if not kept:
            self.room.remove(logon)
            self.end(logon, Reason.TAKEN_OVER)

    async def _reply(self, logon: Logon, step: ev.Reply) -> None:
        """Give the answer; an approval that cannot be given is kept."""
        self.room.remove(logon)
        decision = step.decision
        if step.audit:
            await self.parts.store.append(logon_event(logon.attempt, decision, self.parts.clock.now()))
        self._answer(logon, decision)
        if not logon.delivered and not logon.kept:
            await self._keep_answer(logon)

    def _answer(self, logon: Logon, decision: Decision) -> None:
        logon.decision = decision
        waiter, logon.waiter = logon.waiter, None
        if waiter is not None:
            logon.delivered = waiter.answer(decision)
        self.parts.observe(decision, logon.attempt)

    def _fail(self, logon: Logon, reason: Reason) -> None:
        self.room.remove(logon)
        if logon.decision is None:
            self._answer(logon, Decision(reason, Answer.UNAVAILABLE, identity=logon.attempt.identity))

    async def _keep_answer(self, logon: Logon) -> None:
        """Keep an approval that did not arrive, for one more identical request with the right password."""
        attempt, decision = logon.attempt, logon.decision
        if decision is None or decision.reason is not Reason.FACTOR_COMPLETED or attempt.identity is None:
            return
        parts, policy = self.parts, attempt.request.policy
        redelivery = Redelivery(
            redelivery_id=uuid7(parts.clock, parts.randomness),
            user_id=attempt.identity.user_id,
            client=policy.client,
            credential=attempt.credential,
            epoch=attempt.epoch,
            expires_at=parts.clock.now() + policy.redelivery_window,
        )
        try:
            await parts.store.put_redelivery(redelivery)
        except StoreUnavailableError as error:
            log.warning("the store does not answer; an undelivered approval is lost", error=error.message)

    async def idle(self) -> None:
        """Return when nothing runs: every logon waits for a person or has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


def _stopping(logon: Logon) -> Decision:
    return Decision(Reason.SERVER_STOPPING, Answer.UNAVAILABLE, identity=logon.attempt.identity)
