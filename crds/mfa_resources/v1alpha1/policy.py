"""The group's rules: methods, people, limits of clients, prompts, lock-out, PINs, fraud reports, bypasses."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    Duration,
    Locale,
    Method,
    MethodList,
    Name,
    Permission,
    Toggle,
    UserRule,
    Whole,
)
from mfa_resources.v1alpha1.markers import DurationText, ListMap
from mfa_resources.v1alpha1.model import Model, Rule

__all__ = [
    "BypassPolicy",
    "ClientLimits",
    "FactorLockout",
    "FraudPolicy",
    "GroupUserRules",
    "Lockout",
    "MethodPolicy",
    "PasswordLockout",
    "PinPolicy",
    "Policy",
    "PromptBudget",
    "UserGroup",
    "UserGroupPin",
]


class MethodPolicy(Model):
    """Second factors."""

    default: Method = "TextMessage"
    """The method of people for whom nothing else is said. Formerly: Company Settings > General > Default method."""
    allowed: Annotated[MethodList, Field(min_length=1)] = ("TextMessage", "PhoneCall", "MobileApp", "OathToken")
    """The methods that may be used at all."""

    rules = (
        Rule(
            "(has(self.default) ? self.default : 'TextMessage') in"
            " (has(self.allowed) ? self.allowed : ['TextMessage', 'PhoneCall', 'MobileApp', 'OathToken'])",
            "default must be one of allowed",
            lambda methods: methods.default in methods.allowed,
            "default",
        ),
    )


class GroupUserRules(Model):
    """What happens to people in a given state."""

    unknown: UserRule = "Deny"
    """People without a user record. Formerly: LDAP Authentication > Require Multi-Factor Authentication user match."""
    disabled: UserRule = "Deny"
    """People whose user record is disabled."""
    without_method: UserRule = "Deny"
    """People with a user record but no usable method."""


class UserGroupPin(Model):
    """PIN rule of a user group."""

    mode: Literal["Optional", "Required"]
    """Whether a PIN is required."""


class UserGroup(Model):
    """Different rules for people whose user record names this group. Formerly: Users > User group."""

    name: Name
    """Name of the user group."""
    methods: MethodPolicy | None = None
    """Second factors of its people; absent: the group's."""
    pin: UserGroupPin | None = None
    """PIN rule of its people; absent: the group's."""


class ClientLimits(Model):
    """How much looser than the group an attached client may be."""

    password_only: Permission = "Forbidden"  # noqa: S105 - a switch, not a secret
    """Whether a client may let people in by the password alone (users …: PasswordOnly, mode: Report)."""
    remember_for: Duration | None = None
    """The longest rememberFor of a client; absent: none."""

    @property
    def allows_password_only(self) -> bool:
        """Whether a client may let people in by the password alone."""
        return self.password_only == "Allowed"  # noqa: S105 - a switch, not a secret


class PromptBudget(Model):
    """Limit against worn-out people who approve anything."""

    unanswered: Annotated[Whole, Field(ge=1, le=20)] = 3
    """Unanswered prompts that start the pause."""
    within: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(minutes=10)
    """Time in which they are counted."""
    pause: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(minutes=15)
    """How long no prompt is sent then."""


class PasswordLockout(Model):
    """Wrong passwords."""

    failures: Annotated[Whole, Field(ge=1, le=100)] = 5
    """Wrong passwords that lock, where the directory's own threshold is not smaller."""
    within: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(minutes=15)
    """Time in which they are counted."""
    duration: Annotated[timedelta, DurationText("1m", "720h")] = timedelta(minutes=15)
    """How long the lock holds."""
    directory_margin: Annotated[Whole, Field(ge=0, le=20)] = 2
    """How many tries before the directory's own lock-out we lock."""


class FactorLockout(Model):
    """Wrong second factors."""

    failures: Annotated[Whole, Field(ge=1, le=100)] = 5
    """Wrong answers that lock. Formerly: Company Settings > Account lockout > Number of denials."""
    within: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(minutes=15)
    """Time in which they are counted. Formerly: Company Settings > Account lockout > Minutes until the counter is reset."""
    duration: Annotated[timedelta, DurationText("1m", "720h")] = timedelta(minutes=15)
    """How long the lock holds. Formerly: Company Settings > Account lockout > Minutes until the account is unblocked."""


