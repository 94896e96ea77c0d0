"""Writing back: the same wish gives the same text, and nothing is lost."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mfa_resources.canonical import document_of, to_yaml
from mfa_resources.manifests import load_text
from tests.mfa_resources.samples import Manifest, config_map, group, ldap_client, loaded, secret


def written(manifest: Manifest) -> dict[str, Any]:
    item = loaded(manifest).documents[0].item
    assert item is not None
    return document_of(item)


def test_defaults_are_not_written() -> None:
    assert written(ldap_client())["spec"] == ldap_client()["spec"]


def test_durations_are_written_in_their_shortest_form() -> None:
    assert written(ldap_client(timeout="1m0s"))["spec"]["timeout"] == "1m"


def test_only_our_own_annotations_are_kept() -> None:
    manifest = ldap_client()
    manifest["metadata"] |= {
        "labels": {"app": "x"},
        "uid": "17",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mfa-operator.io/reload": "1"},
    }
    assert written(manifest)["metadata"] == {
        "name": "gateway",
        "namespace": "mfa",
        "annotations": {"mfa-operator.io/reload": "1"},
    }


def test_secrets_are_written_in_base64_and_sorted() -> None:
    assert written(secret(b="2", a="1"))["data"] == {"a": "MQ==", "b": "Mg=="}
    assert list(written(secret(b="2", a="1"))["data"]) == ["a", "b"]
    assert written(config_map("x", a="1"))["binaryData"] == {"a": "MQ=="}


_line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)


@given(_line)
def test_any_text_survives_writing_and_reading(name: str) -> None:
    item = loaded(ldap_client(applicationName=name)).documents[0].item
    assert item is not None
    text = to_yaml([document_of(item)])
    again = load_text(text).documents[0].item
    assert again is not None
    assert document_of(again) == document_of(item)
    assert again.spec.application_name == name  # type: ignore[union-attr]  # it is an LdapClient


@given(st.dictionaries(st.from_regex("[-._a-zA-Z0-9]{1,20}", fullmatch=True), st.binary(max_size=64), max_size=4))
def test_any_bytes_of_a_secret_survive(values: dict[str, bytes]) -> None:
    import base64  # noqa: PLC0415 - for this test alone

    manifest = secret()
    del manifest["stringData"]
    manifest["data"] = {key: base64.b64encode(value).decode() for key, value in values.items()}
    item = loaded(manifest).documents[0].item
    assert item is not None
    again = load_text(to_yaml([document_of(item)])).documents[0].item
    assert again is not None
    assert document_of(again) == document_of(item)


def test_the_smallest_group_is_written_as_it_was() -> None:
    assert written(group()) == group()
