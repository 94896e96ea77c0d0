"""Rules over several objects: pure functions from a set of objects to findings, run by the admission and by the operator.

Here: what one object cannot know by itself (does its group exist, is its address taken, is it looser than allowed). Not
here: what one model says about itself (its `rules`, which CEL repeats), what is not built yet (`built`), any I/O.
"""

from collections.abc import Iterator

from mfa_resources.checks.addresses import check_addresses, check_trusted_ranges
from mfa_resources.checks.clients import check_bypasses, check_clients
from mfa_resources.checks.group import check_group
from mfa_resources.checks.objects import Objects
from mfa_resources.checks.references import check_references
from mfa_resources.checks.sync import check_sync
from mfa_resources.findings import Finding

__all__ = ["Objects", "check"]

_CHECKS = (
    check_references,
    check_addresses,
    check_trusted_ranges,
    check_group,
    check_clients,
    check_bypasses,
    check_sync,
)


def check(objects: Objects) -> Iterator[Finding]:
    """Yield everything that the objects have against each other. An error says that its object cannot be accepted so."""
    for one in _CHECKS:
        yield from one(objects)
