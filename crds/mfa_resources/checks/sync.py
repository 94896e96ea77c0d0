"""Sync sources within their group: domains, methods, order, filters."""

from collections.abc import Iterator

from mfa_resources.checks.objects import Objects, error, warning
from mfa_resources.findings import Finding, ObjectId
from mfa_resources.v1alpha1 import MfaServerGroup, UserSyncSource

__all__ = ["check_sync"]


def check_sync(objects: Objects) -> Iterator[Finding]:
    """Yield what is wrong with sync sources within their groups."""
    for name, attached in objects.attached.items():
        group = objects.items[name]
        if not isinstance(group, MfaServerGroup):
            continue
        orders: dict[int, ObjectId] = {}
        for item in attached:
            if isinstance(item, UserSyncSource):
                yield from _domain(item, group)
                yield from _defaults(item, group)
                yield from _filters(item)
                first = orders.setdefault(item.spec.order, item.id)
                if first != item.id:
                    text = f"{item.spec.order} is also the order of {first}, so their names decide who comes first; give each its own"
                    yield warning(item.id, "spec.order", "SameOrder", text)


def _domain(item: UserSyncSource, group: MfaServerGroup) -> Iterator[Finding]:
    names = [domain.name for domain in group.spec.directory.trusted_domains]
    if item.spec.directory is not None and item.spec.directory not in names:
        known = ", ".join(names) or "none"
        text = f"{item.spec.directory} is not a trusted domain of {group.id} (known: {known}); correct it, or remove it for the group's own directory"
        yield error(item.id, "spec.directory", "UnknownDomain", text)


def _defaults(item: UserSyncSource, group: MfaServerGroup) -> Iterator[Finding]:
    method = item.spec.defaults.method
    policy = group.spec.policy
    allowed = set(policy.methods.allowed)
    for one in policy.user_groups:
        if one.methods is not None:
            allowed.update(one.methods.allowed)
    if method is not None and method not in allowed:
        text = f"{method} is not among the methods that {group.id} allows; choose another, or add it to the group's policy.methods.allowed"
        yield error(item.id, "spec.defaults.method", "LooserThanGroup", text)


def _filters(item: UserSyncSource) -> Iterator[Finding]:
    for index, search in enumerate(item.spec.select.searches):
        if search.filter is not None and not _balanced(search.filter):
            text = "the parentheses of the filter do not match; every ( needs its )"
            yield error(item.id, f"spec.select.searches[{index}].filter", "InvalidFilter", text)


def _balanced(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)  # a literal parenthesis is written \28 or \29 (RFC 4515 section 3)
        if depth < 1 and position < len(text) - 1:
            return False
    return depth == 0
