"""What comes into a logon: the client's policy and the gateway's request, as values."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from mfa_resources.addresses import AddressRange

__all__ = [
    "ClientPolicy",
    "LockoutPolicy",
    "LogonRequest",
    "Method",
    "Mismatch",
    "PromptPolicy",
    "References",
    "UserRules",
]


class Method(StrEnum):
    """Second factors, named as in the manifests."""

    TEXT_MESSAGE = "TextMessage"
    PHONE_CALL = "PhoneCall"
    MOBILE_APP = "MobileApp"
    OATH_TOKEN = "OathToken"  # noqa: S105 - a method's name
    EMAIL = "Email"
    PASSKEY = "Passkey"
    RECOVERY_CODE = "RecoveryCode"


class Mismatch(StrEnum):
    """What to do with a user who cannot be asked for a second factor."""

    DENY = "Deny"
    PASSWORD_ONLY = "PasswordOnly"  # noqa: S105 - a rule's name


class References(StrEnum):
    """What becomes of the directory's references to other servers: a gateway that follows one bypasses this server."""

    DROP = "Drop"
    PASS = "Pass"  # noqa: S105 - a policy's name
    REFUSE = "Refuse"


@dataclass(frozen=True, slots=True)
class UserRules:
    """The rule for users without a record, disabled ones, and ones without a usable method."""

    unknown: Mismatch = Mismatch.DENY
    disabled: Mismatch = Mismatch.DENY
    without_method: Mismatch = Mismatch.DENY


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """``failures`` inside ``within`` lock for ``duration``; ``directory_margin`` keeps below the directory's own threshold."""

    failures: int = 5
    within: timedelta = timedelta(minutes=15)
    duration: timedelta = timedelta(minutes=15)
    directory_margin: int = 0


@dataclass(frozen=True, slots=True)
class PromptPolicy:
    """``unanswered`` prompts inside ``within`` pause prompting for ``pause``."""

    unanswered: int = 3
    within: timedelta = timedelta(minutes=10)
    pause: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """One gateway and every rule that holds for logons through it: the group's policy, narrowed by the client."""

    client: str
    """``namespace/name`` of the LdapClient or RadiusClient."""
    application: str
    users: UserRules = UserRules()
    default_method: Method = Method.TEXT_MESSAGE
    allowed_methods: frozenset[Method] = frozenset({Method.TEXT_MESSAGE, Method.OATH_TOKEN})
    separator: str = ""
    """Between password and appended code; empty: codes are not split off."""
    code_digits: int = 6
    deadline: timedelta = timedelta(seconds=57)
    """From the request to our answer: the gateway's time-out less 3 s."""
    text_mode: str = "OneWay"
    text_timeout: timedelta = timedelta(seconds=60)
    code_lifetime: timedelta = timedelta(seconds=300)
    oath_drift: int = 1
    """Time steps accepted on each side of the present one."""
    redelivery_window: timedelta = timedelta(seconds=10)
    answers_per_approval: int = 1
    service_bind_first: bool = False
    plaintext: bool = False
    """Passwords without TLS are accepted on a plain connection."""
    service_accounts: tuple[tuple[str, bool, tuple[AddressRange, ...]], ...] = ()
    """(identity as written, visible in searches, addresses it may come from; none: any of the client's)."""
    references: References = References.DROP
    prompts: PromptPolicy = PromptPolicy()
    password_lockout: LockoutPolicy = LockoutPolicy(directory_margin=2)
    factor_lockout: LockoutPolicy = LockoutPolicy()
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class LogonRequest:
    """One bind (or its like in another protocol) as it came in, before anything is known about it."""

    policy: ClientPolicy
    name: str
    """The bind name as text; empty with an empty password: anonymous."""
    password: bytes = field(repr=False)
    source: str
    """The gateway's address."""
    tls: bool
    simple: bool = True
    """False: SASL or another mechanism than simple."""
    version: int = 3
    critical_control: bool = False
    """A control we do not honour was marked critical."""
    service_bound: bool = False
    """This connection has had a successful bind of a service account."""
    searched_services: frozenset[str] = frozenset()
    """Normalised DNs of service accounts that matched a search on this connection since its last bind."""
