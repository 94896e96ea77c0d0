"""What is said about one wrong value (whole manifests are in test_broken)."""

import pytest

from tests.mfa_resources.samples import Manifest, group, ldap_client, loaded, secret, setting, sync_source

CASES = [
    (
        setting(ldap_client(), "users.unknown", "deny"),
        "“deny” is not known; must be one of Deny, PasswordOnly (did you mean Deny?)",
    ),
    (setting(ldap_client(), "users", []), "must be a mapping"),
    (setting(ldap_client(), "serviceAccounts", [{}]), "is missing"),
    (setting(ldap_client(), "methods", ["TextMessage"] * 2), "“TextMessage” is there twice; remove one"),
    (setting(ldap_client(), "answersPerApproval", 0), "must be at least 1"),
    (setting(ldap_client(), "answersPerApproval", True), "must be a whole number"),
    (setting(ldap_client(), "answersPerApproval", 1.5), "must be a whole number"),
    (setting(ldap_client(), "timeout", True), "must be a duration in text, such as 30s"),
    (setting(ldap_client(), "timeout", ["30s"]), "must be a duration in text, such as 30s"),
    (setting(ldap_client(), "addresses", [10]), "must be an address in text, such as 192.0.2.10"),
    (setting(group(), "directory.servers", [{"host": "a"}] * 17), "may have at most 16 items, has 17"),
    (setting(group(), "frontCertificate.keyTypes", []), "must not be empty"),
    (
        setting(group(), "portal", {"url": "https://x.example.com", "branding": {"colour": "blue"}}),
        "must have at least 7 characters",
    ),
    (setting(group(), "image.tag", "a b"), "must have the form ^[A-Za-z0-9_][-A-Za-z0-9_.]*$"),
    (
        setting(group(), "placement.nodeSelector", {"a b": "c"}),
        "is not a key that may be here: it must have the form ^[-A-Za-z0-9_./]+$",
    ),
    (setting(sync_source(), "select.groups", ["mfa-users"]), "must be a distinguished name, such as dc=example,dc=com"),
    (
        setting(sync_source(), "attributes.phone", ["mobile phone"]),
        "must be the name of a directory attribute, such as mobile",
    ),
    (setting(sync_source(), "defaults.language", "english"), "must be a language, such as en, de or pt-BR"),
]


@pytest.mark.parametrize(("manifest", "message"), CASES, ids=[message[:40] for _, message in CASES])
def test_a_wrong_value_is_explained(manifest: Manifest, message: str) -> None:
    assert [finding.message for finding in loaded(manifest).errors] == [message]


def test_a_control_character_is_not_repeated() -> None:
    found = loaded(setting(ldap_client(), "applicationName", "a\x1b[2Jb")).errors
    assert [finding.message for finding in found] == ["must be one line of text without control characters"]


def test_a_wrong_key_of_a_secret_is_said_without_its_value() -> None:
    found = loaded(secret(**{"pass word": "correct horse"})).errors
    assert "correct horse" not in str(found)
    assert "must be a key of letters, digits, dashes, dots and underscores" in found[0].message


def test_a_number_in_a_secret_is_said_without_the_number() -> None:
    manifest = secret()
    manifest["stringData"]["password"] = 4711
    found = loaded(manifest).errors
    assert [finding.message for finding in found] == [
        "is not quoted, and YAML reads it as a number or a boolean; quote it"
    ]


@pytest.mark.parametrize("bad", [{"spec": "x"}, {"spec": []}, {"metadata": {"name": "x", "labels": {"a": 1}}}])
def test_strange_shapes_are_explained_too(bad: Manifest) -> None:
    assert loaded(ldap_client() | bad).errors
