"""OneTimeBypass: one person may sign in once without the second factor."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import Duration, Identity, Line, ObjectName, Timestamp, Whole
from mfa_resources.v1alpha1.markers import ListSet
from mfa_resources.v1alpha1.model import Model, Transition
from mfa_resources.v1alpha1.resource import Resource, ServerGroupRef

__all__ = ["OneTimeBypass", "OneTimeBypassSpec"]


class OneTimeBypassSpec(Model):
    """Who, how long, why; cannot be changed."""

    server_group_ref: ServerGroupRef
    """The server group."""
    user: Identity
    """The person: DN, UPN (name@domain) or DOMAIN\\user. Formerly: One-Time Bypass > Username."""
    requested_by: Annotated[Line, Field(max_length=253)]
    """Who asked for it: the user name that the API server authenticated; stands in the audit."""
    seconds: Annotated[Whole, Field(ge=10, le=86_400)] | None = None
    """Life in seconds; absent: policy.bypass.defaultSeconds. Formerly: One-Time Bypass > Seconds."""
    not_before: Timestamp | None = None
    """When it begins; absent: at once."""
    reason: Line | None = None
    """Why; stands in the audit. Formerly: One-Time Bypass > Reason."""
    clients: Annotated[tuple[ObjectName, ...], Field(max_length=32), ListSet()] = ()
    """Names of the clients where it counts; empty: all."""
    ttl_after_finished: Duration | None = None
    """When the finished object is deleted; absent: it stays."""


class OneTimeBypass(Resource):
    """One person may sign in once without the second factor. Formerly: One-Time Bypass page of the console."""

    plural: ClassVar[str] = "onetimebypasses"
    short_names: ClassVar[tuple[str, ...]] = ("otb",)
    extra_columns: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("User", "string", ".spec.user"),
        ("Phase", "string", ".status.phase"),
    )

    kind: Literal["OneTimeBypass"]
    """Always OneTimeBypass."""
    spec: OneTimeBypassSpec
    """Who, how long, why; cannot be changed."""

    transitions = (
        Transition(
            "self.spec == oldSelf.spec",
            "spec cannot be changed; a new bypass is a new object with a new name",
            lambda old, new: old.spec == new.spec,
            "spec",
        ),
    )
