"""Each step of the pipeline carried out: one method per step, each returning the event that came of it."""

import hmac
from collections.abc import Callable, Coroutine
from datetime import timedelta
from ipaddress import ip_address
from uuid import UUID

import structlog

from mfa_server.auth import events as ev
from mfa_server.auth.ports import (
    CodeOutcome,
    CodeVerdict,
    DirectoryUnavailableError,
    NotSentError,
    PeerUnreachableError,
)
from mfa_server.auth.reasons import Reason
from mfa_server.auth.rules import counts_as_wrong_password
from mfa_server.login.parts import Parts
from mfa_server.login.throttle import ServiceThrottle
from mfa_server.login.turns import Turns
from mfa_server.login.waiting import Logon, WaitingRoom
from mfa_server.store.errors import StoreUnavailableError
from mfa_server.store.records import (
    Begin,
    Challenge,
    FinishOutcome,
    Prompt,
    PromptOutcome,
    SentCode,
    TakeOver,
    TakeOverOutcome,
)

__all__ = ["Steps", "credential_hash"]

log = structlog.get_logger("login")

ROW_SLACK = timedelta(seconds=10)
"""An attempt's row outlives the client's deadline by this much, so that a finish at the last moment still finds it."""


def credential_hash(key: bytes, user_id: str, password: bytes) -> bytes:
    """Return the keyed hash that stands for a password in rows and comparisons."""
    return hmac.digest(key, user_id.encode() + b"\0" + password, "sha256")


