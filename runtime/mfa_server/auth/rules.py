"""The pipeline's single rules: each a function from values to a verdict, in the words of the policy it reads."""

from datetime import datetime

from mfa_server.auth.attempt import ClientPolicy, Method, Mismatch
from mfa_server.auth.decision import Answer, Decision, Role
from mfa_server.auth.ports import Identity, PasswordVerdict
from mfa_server.auth.reasons import GRANTS, Reason
from mfa_server.auth.state import Attempt
from mfa_server.store.records import Challenge, Redelivery, Snapshot, User

__all__ = [
    "can_wait",
    "challenge_deadline",
    "check_prompts",
    "check_user",
    "choose_method",
    "counts_as_wrong_password",
    "decide",
    "is_open",
    "method_named",
    "read_refusal",
    "redelivery",
    "same_attempt",
    "without_method",
]

LDAP_REFERRAL = 10
LDAP_INVALID_CREDENTIALS = 49
TRANSIENT_CODES = frozenset({1, 3, 51, 52, 80, 85, 91})
"""Result codes that say nothing about the password: the directory could not answer (RFC 4511 appendix A.2)."""
WRONG_PASSWORD_SUB_CODES = frozenset({"", "52e", "525"})
"""Active Directory's sub-codes for a wrong password or name; every other one says that the password was not the fault."""

_ANSWERS = {
    Reason.DIRECTORY_UNAVAILABLE: Answer.UNAVAILABLE,
    Reason.DIRECTORY_REFERRAL: Answer.UNAVAILABLE,
    Reason.STORE_UNAVAILABLE: Answer.UNAVAILABLE,
    Reason.SERVER_STOPPING: Answer.UNAVAILABLE,
    Reason.INTERNAL_ERROR: Answer.UNAVAILABLE,
}


def decide(reason: Reason, identity: Identity | None) -> Decision:
    """Return the decision that a reason stands for by itself: granted for a person, or refused without a sub-code."""
    if reason in GRANTS:
        return Decision(reason, Answer.GRANTED, Role.USER, identity)
    return Decision(reason, _ANSWERS.get(reason, Answer.INVALID_CREDENTIALS), identity=identity)


def method_named(name: str) -> Method | None:
    """Return the method of that name, or None."""
    try:
        return Method(name)
    except ValueError:
        return None


def is_open(challenge: Challenge, policy: ClientPolicy, now: datetime) -> bool:
    """Whether a challenge can be answered: not expired, and its waiter there or gone for less than the window."""
    if now >= challenge.expires_at:
        return False
    return challenge.abandoned_at is None or now < challenge.abandoned_at + policy.redelivery_window


def same_attempt(attempt: Attempt, challenges: tuple[Challenge, ...], now: datetime) -> Challenge | None:
    """Return the open challenge of this very logon: same client, person and password. A typed code asks for no prompt."""
    if attempt.credentials.code:
        return None
    policy = attempt.request.policy
    for challenge in challenges:
        if (
            challenge.client == policy.client
            and challenge.credential == attempt.credential
            and is_open(challenge, policy, now)
        ):
            return challenge
    return None


def counts_as_wrong_password(verdict: PasswordVerdict) -> bool:
    """Whether this answer is one more wrong password. The directory counts 775 (locked) itself; 773 and the like had it right."""
    return verdict.code == LDAP_INVALID_CREDENTIALS and verdict.sub_code in WRONG_PASSWORD_SUB_CODES


def read_refusal(verdict: PasswordVerdict, identity: Identity | None) -> Decision:
    """Return the decision for a bind that the directory did not accept."""
    if verdict.code == LDAP_REFERRAL:
        return decide(Reason.DIRECTORY_REFERRAL, identity)
    if verdict.code in TRANSIENT_CODES:
        return decide(Reason.DIRECTORY_UNAVAILABLE, identity)
    reason = Reason.WRONG_PASSWORD if counts_as_wrong_password(verdict) else Reason.DIRECTORY_REFUSED
    return Decision(reason, Answer.DIRECTORY_ANSWER, identity=identity, verdict=verdict)


def check_user(user: User | None, policy: ClientPolicy) -> Reason | None:
    """Step 8: the rule for people without a record and for disabled ones; None: known and enabled."""
    if user is None:
        return Reason.USER_UNKNOWN_ALLOWED if policy.users.unknown is Mismatch.PASSWORD_ONLY else Reason.USER_UNKNOWN
    if not user.enabled:
        return Reason.USER_DISABLED_ALLOWED if policy.users.disabled is Mismatch.PASSWORD_ONLY else Reason.USER_DISABLED
    return None


def redelivery(attempt: Attempt, now: datetime) -> Redelivery | None:
    """Step 10: an approval of this very logon that did not reach the gateway and may be given once more."""
    snapshot = attempt.snapshot
    if snapshot is None:
        return None
    for kept in snapshot.redeliveries:
        if (
            kept.client == attempt.request.policy.client
            and kept.credential == attempt.credential
            and kept.epoch == snapshot.state.epoch
            and kept.uses > 0
            and now < kept.expires_at
        ):
            return kept
    return None


def choose_method(user: User, policy: ClientPolicy) -> Method | None:
    """Step 11: the person's own method, else the policy's default, if it is allowed and can ask him here; no other is tried.

    An OATH token has nothing to send: its codes are typed after the password, which step 9 has dealt with. One-way text can ask
    only where the code can be typed at the next try.
    """
    method = method_named(user.method) if user.method else policy.default_method
    if method is not Method.TEXT_MESSAGE or method not in policy.allowed_methods or not user.phone:
        return None
    return method if can_wait(method, user, policy) or policy.separator else None


def can_wait(method: Method, user: User, policy: ClientPolicy) -> bool:
    """Whether the person answers while the gateway waits (two-way), or types a code at the next try (one-way)."""
    return method is not Method.TEXT_MESSAGE or (user.text_message_mode or policy.text_mode) == "TwoWay"


def without_method(snapshot: Snapshot, policy: ClientPolicy) -> Reason:
    """Return the rule for people whom no allowed method can ask.

    It may let in only those who have nothing at all: a person with a token or a phone who left his code out is refused.
    """
    user = snapshot.user
    has_nothing = user is not None and not user.phone and not snapshot.tokens
    if has_nothing and policy.users.without_method is Mismatch.PASSWORD_ONLY:
        return Reason.NO_METHOD_ALLOWED
    return Reason.NO_USABLE_METHOD


def check_prompts(snapshot: Snapshot, now: datetime, policy: ClientPolicy) -> Reason | None:
    """Step 12: the pause after unanswered prompts, and one open prompt per person over all clients."""
    paused = snapshot.state.prompts_paused_until
    if paused is not None and now < paused:
        return Reason.PROMPTS_PAUSED
    if any(is_open(challenge, policy, now) for challenge in snapshot.challenges):
        return Reason.PROMPT_OPEN
    return None


def challenge_deadline(attempt: Attempt) -> datetime:
    """Step 13: the client's deadline, counted from the request, or the method's own where that is sooner."""
    policy = attempt.request.policy
    return attempt.started_at + min(policy.deadline, policy.text_timeout)
