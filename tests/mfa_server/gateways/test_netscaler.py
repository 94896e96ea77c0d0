"""What is to be typed at a NetScaler: golden files, and what must never come out."""

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_resources import LdapClient, MfaServerGroup
from mfa_server.gateways.netscaler import GatewayConfigurationError, Placement, netscaler_commands, quote
from tests.support.golden import Golden

__all__: list[str] = []

ACCOUNT = "cn=svc-netscaler,ou=service,dc=example,dc=com"


def _group(**spec: Any) -> MfaServerGroup:
    directory = {
        "servers": [{"host": "dc1.example.com"}],
        "baseDN": "dc=example,dc=com",
        "bindSecretRef": {"name": "directory-bind"},
    }
    return MfaServerGroup.model_validate(
        {
            "apiVersion": "mfa-operator.io/v1alpha1",
            "kind": "MfaServerGroup",
            "metadata": {"name": "main", "namespace": "mfa"},
            "spec": {"directory": directory, **spec},
        }
    )


def _client(gateway: dict[str, Any] | None = None, *, without_gateway: bool = False, **spec: Any) -> LdapClient:
    preset = {"type": "NetScaler", **({"netScaler": gateway} if gateway else {})}
    return LdapClient.model_validate(
        {
            "apiVersion": "mfa-operator.io/v1alpha1",
            "kind": "LdapClient",
            "metadata": {"name": "netscaler", "namespace": "mfa"},
            "spec": {
                "serverGroupRef": {"name": "main"},
                "addresses": ["192.0.2.10", "192.0.2.32/28"],
                "serviceAccounts": [{"identity": ACCOUNT}],
                **({} if without_gateway else {"gateway": preset}),
                **spec,
            },
        }
    )


NAMED = {"frontCertificate": {"dnsNames": ["mfa.example.com"]}}
FULL = {"name": "mfa_ldap", "virtualServer": "vpn_vs", "loginAttribute": "sAMAccountName"}
CASES = {
    "defaults": (_client(), _group(), Placement()),
    "one-address": (_client(FULL), _group(**NAMED), Placement(["192.0.2.53"], "/var/lib/mfa/ca.crt")),
    "two-servers-classic": (
        _client(
            FULL | {"policyStyle": "Classic", "binding": "Secondary"}, timeout="150s", passwordChange="AfterFactor"
        ),
        _group(**NAMED),
        Placement(["192.0.2.51", "192.0.2.52"]),
    ),
    "starttls-next-factor": (
        _client(FULL | {"binding": "Secondary"}, match={"listener": "LDAP"}),
        _group(**NAMED, listeners={"ldap": {"port": 1389}}),
        Placement(["192.0.2.53"]),
    ),
    "openldap-odd-names": (
        _client(
            {"name": "mfa ldap #1", "virtualServer": "vpn = vs"},
            serviceAccounts=[{"identity": r'cn=svc "net" \, scaler;rm -rf,dc=example,dc=com'}],
        ),
        _group(
            **NAMED,
            directory={
                "type": "OpenLDAP",
                "servers": [{"host": "ldap.example.com"}],
                "baseDN": "o=Example $(reboot) `x`",
                "bindSecretRef": {"name": "directory-bind"},
            },
        ),
        Placement(["192.0.2.53"]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_commands_are_the_reviewed_ones(case: str, golden: Golden) -> None:
    client, group, placement = CASES[case]
    golden(f"gateways/netscaler/{case}.nscli", netscaler_commands(client, group, placement))


@pytest.mark.parametrize("case", CASES)
def test_every_line_is_a_comment_a_blank_or_one_known_command(case: str) -> None:
    client, group, placement = CASES[case]
    for line in netscaler_commands(client, group, placement).splitlines():
        if line and not line.startswith("#"):
            words = shlex.split(line)
            assert words[0] in {"add", "bind", "set", "save"}, line


def test_the_gateway_waits_as_long_as_the_client_says() -> None:
    text = netscaler_commands(_client(timeout="90s"), _group())
    assert " -authTimeout 90 " in text
    assert "newConnIdleTimeout 95" in text


@pytest.mark.parametrize(
    ("client", "group", "message"),
    [
        (
            _client(without_gateway=True),
            _group(),
            "LdapClient mfa/netscaler is not declared as a NetScaler; set spec.gateway.type: NetScaler",
        ),
        (
            _client(serviceAccounts=[], userBinds="Any"),
            _group(),
            "LdapClient mfa/netscaler has no service account, and a NetScaler binds one before it searches; name it in spec.serviceAccounts",
        ),
        (
            _client(match={"listener": "LDAPS"}),
            _group(listeners={"ldap": {}}),
            "MfaServerGroup mfa/main has no listener that LdapClient mfa/netscaler could use (spec.match.listener: LDAPS); add spec.listeners.ldaps to the group",
        ),
    ],
)
def test_what_cannot_be_configured_is_refused_with_the_field(
    client: LdapClient, group: MfaServerGroup, message: str
) -> None:
    with pytest.raises(GatewayConfigurationError) as refused:
        netscaler_commands(client, group)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("mfa_ldap", "mfa_ldap"),
        ("192.0.2.1", "192.0.2.1"),
        ("dc=example,dc=com", '"dc=example,dc=com"'),
        ("two words", '"two words"'),
        ('say "x"', r'"say \"x\""'),
        (r"CORP\svc", r'"CORP\\svc"'),
        ("a;b", '"a;b"'),
        ("", '""'),
    ],
)
def test_words_are_quoted_where_they_have_to_be(text: str, word: str) -> None:
    assert quote(text) == word


@given(st.text())
def test_a_quoted_text_is_one_word_on_one_line_or_refused(text: str) -> None:
    try:
        word = quote(text)
    except GatewayConfigurationError:
        assert not text.isprintable()
    else:
        assert shlex.split(word) == [text]
