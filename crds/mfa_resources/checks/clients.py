"""Clients within their group: looser than allowed, no way to sign in, insecure on purpose."""

from collections.abc import Iterator

from mfa_resources.checks.objects import Objects, error, warning
from mfa_resources.durations import format_duration
from mfa_resources.findings import Finding, ObjectId
from mfa_resources.v1alpha1 import LdapClient, MfaServerGroup, OneTimeBypass, RadiusClient
from mfa_resources.v1alpha1.common import Method

__all__ = ["MINIMUM_RADIUS_SECRET", "check_bypasses", "check_clients"]

MINIMUM_RADIUS_SECRET = 16
"""Bytes of a RADIUS shared secret at least (RFC 2865 section 3)."""

_Client = LdapClient | RadiusClient
_TYPED: tuple[Method, ...] = ("OathToken", "Email", "RecoveryCode")
"""Methods whose code is typed, which LDAP has no place for but after the password."""


def check_clients(objects: Objects) -> Iterator[Finding]:
    """Yield what is wrong with LDAP and RADIUS clients within their groups."""
    for name, attached in objects.attached.items():
        group = objects.items[name]
        if not isinstance(group, MfaServerGroup):
            continue
        for item in attached:
            if isinstance(item, LdapClient):
                yield from _limits(item, group)
                yield from _ldap_limits(item, group)
                yield from _ldap_transport(item, group)
                yield from _ldap_codes(item, group)
                yield from _ldap_people(item)
            elif isinstance(item, RadiusClient):
                yield from _limits(item, group)
                yield from _radius_secrets(objects, item)


def _limits(item: _Client, group: MfaServerGroup) -> Iterator[Finding]:
    policy = group.spec.policy
    strict = not policy.client_limits.allows_password_only
    pairs = (
        ("unknown", item.spec.users.unknown, policy.users.unknown),
        ("disabled", item.spec.users.disabled, policy.users.disabled),
    )
    for name, mine, theirs in pairs:
        if strict and mine == "PasswordOnly" and theirs == "Deny":
            text = f"PasswordOnly is looser than {group.id} allows; use Deny, or set the group's policy.clientLimits.passwordOnly: Allowed"
            yield error(item.id, f"spec.users.{name}", "LooserThanGroup", text)
    allowed = _allowed(group)
    for index, method in enumerate(item.spec.methods):
        if method not in allowed:
            text = f"{method} is not among the methods that {group.id} allows; remove it, or add it to the group's policy.methods.allowed"
            yield error(item.id, f"spec.methods[{index}]", "LooserThanGroup", text)


def _allowed(group: MfaServerGroup) -> frozenset[Method]:
    policy = group.spec.policy
    found = set(policy.methods.allowed)
    for user_group in policy.user_groups:
        if user_group.methods is not None:
            found.update(user_group.methods.allowed)
    return frozenset(found)


def _ldap_limits(item: LdapClient, group: MfaServerGroup) -> Iterator[Finding]:
    limits = group.spec.policy.client_limits
    wanted = item.spec.remember_for
    if wanted is not None and (limits.remember_for is None or wanted > limits.remember_for):
        most = "none" if limits.remember_for is None else format_duration(limits.remember_for)
        text = f"{format_duration(wanted)} is longer than {group.id} allows (policy.clientLimits.rememberFor: {most}); shorten or remove it"
        yield error(item.id, "spec.rememberFor", "LooserThanGroup", text)
    if item.spec.mode == "Report" and not limits.allows_password_only:
        text = f"Report lets people in by the password alone, which {group.id} forbids; use Enforce, or set the group's policy.clientLimits.passwordOnly: Allowed"
        yield error(item.id, "spec.mode", "LooserThanGroup", text)


def _ldap_transport(item: LdapClient, group: MfaServerGroup) -> Iterator[Finding]:
    listeners = group.spec.listeners
    if item.spec.plaintext == "Allow":
        if listeners.ldap is None or listeners.ldap.start_tls == "Required":
            text = f"Allow has no effect while {group.id} requires TLS; use Refuse, or set the group's listeners.ldap.startTLS: Optional"
            yield error(item.id, "spec.plaintext", "PlaintextForbidden", text)
        else:
            text = (
                "passwords of this client cross the network in the clear; use StartTLS or LDAPS and plaintext: Refuse"
            )
            yield warning(item.id, "spec.plaintext", "Insecure", text)
    wanted = {"LDAP": listeners.ldap, "LDAPS": listeners.ldaps}.get(item.spec.match.listener, True)
    if wanted is None or (listeners.ldap is None and listeners.ldaps is None):
        text = f"{group.id} has no such listener, so the client can never connect; add it to the group's listeners"
        yield warning(item.id, "spec.match.listener", "NoListener", text)


