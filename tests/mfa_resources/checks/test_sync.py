"""Sync sources within their group."""

from typing import Any

import pytest

from mfa_resources.checks import Objects, check
from tests.mfa_resources.samples import admitted, group, loaded, reasons, secret, setting, sync_source


def said(*sources: Any, manifest: Any = None) -> list[str]:
    documents = loaded(manifest or group(), secret(), *sources).documents
    found = check(Objects({one.id: one.item for one in documents if one.item is not None}))
    return [f"{one.severity} {one.reason} {one.field}" for one in found]


def test_a_domain_must_be_one_that_the_group_trusts() -> None:
    assert said(sync_source(directory="emea")) == ["Error UnknownDomain spec.directory"]
    domain = {
        "name": "emea",
        "servers": [{"host": "dc1"}],
        "baseDN": "dc=emea",
        "bindSecretRef": {"name": "directory-bind"},
    }
    assert said(sync_source(directory="emea"), manifest=setting(group(), "directory.trustedDomains", [domain])) == []


def test_a_default_method_must_be_one_that_the_group_allows() -> None:
    assert reasons(admitted(group(), secret(), sync_source(defaults={"method": "PhoneCall"}))) == [
        "LooserThanGroup staff spec.defaults.method"
    ]
    contractors = [{"name": "contractors", "methods": {"default": "PhoneCall", "allowed": ["PhoneCall"]}}]
    wide = setting(group(), "policy.userGroups", contractors)
    assert said(sync_source(defaults={"method": "PhoneCall"}), manifest=wide) == []


def test_sources_of_one_order_are_a_warning() -> None:
    assert said(sync_source("a"), sync_source("b")) == ["Warning SameOrder spec.order"]
    assert said(sync_source("a", order=1), sync_source("b", order=2)) == []


@pytest.mark.parametrize("text", ["(a=b)", "(&(a=b)(c=d))", "(&(a=b)(|(c=d)(!(e=f))))", r"(cn=a\28b\29)"])
def test_a_filter_with_matching_parentheses_is_taken(text: str) -> None:
    assert said(sync_source(select={"searches": [{"baseDN": "dc=a", "filter": text}]})) == []


@pytest.mark.parametrize("text", ["(&(a=b)", "(a=b))", "(a=b)(c=d)", "(a=b)c(d)"])
def test_a_filter_without_them_is_refused(text: str) -> None:
    assert said(sync_source(select={"searches": [{"baseDN": "dc=a", "filter": text}]})) == [
        "Error InvalidFilter spec.select.searches[0].filter"
    ]