class Steps:
    """Carries out steps. ``supersede`` tells this process' own older waiter that it lost its challenge; ``spawn`` runs a task."""

    def __init__(
        self,
        room: WaitingRoom,
        throttle: ServiceThrottle,
        server_id: str,
        supersede: Callable[[UUID, int, str], None],
        spawn: Callable[[Coroutine[object, object, None]], object],
    ) -> None:
        self._room = room
        self._throttle = throttle
        self._server_id = server_id
        self._supersede = supersede
        self._spawn = spawn
        self._turns = Turns()

    async def perform(self, parts: Parts, logon: Logon, step: ev.Step) -> ev.Event:
        """Carry out one step. Raises StoreUnavailableError; a directory that cannot be asked is an event."""
        match step:
            case ev.Resolve():
                return await self._resolve(parts, logon, step)
            case ev.Begin():
                return await self._begin(parts, logon, step)
            case ev.CheckPassword():
                return await self._check_password(parts, logon, step)
            case ev.VerifyCode():
                return self._verify_code(parts, logon, step)
            case ev.SendPrompt():
                return await self._send_prompt(parts, logon, step)
            case ev.SendCode():
                return await self._send_code(parts, logon, step)
            case ev.Takeover():
                return await self._take_over(parts, logon, step)
            case ev.Conclude():
                return ev.Finished(await self._finish(parts, step))
            case _:
                return ev.Failed(Reason.INTERNAL_ERROR)

    def give_turn_back(self, logon: Logon) -> None:
        """Let the next identical logon of this process look: this one waits or has ended."""
        if logon.turn is not None:
            self._turns.give_back(logon.turn)
            logon.turn = None

    @staticmethod
    async def _finish(parts: Parts, step: ev.Conclude) -> FinishOutcome:
        """Write the end; once more where it is not known whether it was written (the audit id keeps it from counting twice)."""
        try:
            return await parts.store.finish(step.finish)
        except StoreUnavailableError:
            log.info("the store did not say whether a logon's end was written; it is asked once more")
            return await parts.store.finish(step.finish)

    async def _resolve(self, parts: Parts, logon: Logon, step: ev.Resolve) -> ev.Event:
        policy = logon.attempt.request.policy
        try:
            identity = await parts.directory.resolve(step.name)
            services = await parts.service_accounts.resolve(policy) if identity else ()
        except DirectoryUnavailableError:
            return ev.Failed(Reason.DIRECTORY_UNAVAILABLE)
        service = next(
            (one for one in reversed(services) if identity and one.identity.user_id == identity.user_id), None
        )
        if identity is None or service is None:
            return ev.IdentityRead(identity)
        source = ip_address(logon.attempt.request.source)
        if service.addresses and not any(source in area for area in service.addresses):
            return ev.IdentityRead(identity)  # from elsewhere it is a name like any other: no exemption
        throttled = self._throttle.throttled(identity.user_id, parts.clock.monotonic())
        return ev.IdentityRead(identity, service=True, throttled=throttled)

    async def _begin(self, parts: Parts, logon: Logon, step: ev.Begin) -> ev.Event:
        attempt = logon.attempt
        policy = attempt.request.policy
        user_id = step.identity.user_id
        credential = credential_hash(parts.hash_key, user_id, attempt.credentials.password)
        if logon.turn is None:
            await self._turns.take((policy.client, credential))
            logon.turn = (policy.client, credential)
        snapshot = await parts.store.begin(
            Begin(
                attempt_id=attempt.logon_id,
                user_id=user_id,
                client=policy.client,
                credential=credential,
                owner=self._server_id,
                now=parts.clock.now(),
                expires_at=attempt.started_at + policy.deadline + ROW_SLACK,
            )
        )
        return ev.Begun(snapshot, credential)

    async def _check_password(self, parts: Parts, logon: Logon, step: ev.CheckPassword) -> ev.Event:
        attempt = logon.attempt
        try:
            verdict = await parts.directory.check_password(step.dn, attempt.credentials.password)
        except DirectoryUnavailableError:
            return ev.Failed(Reason.DIRECTORY_UNAVAILABLE)
        if attempt.service and attempt.identity:
            if verdict.accepted:
                self._throttle.succeeded(attempt.identity.user_id)
            elif counts_as_wrong_password(verdict):
                self._throttle.failed(attempt.identity.user_id, parts.clock.monotonic())
        return ev.PasswordChecked(verdict)

    def _verify_code(self, parts: Parts, logon: Logon, step: ev.VerifyCode) -> ev.Event:
        """Ask every factor: an accepted code wins over a used one, and that over a wrong one."""
        attempt = logon.attempt
        if attempt.snapshot is None:
            return ev.Failed(Reason.INTERNAL_ERROR)
        now = parts.clock.now()
        verdicts = [f.verify(step.code, attempt.snapshot, attempt.request.policy, now) for f in parts.code_factors]
        for outcome in (CodeOutcome.ACCEPTED, CodeOutcome.USED):
            for verdict in verdicts:
                if verdict.outcome is outcome:
                    return ev.CodeChecked(verdict)
        return ev.CodeChecked(CodeVerdict(CodeOutcome.WRONG))

    async def _send_prompt(self, parts: Parts, logon: Logon, step: ev.SendPrompt) -> ev.Event:
        attempt = logon.attempt
        user = attempt.snapshot.user if attempt.snapshot else None
        factor = parts.prompt_factors.get(step.method)
        if user is None or factor is None:
            return ev.Failed(Reason.NO_USABLE_METHOD)
        policy = attempt.request.policy
        question = factor.question(user, policy, str(attempt.logon_id), one_way=False)
        outcome, challenge = await parts.store.prompt(
            Prompt(
                attempt_id=attempt.logon_id,
                owner=self._server_id,
                method=step.method.value,
                code_hash=question.code_hash,
                epoch=attempt.epoch,
                now=parts.clock.now(),
                expires_at=step.expires_at,
                redelivery_window=policy.redelivery_window,
            )
        )
        if outcome is not PromptOutcome.OPENED:
            return ev.Prompted(outcome, challenge)
        self._room.put(logon)  # from here on an identical request may take the row over
        try:
            await factor.send(question)
        except NotSentError as error:
            log.warning("the prompt could not be sent", user=user.username, error=str(error))
            self._room.remove(logon)
            return ev.Failed(Reason.PROMPT_NOT_SENT)
        return ev.Prompted(outcome, challenge)

    async def _send_code(self, parts: Parts, logon: Logon, step: ev.SendCode) -> ev.Event:
        attempt = logon.attempt
        user = attempt.snapshot.user if attempt.snapshot else None
        factor = parts.prompt_factors.get(step.method)
        if user is None or factor is None:
            return ev.Failed(Reason.NO_USABLE_METHOD)
        policy = attempt.request.policy
        question = factor.question(user, policy, str(attempt.logon_id), one_way=True)
        await parts.store.put_sent_code(
            SentCode(
                code_id=attempt.logon_id,
                user_id=user.user_id,
                client=policy.client,
                method=step.method.value,
                code_hash=question.code_hash,
                epoch=attempt.epoch,
                expires_at=step.expires_at,
            )
        )
        try:
            await factor.send(question)
        except NotSentError as error:
            log.warning("the code could not be sent", user=user.username, error=str(error))
            return ev.Failed(Reason.PROMPT_NOT_SENT)
        return ev.Ended(Reason.CODE_SENT)

    async def _take_over(self, parts: Parts, logon: Logon, step: ev.Takeover) -> ev.Event:
        attempt = logon.attempt
        outcome, before, after = await parts.store.take_over(
            TakeOver(
                attempt_id=step.challenge.attempt_id,
                newcomer_id=attempt.logon_id,
                expected_generation=step.challenge.generation,
                owner=self._server_id,
                now=parts.clock.now(),
            )
        )
        if before is not None and outcome is not TakeOverOutcome.GONE:
            if before.owner == self._server_id:
                self._supersede(before.attempt_id, before.generation, outcome.value)
            else:
                # Not awaited: until the newcomer waits, nobody could tell *it* that it was taken over in its turn.
                self._spawn(self._tell_older(parts, before, outcome))
        return ev.TakeoverDone(outcome, after)

    @staticmethod
    async def _tell_older(parts: Parts, before: Challenge, outcome: TakeOverOutcome) -> None:
        """Have the older waiter refused at once. A peer that cannot be told has lost the row all the same, and sees it soon."""
        try:
            await parts.peers.superseded(before.owner, before.attempt_id, before.generation, outcome.value)
        except PeerUnreachableError:
            log.info("the server of an older identical logon cannot be told", owner=before.owner)
