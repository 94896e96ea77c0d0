"""The effective policy: where group and client disagree, the stricter one holds."""

from datetime import timedelta

import pytest

from mfa_resources.addresses import parse_range
from mfa_server.auth.attempt import Method, Mismatch
from mfa_server.auth.policy import ldap_client_policy
from tests.support.resources import client, group

SECOND = timedelta(seconds=1)


def test_answers_come_three_seconds_before_the_gateway_gives_up():
    assert ldap_client_policy(client(timeout="60s"), group()).deadline == 57 * SECOND
    assert ldap_client_policy(client(timeout="10s"), group()).text_timeout == 7 * SECOND


@pytest.mark.parametrize(
    ("theirs", "mine", "limit", "rule"),
    [
        ("Deny", None, "Forbidden", Mismatch.DENY),
        ("Deny", "PasswordOnly", "Forbidden", Mismatch.DENY),
        ("Deny", "PasswordOnly", "Allowed", Mismatch.PASSWORD_ONLY),
        ("PasswordOnly", None, "Forbidden", Mismatch.PASSWORD_ONLY),
        ("PasswordOnly", "Deny", "Forbidden", Mismatch.DENY),
    ],
)
def test_a_client_is_looser_than_its_group_only_within_the_limits(theirs, mine, limit, rule):
    rules = group(policy={"users": {"unknown": theirs}, "clientLimits": {"passwordOnly": limit}})
    asked = client(users={"unknown": mine} if mine else {})
    assert ldap_client_policy(asked, rules).users.unknown is rule


def test_methods_are_those_that_both_allow_and_that_exist():
    rules = group(policy={"methods": {"default": "TextMessage", "allowed": ["TextMessage", "PhoneCall"]}})
    assert ldap_client_policy(client(), rules).allowed_methods == {Method.TEXT_MESSAGE}
    assert ldap_client_policy(client(methods=["OathToken"]), rules).allowed_methods == frozenset()


def test_a_password_without_tls_needs_both_to_agree():
    optional = group(listeners={"ldap": {"startTLS": "Optional"}})
    assert ldap_client_policy(client(plaintext="Allow"), optional).plaintext
    assert not ldap_client_policy(client(plaintext="Allow"), group()).plaintext
    assert not ldap_client_policy(client(), optional).plaintext


def test_the_netscaler_preset_asks_for_the_service_bind_first():
    accounts = [{"identity": "cn=svc,dc=example,dc=test", "addresses": ["192.0.2.10"]}]
    preset = ldap_client_policy(client(gateway={"type": "NetScaler"}, serviceAccounts=accounts), group())
    assert preset.service_bind_first
    assert preset.service_accounts == (("cn=svc,dc=example,dc=test", False, (parse_range("192.0.2.10"),)),)
    assert not ldap_client_policy(client(), group()).service_bind_first


@pytest.mark.parametrize("written", ["Drop", "Pass", "Refuse"])
def test_references_are_treated_as_the_client_says(written):
    assert ldap_client_policy(client(references=written), group()).references.value == written


def test_numbers_of_the_group_reach_the_logon():
    rules = group(
        policy={"lockout": {"password": {"failures": 7, "directoryMargin": 1}}, "redeliveryWindow": "5s"},
        oath={"digits": 8, "drift": 2},
        textMessage={"mode": "TwoWay", "timeout": "30s", "codeLifetime": "120s"},
    )
    policy = ldap_client_policy(client(appendedCode={"separator": ";"}, answersPerApproval=2), rules)
    assert (policy.password_lockout.failures, policy.password_lockout.directory_margin) == (7, 1)
    assert (policy.redelivery_window, policy.text_timeout, policy.code_lifetime) == (
        5 * SECOND,
        30 * SECOND,
        120 * SECOND,
    )
    assert (policy.separator, policy.code_digits, policy.oath_drift, policy.answers_per_approval) == (";", 8, 2, 2)
    assert (policy.client, policy.application, policy.text_mode) == ("mfa/gateway", "gateway", "TwoWay")
