"""Bundles: references resolved, a digest of what decides, and the way through a directory."""

import stat
from pathlib import Path

import pytest

from mfa_resources import Bundle, DanglingReferenceError, ManifestError, ObjectId, load_text, read_bundle
from mfa_resources.v1alpha1.common import CARef, ConfigMapKeyRef, SecretKeyRef, SecretRef
from tests.mfa_resources.samples import (
    Manifest,
    admitted,
    bypass,
    config_map,
    group,
    ldap_client,
    secret,
    setting,
    sync_source,
)


def bundle_of(*manifests: Manifest) -> Bundle:
    admission = admitted(*manifests)
    assert not [finding for finding in admission.findings if finding.is_error]
    return admission.bundles[ObjectId("MfaServerGroup", "mfa", "main")]


CA = {"type": "ConfigMap", "configMap": {"name": "ca", "key": "ca.crt"}}
ALL = (
    setting(group(), "directory.tls", {"caRef": CA}),
    ldap_client("b"),
    ldap_client("a", addresses=["192.0.2.11"]),
    sync_source(),
    bypass(),
    secret(),
    config_map("ca", **{"ca.crt": "PEM"}),
    secret("unused", x="y"),
)


def test_a_bundle_holds_the_group_what_attaches_to_it_and_what_they_name() -> None:
    bundle = bundle_of(*ALL)
    assert [client.metadata.name for client in bundle.ldap_clients] == ["a", "b"]
    assert [str(name) for name in bundle.secrets] == ["Secret mfa/directory-bind"]
    assert [str(name) for name in bundle.config_maps] == ["ConfigMap mfa/ca"]
    assert [resource.id.kind for resource in bundle.resources] == [
        "MfaServerGroup",
        "LdapClient",
        "LdapClient",
        "UserSyncSource",
        "OneTimeBypass",
    ]
    assert bundle.namespace == "mfa"
    assert bundle.id.name == "main"


def test_references_give_their_values() -> None:
    bundle = bundle_of(*ALL)
    directory = bundle.group.spec.directory
    assert bundle.secret(directory.bind_secret_ref, "mfa", "password") == b"correct horse"
    assert bundle.secret(SecretKeyRef(name="directory-bind", key="username"), "mfa") == b"svc-mfa@example.com"
    assert directory.tls.ca_ref is not None
    assert bundle.certificate_authorities(directory.tls.ca_ref, "mfa") == b"PEM"
    assert bundle.config_map(ConfigMapKeyRef(name="ca", key="ca.crt"), "mfa") == b"PEM"


@pytest.mark.parametrize(
    ("ref", "namespace", "message"),
    [
        (SecretKeyRef(name="other", key="x"), "mfa", "Secret mfa/other does not exist"),
        (SecretKeyRef(name="directory-bind", key="x"), "mfa", "Secret mfa/directory-bind has no key “x”"),
        (SecretKeyRef(name="directory-bind", key="password"), "team", "Secret team/directory-bind does not exist"),
        (SecretRef(name="directory-bind"), "mfa", "Secret mfa/directory-bind has no key “None”"),
    ],
)
def test_a_dangling_reference_is_named(ref: SecretRef | SecretKeyRef, namespace: str, message: str) -> None:
    with pytest.raises(DanglingReferenceError, match=message):
        bundle_of(*ALL).secret(ref, namespace)


def test_authorities_may_lie_in_a_secret() -> None:
    bundle = bundle_of(*ALL)
    ref = CARef.model_validate({"type": "Secret", "secret": {"name": "directory-bind", "key": "username"}})
    assert bundle.certificate_authorities(ref, "mfa") == b"svc-mfa@example.com"


def test_the_digest_is_of_the_wish_not_of_its_files() -> None:
    assert bundle_of(*ALL).digest == bundle_of(*reversed(ALL)).digest
    assert bundle_of(*ALL).digest.startswith("sha256:")


@pytest.mark.parametrize(
    "changed", [secret(username="svc-mfa@example.com", password="another"), ldap_client("c", addresses=["192.0.2.12"])]
)
def test_the_digest_changes_with_a_secret_and_with_a_client(changed: Manifest) -> None:
    manifests = {(one["kind"], one["metadata"]["name"]): one for one in [*ALL, changed]}
    assert bundle_of(*manifests.values()).digest != bundle_of(*ALL).digest


def test_a_bundle_is_read_back_from_its_directory(tmp_path: Path) -> None:
    bundle = bundle_of(*ALL)
    bundle.write(tmp_path / "bundle")
    assert read_bundle(tmp_path / "bundle").digest == bundle.digest
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "bundle").iterdir()}
    assert modes == {"resources.yaml": 0o600, "config-maps.yaml": 0o600, "secrets.yaml": 0o600}
    assert stat.S_IMODE((tmp_path / "bundle").stat().st_mode) == 0o700


def test_files_that_were_readable_for_others_are_not_afterwards(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text("x")
    (tmp_path / "secrets.yaml").chmod(0o644)
    bundle_of(*ALL).write(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.yaml").stat().st_mode) == 0o600


def test_no_secret_is_shown() -> None:
    bundle = bundle_of(*ALL)
    assert "correct horse" not in repr(bundle)
    assert "correct horse" not in repr(dict(bundle.secrets))
    assert "Y29ycmVjd" not in repr(bundle)


@pytest.mark.parametrize(
    "manifests",
    [(ldap_client(),), (group(), group("other"), secret()), (secret(),), (group(replicas=3), secret())],
    ids=["no group", "two groups", "only a secret", "an error"],
)
def test_what_is_not_one_whole_bundle_is_refused(tmp_path: Path, manifests: tuple[Manifest, ...]) -> None:
    import yaml  # noqa: PLC0415 - for this test alone

    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(manifests))
    with pytest.raises(ManifestError):
        read_bundle(tmp_path)


def test_a_pod_does_not_ask_again_who_may_attach(tmp_path: Path) -> None:
    allowed = [{"kinds": ["LdapClient"], "namespaces": {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}}]
    client = ldap_client(namespace="team", serverGroupRef={"name": "main", "namespace": "mfa"})
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {"a": "b"}}}
    bundle = bundle_of(group(allowedAttachments=allowed), secret(), client, namespace)
    assert len(bundle.ldap_clients) == 1
    bundle.write(tmp_path)
    assert read_bundle(tmp_path).digest == bundle.digest


def test_every_file_of_a_bundle_is_plain_manifests() -> None:
    for name, text in bundle_of(*ALL).files():
        assert not load_text(text, name).findings
