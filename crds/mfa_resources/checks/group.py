"""The group by itself: methods that nothing can carry, rules without effect, an empty bind account."""

from collections.abc import Iterator

from mfa_resources.checks.objects import Objects, error, warning
from mfa_resources.findings import Finding, ObjectId
from mfa_resources.v1alpha1 import MfaServerGroup
from mfa_resources.v1alpha1.common import Method

__all__ = ["check_group"]


def check_group(objects: Objects) -> Iterator[Finding]:
    """Yield what does not fit within one group."""
    for group in objects.all(MfaServerGroup):
        yield from _default_method(group)
        yield from _user_groups(group)
        yield from _bind_account(objects, group)


def _default_method(group: MfaServerGroup) -> Iterator[Finding]:
    method = group.spec.policy.methods.default
    missing = _missing_means(group, method)
    if missing:
        text = f"{method} is the default, but {missing} is not set, so people without another method cannot sign in; add it"
        yield warning(group.id, "spec.policy.methods.default", "NoUsableMethod", text)


def _missing_means(group: MfaServerGroup, method: Method) -> str:
    spec = group.spec
    means = {
        "TextMessage": ("textMessage.providers", bool(spec.text_message.providers)),
        "PhoneCall": ("phoneCall.providers", spec.phone_call is not None and bool(spec.phone_call.providers)),
        "MobileApp": ("mobileApp", spec.mobile_app is not None),
        "Email": ("email", spec.email is not None and spec.email.codes == "Enabled"),
        "Passkey": ("passkeys", spec.passkeys is not None),
    }
    name, there = means.get(method, ("", True))
    return "" if there else name


def _user_groups(group: MfaServerGroup) -> Iterator[Finding]:
    for index, one in enumerate(group.spec.policy.user_groups):
        if one.methods is None and one.pin is None:
            text = f"{one.name} changes nothing; give it methods or pin, or remove it"
            yield warning(group.id, f"spec.policy.userGroups[{index}]", "NoEffect", text)


def _bind_account(objects: Objects, group: MfaServerGroup) -> Iterator[Finding]:
    ref = group.spec.directory.bind_secret_ref
    secret = objects.document(ObjectId("Secret", group.metadata.namespace, ref.name))
    if secret is None:
        return
    for key in ("username", "password"):
        value = secret.value(key)
        if value is not None and not value.strip():
            text = f"{secret.id} has an empty {key}: that would be an anonymous bind; fill it in"
            yield error(group.id, "spec.directory.bindSecretRef", "EmptyCredential", text)
