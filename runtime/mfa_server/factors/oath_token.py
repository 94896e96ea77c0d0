"""The OATH token as a factor: codes that a key fob or an app shows, typed after the password.

It never asks by itself, having nothing to send; a code counts once, which the store's finishing statement guards.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from typing_extensions import override

from mfa_server.auth.attempt import ClientPolicy, Method
from mfa_server.auth.ports import CodeFactor, CodeOutcome, CodeVerdict
from mfa_server.errors import MfaError
from mfa_server.factors.totp import TotpOutcome, match
from mfa_server.store.records import Snapshot, Token, TokenUse

__all__ = ["OathTokenFactor"]

log = structlog.get_logger("factors")


class OathTokenFactor(CodeFactor):
    """Compares a typed code with every token of the user. ``unseal`` opens a token's secret and raises MfaError where it cannot."""

    def __init__(self, unseal: Callable[[Token], bytes]) -> None:
        self._unseal = unseal

    @override
    def verify(self, code: str, snapshot: Snapshot, policy: ClientPolicy, now: datetime) -> CodeVerdict:
        if Method.OATH_TOKEN not in policy.allowed_methods:
            return CodeVerdict(CodeOutcome.WRONG)
        best = CodeVerdict(CodeOutcome.WRONG)
        for token in snapshot.tokens:
            verdict = self._compare(token, code, policy, now)
            if verdict.outcome is CodeOutcome.ACCEPTED or (
                verdict.outcome is CodeOutcome.USED and best.outcome is CodeOutcome.WRONG
            ):
                best = verdict
        return best

    def _compare(self, token: Token, code: str, policy: ClientPolicy, now: datetime) -> CodeVerdict:
        try:
            secret = self._unseal(token)
        except MfaError as error:
            log.warning("a token cannot be used", token=str(token.token_id), error=error.message, hint=error.hint)
            return CodeVerdict(CodeOutcome.WRONG)
        found = match(
            secret,
            code,
            now,
            period=token.period,
            digits=token.digits,
            drift=policy.oath_drift,
            last_step=token.last_step,
            algorithm=token.algorithm,
        )
        match found.outcome:
            case TotpOutcome.ACCEPTED:
                use = TokenUse(token.token_id, found.step)
                return CodeVerdict(CodeOutcome.ACCEPTED, Method.OATH_TOKEN.value, token_use=use)
            case TotpOutcome.USED:
                return CodeVerdict(CodeOutcome.USED, Method.OATH_TOKEN.value)
            case TotpOutcome.WRONG:
                return CodeVerdict(CodeOutcome.WRONG)
