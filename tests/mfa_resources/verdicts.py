"""Manifests with the verdict that everybody must give: the models, the schema, the API server.

GOOD: all accept it. SCHEMA: all refuse it, the schema alone knows why. CEL: the API server's rules and the models refuse
it; the schema alone cannot know. OURS: only the models know, so the API server accepts it and the operator refuses it.
"""

from typing import Any, NamedTuple

from tests.mfa_resources.samples import (
    Manifest,
    bypass,
    group,
    ldap_client,
    radius_client,
    setting,
    sync_source,
    trusted_range,
)

__all__ = ["CEL", "GOOD", "OURS", "SCHEMA", "VERDICTS", "Verdict"]

GOOD, SCHEMA, CEL, OURS = "good", "schema", "CEL", "ours"


class Verdict(NamedTuple):
    sentence: str
    manifest: Manifest
    verdict: str


def _v(sentence: str, base: Manifest, path: str, value: Any, verdict: str) -> Verdict:
    return Verdict(sentence, setting(base, path, value) if path else base, verdict)


_QUESTION = {"id": "first", "text": {"en": "What was your first school called?"}}
_PORTAL = {"url": "https://mfa.example.com"}
_TWILIO = {"accountSID": "AC1", "from": "+441632960000", "credentialsSecretRef": {"name": "twilio"}}
_SQL = {"type": "PostgreSQL", "postgreSQL": {"secretRef": {"name": "db"}}}

