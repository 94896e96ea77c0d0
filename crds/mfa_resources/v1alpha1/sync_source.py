"""UserSyncSource: people of the directory who become users of the group, and stay like their entries."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import (
    AttributeNames,
    DistinguishedName,
    Filter,
    Flag,
    Identity,
    Locale,
    Method,
    Name,
    Region,
    Toggle,
    Whole,
)
from mfa_resources.v1alpha1.markers import Atomic, DurationText, ListSet
from mfa_resources.v1alpha1.model import Model, Rule, Transition
from mfa_resources.v1alpha1.resource import Resource, ServerGroupRef

__all__ = [
    "RemovalGuard",
    "SyncAttributes",
    "SyncDefaults",
    "SyncPhone",
    "SyncRemoval",
    "SyncSearch",
    "SyncSelect",
    "UserSyncSource",
    "UserSyncSourceSpec",
]


class SyncSearch(Model):
    """One search of the directory."""

    base_dn: DistinguishedName = Field(alias="baseDN")
    """Where it begins. Formerly: Directory Integration > Synchronization > container or organizational unit."""
    scope: Literal["Subtree", "OneLevel", "Base"] = "Subtree"
    """How deep it goes."""
    filter: Filter | None = None
    """Which entries count; absent: people, by the directory's type."""


class SyncSelect(Model):
    """Who is taken: people that any of these name."""

    groups: Annotated[tuple[DistinguishedName, ...], Field(max_length=64), ListSet()] = ()
    """Members of these groups, nested ones included. Formerly: Directory Integration > Synchronization > security group."""
    searches: Annotated[tuple[SyncSearch, ...], Field(max_length=32), Atomic()] = ()
    """Entries that these searches find."""
    users: Annotated[tuple[Identity, ...], Field(max_length=256), ListSet()] = ()
    """Single people."""

    rules = (
        Rule(
            "(has(self.groups) && self.groups.size() > 0) || (has(self.searches) && self.searches.size() > 0)"
            " || (has(self.users) && self.users.size() > 0)",
            "names nobody; give groups, searches or users",
            lambda select: bool(select.groups or select.searches or select.users),
        ),
    )


class SyncAttributes(Model):
    """Which attributes fill a user's fields; the first with a value counts. Formerly: Directory Integration > Attributes."""

    phone: AttributeNames = ("mobile",)
    """Phone number. Formerly: Directory Integration > Attributes > Mobile phone."""
    backup_phone: AttributeNames = ()
    """Backup phone number."""
    extension: AttributeNames = ()
    """Extension of the phone."""
    email: AttributeNames = ("mail",)
    """Mail address."""
    given_name: AttributeNames = ("givenName",)
    """Given name."""
    surname: AttributeNames = ("sn",)
    """Family name."""
    display_name: AttributeNames = ("displayName",)
    """Full name."""
    language: AttributeNames = ()
    """Language."""
    user_group: AttributeNames = ()
    """User group of the policy."""


class SyncPhone(Model):
    """Phone numbers."""

    default_region: Region | None = None
    """Region of numbers without a country code; absent: such numbers are not taken. Formerly: default country code +1."""
    precedence: Literal["User", "Directory"] = "User"
    """Whose number counts once a person has changed it."""
    change_hold: Annotated[timedelta, DurationText("1s", "720h")] = timedelta(hours=24)
    """A changed number counts after that long, and the old one is told."""


class SyncDefaults(Model):
    """What new users begin with. Formerly: Directory Integration > Synchronization > Method Defaults."""

    enabled: Flag = True
    """Whether they are enabled. Formerly: Add new users as enabled."""
    method: Method | None = None
    """Their method; absent: the policy's default."""
    text_message_mode: Literal["OneWay", "TwoWay"] | None = None
    """Mode of their text messages; absent: the group's."""
    pin_mode: Literal["Standard", "Pin"] = "Standard"
    """Whether their method asks for a PIN."""
    language: Locale | None = None
    """Their language; absent: the policy's."""
    user_group: Name | None = None
    """Their user group; absent: none."""


class RemovalGuard(Model):
    """Limit of removals, per pass and per day. Formerly: Require administrator approval when more than X users would be removed."""

    percent: Annotated[Whole, Field(ge=1, le=100)] = 10
    """Percent of the source's users (above 5 users)."""
    count: Annotated[Whole, Field(ge=1, le=100_000)] = 25
    """Users."""


class SyncRemoval(Model):
    """What happens to users whom the source no longer names. Formerly: Remove users no longer in Active Directory."""

    action: Literal["Keep", "Disable", "Delete"] = "Disable"
    """What happens to them."""
    grace_after: Annotated[timedelta, DurationText("1s", "8760h")] = timedelta(hours=24)
    """How long they must have been gone."""
    delete_after: Annotated[timedelta, DurationText("1s", "87600h")] = timedelta(hours=720)
    """When disabled users are deleted."""
    guard: RemovalGuard = Field(default_factory=RemovalGuard)
    """Limit above which an administrator must confirm."""


class UserSyncSourceSpec(Model):
    """Who is taken from the directory, and how."""

    server_group_ref: ServerGroupRef
    """The server group; cannot be changed."""
    directory: Name | None = None
    """Name of one of the group's trusted domains; absent: the group's own directory."""
    order: Annotated[Whole, Field(ge=0, le=10_000)] = 100
    """The source with the lowest order that names a person counts. Formerly: Move Up, Move Down."""
    interval: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(hours=1)
    """Time between the starts of two passes. Formerly: Synchronization interval."""
    full_interval: Annotated[timedelta, DurationText("1h", "720h")] | None = None
    """Time between two passes that read everything; absent: every pass does. Formerly: Always perform full synchronization."""
    state: Literal["Active", "Suspended"] = "Active"
    """Suspended: no passes. Formerly: Enable synchronization with Active Directory."""
    select: SyncSelect
    """Who is taken. Formerly: Directory Integration > Synchronization items."""
    attributes: SyncAttributes = Field(default_factory=SyncAttributes)
    """Which attributes fill a user's fields."""
    phone: SyncPhone = Field(default_factory=SyncPhone)
    """Phone numbers."""
    defaults: SyncDefaults = Field(default_factory=SyncDefaults)
    """What new users begin with."""
    removal: SyncRemoval = Field(default_factory=SyncRemoval)
    """What happens to users whom the source no longer names."""
    import_at_logon: Toggle = "Disabled"
    """Whether somebody who is in the source and has no user record gets one at the first logon."""

    transitions = (
        Transition(
            "self.serverGroupRef == oldSelf.serverGroupRef",
            "serverGroupRef cannot be changed; delete the object and make it anew",
            lambda old, new: old.server_group_ref == new.server_group_ref,
            "serverGroupRef",
        ),
    )


class UserSyncSource(Resource):
    """People of the directory who become users. Formerly: Directory Integration > Synchronization."""

    plural: ClassVar[str] = "usersyncsources"
    short_names: ClassVar[tuple[str, ...]] = ("usync",)
    extra_columns: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("Order", "integer", ".spec.order"),
        ("Last success", "date", ".status.lastSuccess"),
        ("Guard", "string", ".status.guard.state"),
    )

    kind: Literal["UserSyncSource"]
    """Always UserSyncSource."""
    spec: UserSyncSourceSpec
    """Who is taken from the directory, and how."""
