"""Fields whose part is not built yet, and what happens to objects that use them. Never silence.

A value that would add a requirement or refuse somebody gets its object refused: passing it over would let in people whom
the administrator keeps out. Any other value is passed over with a warning. Whoever builds a part deletes its rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mfa_resources.canonical import document_of
from mfa_resources.findings import Finding
from mfa_resources.v1alpha1 import Resource

__all__ = ["BUILT_METHODS", "ROWS", "Row", "not_yet_built"]

BUILT_METHODS = frozenset({"TextMessage", "OathToken"})
"""Second factors that work."""


def _always(value: object) -> bool:
    del value
    return True


def _filled(value: object) -> bool:
    return bool(value)


def _is(*values: object) -> Callable[[object], bool]:
    return lambda value: value in values


def _is_not(*values: object) -> Callable[[object], bool]:
    return lambda value: value not in values


@dataclass(frozen=True, slots=True)
class Row:
    """One field that is not built: `field` is its path below spec, `[]` stands for any item of a list, empty for the kind."""

    kind: str
    field: str
    verdict: Literal["Refuse", "Warn"]
    part: str
    """What is missing; `{value}` stands for what was written."""
    when: Callable[[object], bool] = _always
    """For which values; a field that is not written never counts."""


_GROUP = "MfaServerGroup"
_LDAP = "LdapClient"
_SYNC = "UserSyncSource"

ROWS: tuple[Row, ...] = (
    # whole kinds: a client that is not served lets nobody in, the other two only loosen
    Row("RadiusClient", "", "Warn", "RADIUS"),
    Row("TrustedIPRange", "", "Warn", "trusted addresses"),
    Row("OneTimeBypass", "", "Warn", "one-time bypasses"),
    # the group, running
    Row(_GROUP, "state", "Refuse", "hibernation", _is("Hibernated")),
    Row(_GROUP, "state", "Warn", "pausing", _is("Paused")),
    Row(_GROUP, "fencedServers", "Refuse", "fencing", _filled),
    # the group, directory and store
    Row(_GROUP, "directory.discovery", "Refuse", "finding servers by SRV records"),
    Row(_GROUP, "directory.trustedDomains", "Warn", "trusted domains", _filled),
    Row(_GROUP, "store.type", "Refuse", "a shared store", _is_not("SQLite")),
    Row(_GROUP, "store.sqlite.backup", "Warn", "scheduled copies of the store"),
    Row(_GROUP, "store.degraded.mode", "Warn", "going on without the store", _is("Limited")),
    Row(_GROUP, "store.degraded.maxSnapshotAge", "Warn", "going on without the store"),
    Row(_GROUP, "store.degraded.maxDuration", "Warn", "going on without the store"),
    # the group, front
    Row(_GROUP, "listeners.radius", "Warn", "RADIUS"),
    Row(_GROUP, "listeners.radsec", "Warn", "RadSec"),
    Row(_GROUP, "listeners.proxyProtocol.from", "Refuse", "the PROXY protocol", _filled),
    Row(_GROUP, "frontCertificate.type", "Refuse", "certificates from cert-manager", _is("CertManager")),
    # the group, policy
    Row(_GROUP, "policy.methods.default", "Refuse", "the method {value}", _is_not(*sorted(BUILT_METHODS))),
    Row(_GROUP, "policy.methods.allowed[]", "Warn", "the method {value}", _is_not(*sorted(BUILT_METHODS))),
    Row(_GROUP, "policy.userGroups", "Refuse", "rules for user groups", _filled),
    Row(_GROUP, "policy.clientLimits.rememberFor", "Warn", "remembering a second factor"),
    Row(_GROUP, "policy.pin.mode", "Refuse", "PINs", _is("Required")),
    Row(_GROUP, "policy.pin.minimumLength", "Warn", "PINs"),
    Row(_GROUP, "policy.pin.weak", "Warn", "PINs"),
    Row(_GROUP, "policy.pin.history", "Warn", "PINs"),
    Row(_GROUP, "policy.pin.expireAfter", "Warn", "PINs"),
    Row(_GROUP, "policy.fraud", "Warn", "reporting a prompt as fraud", _filled),
    Row(_GROUP, "policy.bypass", "Warn", "one-time bypasses", _filled),
    # the group, methods
    Row(_GROUP, "textMessage.providers[].type", "Warn", "the provider type {value}", _is_not("Console")),
    Row(_GROUP, "textMessage.allowedRegions", "Refuse", "limits by region", _filled),
    Row(_GROUP, "textMessage.budgets", "Refuse", "limits of messages", _filled),
    Row(_GROUP, "phoneCall", "Warn", "phone calls"),
    Row(_GROUP, "email", "Warn", "mail"),
    Row(_GROUP, "mobileApp", "Warn", "the authenticator app"),
    Row(_GROUP, "passkeys", "Warn", "passkeys"),
    Row(_GROUP, "messages", "Warn", "own words for messages", _filled),
    Row(_GROUP, "messagesConfigMapRef", "Warn", "own words for messages"),
    # the group, web and the rest
    Row(_GROUP, "webhooks", "Warn", "call-backs of providers"),
    Row(_GROUP, "portal", "Warn", "the user portal"),
    Row(_GROUP, "console", "Warn", "the console"),
    Row(_GROUP, "sdk.callers", "Warn", "the SDK API", _filled),
    Row(_GROUP, "audit.retainFor", "Warn", "removing old audit rows"),
    Row(_GROUP, "audit.syslog", "Warn", "sending the audit to a collector"),
    Row(_GROUP, "egressProxy", "Warn", "calls through a proxy"),
    # clients
    Row(_LDAP, "methods[]", "Warn", "the method {value}", _is_not(*sorted(BUILT_METHODS))),
    Row(_LDAP, "rememberFor", "Warn", "remembering a second factor"),
    Row(_LDAP, "passwordChange", "Refuse", "changing passwords", _is("AfterFactor")),
    Row(_LDAP, "mode", "Warn", "the report mode (the second factor is enforced)", _is("Report")),
    # sync
    Row(_SYNC, "directory", "Refuse", "sync from trusted domains"),
    Row(_SYNC, "fullInterval", "Warn", "incremental sync (every pass reads everything)"),
    Row(_SYNC, "phone.precedence", "Warn", "taking over changed numbers"),
    Row(_SYNC, "phone.changeHold", "Warn", "taking over changed numbers"),
    Row(_SYNC, "defaults.pinMode", "Refuse", "PINs", _is("Pin")),
    Row(_SYNC, "removal.action", "Warn", "removal of users", _is_not("Keep")),
    Row(_SYNC, "removal.graceAfter", "Warn", "removal of users"),
    Row(_SYNC, "removal.deleteAfter", "Warn", "removal of users"),
    Row(_SYNC, "removal.guard", "Warn", "removal of users", _filled),
    Row(_SYNC, "importAtLogon", "Warn", "import at the first logon", _is("Enabled")),
)


def not_yet_built(item: Resource) -> Iterator[Finding]:
    """Yield a finding for every written field of the resource whose part is not built: an error where it is refused."""
    spec = document_of(item)["spec"]
    for row in ROWS:
        if row.kind != item.id.kind:
            continue
        for field, value in _values(spec, row.field.split(".") if row.field else [], "spec"):
            if row.when(value):
                yield _finding(row, item, field if row.field else "", value)


def _finding(row: Row, item: Resource, field: str, value: object) -> Finding:
    part = row.part.format(value=value)
    if row.verdict == "Refuse":
        text = f"not built yet: {part}; passing it over would not do what it says, so remove it"
        return Finding("Error", "NotYetSupported", text, item.id, field)
    what = "field" if row.field else row.kind
    return Finding("Warning", "NotYetSupported", f"not built yet: {part}; the {what} has no effect", item.id, field)


def _values(value: Any, steps: list[str], place: str) -> Iterator[tuple[str, object]]:
    """Yield path and value of every written field that the steps lead to."""
    if not steps:
        yield place, value
        return
    step, rest = steps[0], steps[1:]
    name, is_list = step.removesuffix("[]"), step.endswith("[]")
    if not isinstance(value, dict) or name not in value:
        return
    here = f"{place}.{name}"
    if is_list:
        for index, item in enumerate(value[name]):
            yield from _values(item, rest, f"{here}[{index}]")
    else:
        yield from _values(value[name], rest, here)