class Lockout(Model):
    """Two counters per person."""

    password: PasswordLockout = Field(default_factory=PasswordLockout)
    """Wrong passwords."""
    factor: FactorLockout = Field(default_factory=FactorLockout)
    """Wrong second factors."""


class PinPolicy(Model):
    """PINs of the methods that can ask for one. Formerly: Company Settings > General > Default PIN rules."""

    mode: Literal["Optional", "Required"] = "Optional"
    """Whether a PIN is required; per person and method: Standard or Pin."""
    minimum_length: Annotated[Whole, Field(ge=4, le=16)] = 6
    """Digits at least. Formerly: Company Settings > General > PIN minimum length."""
    weak: Literal["Reject", "Allow"] = "Reject"
    """Whether PINs such as 111111 or 123456 are taken."""
    history: Annotated[Whole, Field(ge=0, le=24)] = 5
    """Old PINs that may not be used again."""
    expire_after: Annotated[timedelta, DurationText("24h", "87600h")] = timedelta(hours=8760)
    """Age at which a PIN must be changed."""


class FraudPolicy(Model):
    """“I did not start this”. Formerly: Company Settings > Allow users to submit fraud alerts."""

    report: Toggle = "Enabled"
    """Whether people may report a prompt."""
    code: Annotated[str, Field(min_length=1, max_length=4, pattern="^[0-9]+$")] = "0"
    """Digits that report during a call. Formerly: Code to report fraud."""
    block_for: Annotated[timedelta, DurationText("1m", "87600h")] = timedelta(hours=2160)
    """How long the person stays blocked unless unblocked earlier. Formerly: Block user when fraud is reported."""


class BypassPolicy(Model):
    """One-time bypasses."""

    default_seconds: Annotated[Whole, Field(ge=10, le=86_400)] = 300
    """Life in seconds where none is given. Formerly: User Portal > Default one-time bypass seconds."""
    maximum_seconds: Annotated[Whole, Field(ge=10, le=86_400)] = 3600
    """The longest life in seconds."""
    by_user: Toggle = "Disabled"
    """Whether people may start one in the portal. Formerly: User Portal > Allow users to initiate One-Time Bypass."""

    rules = (
        Rule(
            "(has(self.defaultSeconds) ? self.defaultSeconds : 300)"
            " <= (has(self.maximumSeconds) ? self.maximumSeconds : 3600)",
            "defaultSeconds must not be above maximumSeconds",
            lambda bypass: bypass.default_seconds <= bypass.maximum_seconds,
            "defaultSeconds",
        ),
    )


class Policy(Model):
    """The group's rules."""

    methods: MethodPolicy = Field(default_factory=MethodPolicy)
    """Second factors."""
    users: GroupUserRules = Field(default_factory=GroupUserRules)
    """What happens to people in a given state."""
    user_groups: Annotated[tuple[UserGroup, ...], Field(max_length=32), ListMap(("name",))] = ()
    """Different rules for some people."""
    client_limits: ClientLimits = Field(default_factory=ClientLimits)
    """How much looser than the group an attached client may be."""
    redelivery_window: Annotated[timedelta, DurationText("1s", "60s")] = timedelta(seconds=10)
    """How long an answer that did not reach the gateway, and an open challenge whose gateway went away, wait for it. Formerly: Company Settings > Caching rules."""
    prompts: PromptBudget = Field(default_factory=PromptBudget)
    """Limit against worn-out people who approve anything."""
    lockout: Lockout = Field(default_factory=Lockout)
    """Two counters per person. Formerly: Company Settings > Account lockout."""
    pin: PinPolicy = Field(default_factory=PinPolicy)
    """PIN rules."""
    fraud: FraudPolicy = Field(default_factory=FraudPolicy)
    """Reports of prompts that the person did not start."""
    bypass: BypassPolicy = Field(default_factory=BypassPolicy)
    """One-time bypasses."""
    locale: Locale = "en"
    """Language of people for whom nothing else is said. Formerly: Company Settings > General > Default language."""
