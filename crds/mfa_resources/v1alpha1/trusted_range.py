"""TrustedIPRange: addresses from which the second factor is not asked."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import AddressList
from mfa_resources.v1alpha1.markers import ListSet
from mfa_resources.v1alpha1.model import Model, Transition
from mfa_resources.v1alpha1.resource import Resource, ServerGroupRef

__all__ = ["TrustedIPRange", "TrustedIPRangeSpec"]


class TrustedIPRangeSpec(Model):
    """Which addresses, and where they count."""

    server_group_ref: ServerGroupRef
    """The server group; cannot be changed."""
    ranges: Annotated[AddressList, Field(min_length=1)]
    """The addresses. Formerly: User Portal > Trusted IPs (single, range, subnet)."""
    applies_to: Annotated[
        tuple[Literal["Portal", "Radius", "GatewayRule"], ...], Field(min_length=1, max_length=3), ListSet()
    ] = ("Portal",)
    """Where they count: the portal, RADIUS (trusted Calling-Station-Id), the generated gateway configuration."""

    transitions = (
        Transition(
            "self.serverGroupRef == oldSelf.serverGroupRef",
            "serverGroupRef cannot be changed; delete the object and make it anew",
            lambda old, new: old.server_group_ref == new.server_group_ref,
            "serverGroupRef",
        ),
    )


class TrustedIPRange(Resource):
    """Addresses from which the second factor is not asked. Formerly: User Portal > Trusted IPs."""

    plural: ClassVar[str] = "trustedipranges"
    short_names: ClassVar[tuple[str, ...]] = ("tipr",)

    kind: Literal["TrustedIPRange"]
    """Always TrustedIPRange."""
    spec: TrustedIPRangeSpec
    """Which addresses, and where they count."""