VERDICTS: tuple[Verdict, ...] = (
    _v("the smallest group", group(), "", None, GOOD),
    _v("the smallest LDAP client", ldap_client(), "", None, GOOD),
    _v("the smallest RADIUS client", radius_client(), "", None, GOOD),
    _v("the smallest sync source", sync_source(), "", None, GOOD),
    _v("the smallest trusted range", trusted_range(), "", None, GOOD),
    _v("the smallest bypass", bypass(), "", None, GOOD),
    _v("three replicas on PostgreSQL", setting(group(), "store", _SQL), "replicas", 3, GOOD),
    _v("resources as Kubernetes has them", group(), "resources", {"limits": {"cpu": 1, "memory": "1Gi"}}, GOOD),
    _v("unknown fields in affinity", group(), "placement.affinity", {"nodeAffinity": {"x": [1]}}, GOOD),
    _v("a region that YAML would misread, quoted", group(), "textMessage.allowedRegions", ["NO"], GOOD),
    _v(
        "every shape of an address",
        ldap_client(),
        "addresses",
        ["192.0.2.1", "192.0.2.8/29", "192.0.2.20-192.0.2.29", "2001:db8::/64"],
        GOOD,
    ),
    _v("an IPv6 range", ldap_client(), "addresses", ["2001:db8::1-2001:db8::9"], GOOD),
    _v(
        "every shape of an identity",
        ldap_client(),
        "serviceAccounts",
        [{"identity": "cn=a,dc=b"}, {"identity": "a@b.c"}, {"identity": "D\\a"}],
        GOOD,
    ),
    _v("a time with an offset", bypass(), "notBefore", "2026-11-24T10:00:00+01:00", GOOD),
    _v("the longest time-out", ldap_client(), "timeout", "180s", GOOD),
    _v("a time-out in two units", ldap_client(), "timeout", "1m30s", GOOD),
    _v(
        "a provider of each type",
        group(),
        "textMessage.providers",
        [
            {"name": "a", "type": "Console"},
            {
                "name": "b",
                "type": "SMPP",
                "smpp": {"host": "h", "from": "Example", "credentialsSecretRef": {"name": "s"}},
            },
        ],
        GOOD,
    ),
    _v("an unknown field", ldap_client(), "timeuot", "60s", SCHEMA),
    _v("an unknown field deep inside", group(), "directory.tls", {"modus": "LDAPS"}, SCHEMA),
    _v("a missing group", {**ldap_client(), "spec": {"addresses": ["192.0.2.1"]}}, "", None, SCHEMA),
    _v("no directory", {**group(), "spec": {}}, "", None, SCHEMA),
    _v("text for a number", ldap_client(), "answersPerApproval", "2", SCHEMA),
    _v("a number for text", ldap_client(), "applicationName", 4711, SCHEMA),
    _v("a boolean for text", ldap_client(), "applicationName", False, SCHEMA),
    _v("a boolean for a number", ldap_client(), "answersPerApproval", True, SCHEMA),
    _v("text for a boolean", sync_source(), "defaults.enabled", "true", SCHEMA),
    _v("a number for a duration", ldap_client(), "timeout", 60, SCHEMA),
    _v("a duration without a unit", ldap_client(), "timeout", "60", SCHEMA),
    _v("a duration with a line break", ldap_client(), "timeout", "60s\n", SCHEMA),
    _v("a mapping for a list", ldap_client(), "addresses", {}, SCHEMA),
    _v("one for a list", ldap_client(), "addresses", "192.0.2.1", SCHEMA),
    _v("a list for a mapping", ldap_client(), "match", [], SCHEMA),
    _v("no addresses", ldap_client(), "addresses", [], SCHEMA),
    _v("too many addresses", ldap_client(), "addresses", [f"192.0.2.{n}" for n in range(129)], SCHEMA),
    _v("an address twice", ldap_client(), "addresses", ["192.0.2.1", "192.0.2.1"], SCHEMA),
    _v("a host name for an address", ldap_client(), "addresses", ["dc1.example.com"], SCHEMA),
    _v("an octet above 255", ldap_client(), "addresses", ["192.0.2.256"], SCHEMA),
    _v("an octet with a zero before it", ldap_client(), "addresses", ["192.0.2.010"], SCHEMA),
    _v("a prefix above 32", ldap_client(), "addresses", ["192.0.2.0/33"], SCHEMA),
    _v("two families in one range", ldap_client(), "addresses", ["192.0.2.1-2001:db8::1"], SCHEMA),
    _v("an unknown enum value", ldap_client(), "mode", "Observe", SCHEMA),
    _v("an enum value in lower case", ldap_client(), "plaintext", "refuse", SCHEMA),
    _v("a number above its bound", ldap_client(), "answersPerApproval", 4, SCHEMA),
    _v("a number below its bound", group(), "oath", {"digits": 5}, SCHEMA),
    _v("text that is too long", ldap_client(), "applicationName", "x" * 65, SCHEMA),
    _v("empty text", ldap_client(), "applicationName", "", SCHEMA),
    _v("a control character", ldap_client(), "applicationName", "a\x07b", SCHEMA),
    _v("not an identity", ldap_client(), "serviceAccounts", [{"identity": "svc"}], SCHEMA),
    _v(
        "two items with one key",
        ldap_client(),
        "serviceAccounts",
        [{"identity": "a@b.c"}, {"identity": "a@b.c", "visible": True}],
        SCHEMA,
    ),
    _v("a URL for a host", group(), "directory.servers", [{"host": "ldaps://dc1"}], SCHEMA),
    _v("a port above its bound", group(), "listeners", {"ldaps": {"port": 65_536}}, SCHEMA),
    _v("a plain http URL", group(), "portal", {"url": "http://mfa.example.com"}, SCHEMA),
    _v("a URL with a query", group(), "portal", {"url": "https://mfa.example.com/?x=1"}, SCHEMA),
    _v(
        "a filter without parentheses",
        sync_source(),
        "select",
        {"searches": [{"baseDN": "dc=a", "filter": "a=b"}]},
        SCHEMA,
    ),
    _v("a region in lower case", sync_source(), "phone", {"defaultRegion": "gb"}, SCHEMA),
    _v("no union type", group(), "frontCertificate", {"type": "Vault"}, SCHEMA),
    _v("no requester", {**bypass(), "spec": {"serverGroupRef": {"name": "main"}, "user": "a@b.c"}}, "", None, SCHEMA),
    _v("no time", bypass(), "notBefore", "tomorrow", SCHEMA),
    _v("no such day", bypass(), "notBefore", "2026-02-30T10:00:00Z", SCHEMA),
    _v(
        "more than two shared secrets",
        radius_client(),
        "secrets",
        [{"id": f"s{n}", "secretRef": {"name": "s", "key": "k"}} for n in range(3)],
        SCHEMA,
    ),
    _v("a digest that is none", group(), "image", {"digest": "sha256:abc"}, SCHEMA),
    _v("host bits", ldap_client(), "addresses", ["192.0.2.10/24"], CEL),
    _v("host bits of IPv6", ldap_client(), "addresses", ["2001:db8::1/64"], CEL),
    _v("no IPv6 address", ldap_client(), "addresses", ["2001:db8:::1"], CEL),
    _v("an IPv4-mapped address", ldap_client(), "addresses", ["::ffff:192.0.2.1"], CEL),
    _v("a time-out that is too short", ldap_client(), "timeout", "9s", CEL),
    _v("a time-out that is too long", ldap_client(), "timeout", "181s", CEL),
    _v("no time as a length", ldap_client(), "rememberFor", "0s", CEL),
    _v("servers and discovery", group(), "directory.discovery", {"domain": "example.com"}, CEL),
    _v("a member of another type", group(), "store", {"postgreSQL": {"secretRef": {"name": "db"}}}, CEL),
    _v("a type without its member", group(), "store", {"type": "PostgreSQL"}, CEL),
    _v("a provider without its member", group(), "textMessage.providers", [{"name": "a", "type": "Twilio"}], CEL),
    _v("three replicas on SQLite", group(), "replicas", 3, CEL),
    _v(
        "a default that is not allowed",
        group(),
        "policy.methods",
        {"default": "OathToken", "allowed": ["TextMessage"]},
        CEL,
    ),
    _v("a default default that is not allowed", group(), "policy.methods", {"allowed": ["OathToken"]}, CEL),
    _v(
        "replies without call-backs",
        group(),
        "textMessage.providers",
        [{"name": "a", "type": "Twilio", "twilio": _TWILIO}],
        CEL,
    ),
    _v(
        "calls without call-backs",
        group(),
        "phoneCall",
        {
            "providers": [
                {"name": "a", "type": "Twilio", "twilio": {"accountSID": "AC1", "credentialsSecretRef": {"name": "t"}}}
            ]
        },
        CEL,
    ),
    _v("no listener", group(), "listeners", {"proxyProtocol": {}}, CEL),
    _v("people's binds after a service account that is none", ldap_client(), "userBinds", "AfterServiceBind", CEL),
    _v("a bypass longer than its maximum", group(), "policy.bypass", {"defaultSeconds": 4000}, CEL),
    _v(
        "more answers than questions",
        group(),
        "portal",
        _PORTAL | {"securityQuestions": {"enrol": 1, "catalogue": [_QUESTION]}},
        CEL,
    ),
    _v("a source that selects nobody", sync_source(), "select", {}, CEL),
    _v(
        "a statement in a message",
        group(),
        "messages",
        [{"name": "a", "locale": "en", "application": "*", "text": "a {% b %}"}],
        CEL,
    ),
    _v(
        "a comment in a message",
        group(),
        "messages",
        [{"name": "a", "locale": "en", "application": "*", "text": "{# b #}"}],
        CEL,
    ),
    _v(
        "a language that is none as a key",
        group(),
        "portal",
        _PORTAL | {"securityQuestions": {"catalogue": [{"id": "a", "text": {"English": "b"}}]}},
        CEL,
    ),
    _v("a group name with a dot", group("main.one"), "", None, CEL),
    _v("a group name that is too long", group("m" * 41), "", None, CEL),
    _v("an upstream without its member", radius_client(), "firstFactor", {"type": "Radius"}, CEL),
    _v("a range that ends before it begins", ldap_client(), "addresses", ["192.0.2.9-192.0.2.1"], OURS),
    _v("a range that is too large", ldap_client(), "addresses", ["10.0.0.0-10.1.0.0"], OURS),
    _v("a range of no addresses", ldap_client(), "addresses", ["2001:db8:::1-2001:db8::9"], OURS),
)
