"""The rules that hold for logons through one client: the group's policy, narrowed (or within its limits loosened) by the client."""

from datetime import timedelta

from mfa_resources import LdapClient, MfaServerGroup
from mfa_server.auth.attempt import (
    ClientPolicy,
    LockoutPolicy,
    Method,
    Mismatch,
    PromptPolicy,
    References,
    UserRules,
)

__all__ = ["ANSWER_MARGIN", "BUILT_METHODS", "ldap_client_policy"]

ANSWER_MARGIN = timedelta(seconds=3)
"""Our answer comes this much before the gateway gives up."""
BUILT_METHODS = frozenset({Method.TEXT_MESSAGE, Method.OATH_TOKEN})
"""Methods that this version can ask for or check; the others join with their parts."""


def ldap_client_policy(client: LdapClient, group: MfaServerGroup) -> ClientPolicy:
    """Return the effective policy of an LdapClient. Where two rules disagree the stricter one holds."""
    spec, rules = client.spec, group.spec.policy
    text = group.spec.text_message
    deadline = spec.timeout - ANSWER_MARGIN
    return ClientPolicy(
        client=f"{client.metadata.namespace}/{client.metadata.name}",
        application=client.application,
        users=_user_rules(client, group),
        default_method=Method(rules.methods.default),
        allowed_methods=_methods(client, group),
        separator=spec.appended_code.separator if spec.appended_code else "",
        code_digits=group.spec.oath.digits,
        deadline=deadline,
        text_mode=text.mode,
        text_timeout=text.timeout or deadline,
        code_lifetime=text.code_lifetime,
        oath_drift=group.spec.oath.drift,
        redelivery_window=rules.redelivery_window,
        answers_per_approval=spec.answers_per_approval,
        service_bind_first=spec.effective_user_binds == "AfterServiceBind",
        plaintext=spec.plaintext == "Allow" and _optional_tls(group),
        service_accounts=tuple(
            (account.identity, account.visible, account.addresses) for account in spec.service_accounts
        ),
        references=References(spec.references),
        prompts=PromptPolicy(rules.prompts.unanswered, rules.prompts.within, rules.prompts.pause),
        password_lockout=LockoutPolicy(
            rules.lockout.password.failures,
            rules.lockout.password.within,
            rules.lockout.password.duration,
            rules.lockout.password.directory_margin,
        ),
        factor_lockout=LockoutPolicy(
            rules.lockout.factor.failures, rules.lockout.factor.within, rules.lockout.factor.duration
        ),
        locale=rules.locale,
    )


def _methods(client: LdapClient, group: MfaServerGroup) -> frozenset[Method]:
    allowed = frozenset(Method(name) for name in group.spec.policy.methods.allowed)
    wished = frozenset(Method(name) for name in client.spec.methods) or allowed
    return allowed & wished & BUILT_METHODS


def _user_rules(client: LdapClient, group: MfaServerGroup) -> UserRules:
    mine, theirs = client.spec.users, group.spec.policy.users
    may_loosen = group.spec.policy.client_limits.password_only == "Allowed"  # noqa: S105 - a permission
    return UserRules(
        unknown=_rule(mine.unknown, theirs.unknown, may_loosen=may_loosen),
        disabled=_rule(mine.disabled, theirs.disabled, may_loosen=may_loosen),
        without_method=Mismatch(theirs.without_method),
    )


def _rule(client: str | None, group: str, *, may_loosen: bool) -> Mismatch:
    wished = Mismatch(client or group)
    if wished is Mismatch.PASSWORD_ONLY and group == Mismatch.DENY.value and not may_loosen:
        return Mismatch.DENY
    return wished


def _optional_tls(group: MfaServerGroup) -> bool:
    ldap = group.spec.listeners.ldap
    return ldap is not None and ldap.start_tls == "Optional"
