"""References: everything that an object names must exist, and must be allowed to be named from there."""

from collections.abc import Iterator, Mapping

from mfa_resources.checks.objects import Objects, error
from mfa_resources.findings import Finding
from mfa_resources.paths import format_path
from mfa_resources.references import Reference, references
from mfa_resources.v1alpha1 import Attached, LdapClient, MfaServerGroup, RadiusClient, Resource
from mfa_resources.v1alpha1.workload import AllowedAttachments, LabelExpression, LabelSelector

__all__ = ["check_references", "unresolved"]

_REF = "spec.serverGroupRef.name"


def check_references(objects: Objects) -> Iterator[Finding]:
    """Yield an error for every reference to a group, Secret, ConfigMap or key that is missing or not allowed."""
    for name in sorted(objects.items):
        item = objects.items[name]
        if not isinstance(item, Resource):
            continue
        if not isinstance(item, MfaServerGroup):
            yield from _group(objects, item)  # type: ignore[arg-type]  # every other Resource is Attached
        for reference in references(item):
            wrong = unresolved(objects, reference)
            if wrong:
                yield error(name, format_path(reference.path), "DanglingReference", wrong)


def unresolved(objects: Objects, reference: Reference) -> str:
    """Return what is missing of the reference, empty where nothing is."""
    target = objects.document(reference.target)
    if target is None:
        if reference.target in objects.refused:
            return f"{reference.target} is refused; put that right first"
        return f"{reference.target} does not exist; create it, or name another"
    if any(target.keys.issuperset(keys) for keys in reference.alternatives):
        return ""
    wanted = " or ".join(", ".join(keys) for keys in reference.alternatives)
    missing = sorted(set(reference.alternatives[0]) - target.keys)
    if len(reference.alternatives) > 1:
        return f"{reference.target} needs the keys {wanted}"
    return f"{reference.target} has no key {', '.join(missing)}; add it, or name another"


def _group(objects: Objects, item: Attached) -> Iterator[Finding]:
    wanted = item.spec.server_group_ref.resolve(item.metadata.namespace)
    group = objects.group_of(item)
    if group is None and wanted in objects.refused:
        yield error(item.id, _REF, "GroupRefused", f"{wanted} is refused; put that right first")
    elif group is None or not _allowed(objects, group, item):
        # the same words for both: whoever may not attach must not learn what other namespaces hold
        text = f"{wanted} does not exist, or does not allow this in allowedAttachments; create it, or name another"
        if wanted.namespace == item.metadata.namespace:
            text = f"{wanted} does not exist; create it, or name another"
        yield error(item.id, _REF, "GroupNotFound", text)


def _allowed(objects: Objects, group: MfaServerGroup, item: Attached) -> bool:
    if objects.attachments_decided or item.metadata.namespace == group.metadata.namespace:
        return True
    if not isinstance(item, LdapClient | RadiusClient):
        return False
    return any(
        item.kind in allowed.kinds and _from(objects, allowed, item.metadata.namespace)
        for allowed in group.spec.allowed_attachments
    )


def _from(objects: Objects, allowed: AllowedAttachments, namespace: str) -> bool:
    match allowed.namespaces.from_:
        case "All":
            return True
        case "Same":
            return False
        case "Selector":
            labels = objects.namespace_labels.get(namespace)
            selector = allowed.namespaces.selector
            return labels is not None and selector is not None and _selects(selector, labels)


def _selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    equal = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return equal and all(_holds(one, labels) for one in selector.match_expressions)


def _holds(expression: LabelExpression, labels: Mapping[str, str]) -> bool:
    value = labels.get(expression.key)
    match expression.operator:
        case "In":
            return value in expression.values
        case "NotIn":
            return value not in expression.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