def _ldap_codes(item: LdapClient, group: MfaServerGroup) -> Iterator[Finding]:
    if item.spec.appended_code is not None:
        return
    allowed = _allowed(group)
    usable = set(item.spec.methods) & allowed if item.spec.methods else allowed
    one_way = group.spec.text_message.mode == "OneWay"
    typed = [method for method in sorted(usable) if method in _TYPED or (method == "TextMessage" and one_way)]
    if typed and set(typed) == usable - {"Passkey"}:
        text = f"nobody can sign in: {', '.join(typed)} need a typed code, and LDAP has a place for it only with appendedCode; add it"
        yield warning(item.id, "spec.appendedCode", "NoUsableMethod", text)
    elif typed:
        text = f"{', '.join(typed)} cannot be used here: they need a typed code, and LDAP has a place for it only with appendedCode; add it, or list other methods"
        yield warning(item.id, "spec.appendedCode", "MethodNotUsable", text)


def _ldap_people(item: LdapClient) -> Iterator[Finding]:
    if item.spec.effective_user_binds == "AfterServiceBind" and not item.spec.service_accounts:
        text = "the NetScaler preset takes people's binds only after a service account's bind, and there is none; add the account that the gateway binds with"
        yield error(item.id, "spec.serviceAccounts", "NoServiceAccount", text)
    preset = item.spec.gateway is not None and item.spec.gateway.type == "NetScaler"
    if preset and item.spec.user_binds == "Any":
        text = "Any takes binds of people from everybody at the gateway's address; leave it away for the preset's AfterServiceBind"
        yield warning(item.id, "spec.userBinds", "Insecure", text)
    for index, account in enumerate(item.spec.service_accounts):
        for place, one in enumerate(account.addresses):
            if not any(one.overlaps(mine) for mine in item.spec.addresses):
                text = (
                    f"{one} is none of the client's addresses, so the account can never sign in from there; remove it"
                )
                yield warning(item.id, f"spec.serviceAccounts[{index}].addresses[{place}]", "NeverMatches", text)


def _radius_secrets(objects: Objects, item: RadiusClient) -> Iterator[Finding]:
    for index, one in enumerate(item.spec.secrets):
        secret = objects.document(ObjectId("Secret", item.metadata.namespace, one.secret_ref.name))
        value = secret.value(one.secret_ref.key) if secret is not None else None
        if value is not None and len(value) < MINIMUM_RADIUS_SECRET:
            text = f"the secret is shorter than {MINIMUM_RADIUS_SECRET} bytes; make a longer one"
            yield error(item.id, f"spec.secrets[{index}].secretRef", "WeakSecret", text)


def check_bypasses(objects: Objects) -> Iterator[Finding]:
    """Yield what is wrong with one-time bypasses within their groups."""
    for name, attached in objects.attached.items():
        group = objects.items[name]
        if not isinstance(group, MfaServerGroup):
            continue
        names = {item.metadata.name for item in attached if isinstance(item, LdapClient | RadiusClient)}
        for item in attached:
            if isinstance(item, OneTimeBypass):
                yield from _bypass(item, group, names)


def _bypass(item: OneTimeBypass, group: MfaServerGroup, names: set[str]) -> Iterator[Finding]:
    most = group.spec.policy.bypass.maximum_seconds
    if item.spec.seconds is not None and item.spec.seconds > most:
        text = f"{item.spec.seconds} is more than {group.id} allows (policy.bypass.maximumSeconds: {most}); shorten it"
        yield error(item.id, "spec.seconds", "LooserThanGroup", text)
    for index, client in enumerate(item.spec.clients):
        if client not in names:
            text = f"no LdapClient or RadiusClient of {group.id} is named {client}; correct the name"
            yield warning(item.id, f"spec.clients[{index}]", "UnknownClient", text)
