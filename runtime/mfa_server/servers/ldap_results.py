"""From a decision to the result of a bind: one table, and one rule that stands above it.

The rule: success is sent for a decision that grants and for no other, whatever its answer says. Texts are this
program's own, except where the directory's answer is passed on: gateways read its sub-codes (``data 773``) to offer a
change of password, so no other answer may look like one.
"""

from typing import Final

from mfa_server.auth.decision import Answer, Decision
from mfa_server.auth.reasons import Reason
from mfa_server.ldap import LDAPResult, ResultCode

__all__ = ["BUSY_STOPPING", "NO_CLIENT", "bind_result"]

_INVALID: Final = LDAPResult(ResultCode.INVALID_CREDENTIALS, "", "the sign-in was not accepted")

NO_CLIENT: Final = LDAPResult(
    ResultCode.INVALID_CREDENTIALS, "", "no client is configured for this address and bind name"
)
"""The answer to a bind that fits none of the clients at its source address."""

BUSY_STOPPING: Final = LDAPResult(ResultCode.BUSY, "", "this server is stopping; try another one")
"""The answer to a bind that was still waiting when the server stopped."""

_RESULTS: Final[dict[Answer, LDAPResult]] = {
    Answer.GRANTED: LDAPResult(ResultCode.SUCCESS),
    Answer.INVALID_CREDENTIALS: _INVALID,
    Answer.UNAVAILABLE: LDAPResult(
        ResultCode.UNAVAILABLE, "", "the sign-in cannot be checked at present; try again later"
    ),
    Answer.UNWILLING: LDAPResult(
        ResultCode.UNWILLING_TO_PERFORM,
        "",
        "a bind needs a name and a password, both of them not empty and not too long",
    ),
    Answer.CONFIDENTIALITY_REQUIRED: LDAPResult(
        ResultCode.CONFIDENTIALITY_REQUIRED, "", "passwords are accepted under TLS only: use StartTLS or LDAPS"
    ),
    Answer.AUTH_METHOD_NOT_SUPPORTED: LDAPResult(
        ResultCode.AUTH_METHOD_NOT_SUPPORTED, "", "only simple binds are accepted"
    ),
    Answer.PROTOCOL_ERROR: LDAPResult(ResultCode.PROTOCOL_ERROR, "", "only LDAP version 3 is spoken"),
    Answer.CRITICAL_EXTENSION: LDAPResult(
        ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "", "the bind carries a critical control that is not supported"
    ),
}


def bind_result(decision: Decision) -> LDAPResult:
    """Return what the gateway is told."""
    if decision.answer is Answer.DIRECTORY_ANSWER:
        return _directory_answer(decision)
    if decision.answer is Answer.GRANTED and not decision.granted:
        return _INVALID
    if decision.granted and decision.answer is not Answer.GRANTED:
        return _INVALID
    return _RESULTS[decision.answer]


def _directory_answer(decision: Decision) -> LDAPResult:
    """The directory's refusal as it came; an acceptance is none, whoever calls it so."""
    verdict = decision.verdict
    if verdict is None or verdict.accepted or verdict.code == ResultCode.SUCCESS:
        return _INVALID
    if decision.reason is Reason.DIRECTORY_REFERRAL or verdict.code == ResultCode.REFERRAL:
        return _RESULTS[Answer.UNAVAILABLE]  # its address would lead the gateway past this server
    return LDAPResult(verdict.code, verdict.matched_dn, verdict.diagnostic)
