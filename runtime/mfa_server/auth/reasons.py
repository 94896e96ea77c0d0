"""The closed list of reasons: every logon ends with exactly one of them, in the audit, the metrics and the log.

A reason's value is stable and machine-readable; ``describe`` gives the sentence for people.
"""

from enum import StrEnum

__all__ = ["GRANTS", "Reason", "describe"]


class Reason(StrEnum):
    """Why a logon was granted or refused."""

    # granted
    FACTOR_COMPLETED = "factorCompleted"
    CODE_ACCEPTED = "codeAccepted"
    SERVICE_ACCOUNT = "serviceAccount"
    ANONYMOUS = "anonymous"
    REDELIVERED = "redelivered"
    USER_UNKNOWN_ALLOWED = "userUnknownAllowed"
    USER_DISABLED_ALLOWED = "userDisabledAllowed"
    NO_METHOD_ALLOWED = "noMethodAllowed"
    # refused before the directory is asked
    NO_CLIENT = "noClient"
    AUTH_METHOD_NOT_SUPPORTED = "authMethodNotSupported"
    VERSION_NOT_SUPPORTED = "versionNotSupported"
    CRITICAL_CONTROL = "criticalControl"
    CONFIDENTIALITY_REQUIRED = "confidentialityRequired"
    EMPTY_PASSWORD = "emptyPassword"  # noqa: S105 - a reason, not a password
    MALFORMED_CREDENTIALS = "malformedCredentials"
    NO_SERVICE_BIND_FIRST = "noServiceBindFirst"
    IDENTITY_NOT_FOUND = "identityNotFound"
    SERVICE_ACCOUNT_INTERACTIVE = "serviceAccountInteractive"
    SERVICE_ACCOUNT_THROTTLED = "serviceAccountThrottled"
    BLOCKED = "blocked"
    PASSWORD_LOCKED = "passwordLocked"  # noqa: S105 - a reason, not a password
    FACTOR_LOCKED = "factorLocked"
    TOO_SOON = "tooSoon"
    REPEATED_WRONG_PASSWORD = "repeatedWrongPassword"  # noqa: S105 - a reason, not a password
    # the directory's answer
    WRONG_PASSWORD = "wrongPassword"  # noqa: S105 - a reason, not a password
    DIRECTORY_REFUSED = "directoryRefused"
    DIRECTORY_UNAVAILABLE = "directoryUnavailable"
    DIRECTORY_REFERRAL = "directoryReferral"
    # after a right password
    USER_UNKNOWN = "userUnknown"
    USER_DISABLED = "userDisabled"
    NO_USABLE_METHOD = "noUsableMethod"
    CODE_WRONG = "codeWrong"
    CODE_ALREADY_USED = "codeAlreadyUsed"
    CODE_SENT = "codeSent"
    PROMPTS_PAUSED = "promptsPaused"
    PROMPT_OPEN = "promptOpen"
    PROMPT_NOT_SENT = "promptNotSent"
    FACTOR_DENIED = "factorDenied"
    FACTOR_EXPIRED = "factorExpired"
    FRAUD_REPORTED = "fraudReported"
    # while it waited
    TAKEN_OVER = "takenOver"
    TAKE_OVER_LIMIT = "takeOverLimit"
    GATEWAY_GONE = "gatewayGone"
    EPOCH_CHANGED = "epochChanged"
    CLIENT_CHANGED = "clientChanged"
    SERVER_STOPPING = "serverStopping"
    STORE_UNAVAILABLE = "storeUnavailable"
    INTERNAL_ERROR = "internalError"


GRANTS = frozenset(
    {
        Reason.FACTOR_COMPLETED,
        Reason.CODE_ACCEPTED,
        Reason.SERVICE_ACCOUNT,
        Reason.ANONYMOUS,
        Reason.REDELIVERED,
        Reason.USER_UNKNOWN_ALLOWED,
        Reason.USER_DISABLED_ALLOWED,
        Reason.NO_METHOD_ALLOWED,
    }
)
"""The reasons that grant; every other one refuses."""

_SENTENCES = {
    Reason.FACTOR_COMPLETED: "password and second factor were right",
    Reason.CODE_ACCEPTED: "password and the code typed after it were right",
    Reason.SERVICE_ACCOUNT: "a service account of this client: exempt from the second factor",
    Reason.ANONYMOUS: "an anonymous bind: may read the root DSE only",
    Reason.REDELIVERED: "an approval that had not reached the gateway was given once more",
    Reason.USER_UNKNOWN_ALLOWED: "not a known user; the policy lets unknown users in by password",
    Reason.USER_DISABLED_ALLOWED: "disabled for the second factor; the policy lets such users in by password",
    Reason.NO_METHOD_ALLOWED: "no usable method; the policy lets such users in by password",
    Reason.NO_CLIENT: "no LdapClient covers the source address or fits the connection's first bind",
    Reason.AUTH_METHOD_NOT_SUPPORTED: "only simple binds are answered",
    Reason.VERSION_NOT_SUPPORTED: "only LDAP version 3 is spoken",
    Reason.CRITICAL_CONTROL: "the bind carried a critical control that is not supported",
    Reason.CONFIDENTIALITY_REQUIRED: "a password came without TLS",
    Reason.EMPTY_PASSWORD: "the password was empty",
    Reason.MALFORMED_CREDENTIALS: "name or password were too long or not text",
    Reason.NO_SERVICE_BIND_FIRST: "this client must bind its service account first on the same connection",
    Reason.IDENTITY_NOT_FOUND: "the name does not stand for exactly one entry of the directory",
    Reason.SERVICE_ACCOUNT_INTERACTIVE: "a service account was searched for and bound like a person",
    Reason.SERVICE_ACCOUNT_THROTTLED: "the service account failed moments ago; the next try has to wait",
    Reason.BLOCKED: "the user is blocked",
    Reason.PASSWORD_LOCKED: "too many wrong passwords",
    Reason.FACTOR_LOCKED: "too many wrong second factors",
    Reason.TOO_SOON: "a try came too soon after a wrong password or code, or with too many others at once",
    Reason.REPEATED_WRONG_PASSWORD: "the same wrong password came again; the directory was not asked once more",
    Reason.WRONG_PASSWORD: "the directory refused the password",
    Reason.DIRECTORY_REFUSED: "the directory refused the account (expired, disabled, locked or must change its password)",
    Reason.DIRECTORY_UNAVAILABLE: "no directory server answered",
    Reason.DIRECTORY_REFERRAL: "the directory answered with a referral",
    Reason.USER_UNKNOWN: "not a known user, and the policy denies unknown users",
    Reason.USER_DISABLED: "the user is disabled, and the policy denies disabled users",
    Reason.NO_USABLE_METHOD: "the user has no method that this client and policy allow",
    Reason.CODE_WRONG: "the code typed after the password was wrong",
    Reason.CODE_ALREADY_USED: "the code was used before",
    Reason.CODE_SENT: "a code was sent; it is to be typed after the password at the next try",
    Reason.PROMPTS_PAUSED: "too many prompts went unanswered; prompting is paused",
    Reason.PROMPT_OPEN: "another sign-in of this user waits for its answer",
    Reason.PROMPT_NOT_SENT: "the prompt could not be sent",
    Reason.FACTOR_DENIED: "the person denied the sign-in",
    Reason.FACTOR_EXPIRED: "nobody answered in time",
    Reason.FRAUD_REPORTED: "the person reported the sign-in as not his own",
    Reason.TAKEN_OVER: "a newer identical request took the logon over",
    Reason.TAKE_OVER_LIMIT: "the logon was taken over too often; the challenge is void",
    Reason.GATEWAY_GONE: "the gateway went away and did not come back in time",
    Reason.EPOCH_CHANGED: "the user was blocked or changed while the logon waited",
    Reason.CLIENT_CHANGED: "the client was removed or changed while the logon waited",
    Reason.SERVER_STOPPING: "the server is stopping",
    Reason.STORE_UNAVAILABLE: "the state store does not answer",
    Reason.INTERNAL_ERROR: "a fault in this program; the log has the details",
}


def describe(reason: Reason) -> str:
    """Return the sentence for people: no capital, no full stop."""
    return _SENTENCES[reason]
