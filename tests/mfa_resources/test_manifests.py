"""Reading manifests: documents, files, directories; every error at once, nothing lost."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mfa_resources.errors import ManifestError
from mfa_resources.findings import ObjectId, Source
from mfa_resources.manifests import load_directory, load_text
from mfa_resources.v1alpha1 import API_VERSION, KINDS, LdapClient, Secret
from tests.mfa_resources.samples import config_map, group, ldap_client, secret, setting
from tests.support.manifests import endless_folders


def text(*manifests: object) -> str:
    return yaml.safe_dump_all(manifests)


def test_a_text_gives_resources_secrets_and_config_maps() -> None:
    found = load_text(text(group(), ldap_client(), secret(), config_map("ca", crt="PEM")), "all.yaml")
    assert [str(document.id) for document in found.documents] == [
        "MfaServerGroup mfa/main",
        "LdapClient mfa/gateway",
        "Secret mfa/directory-bind",
        "ConfigMap mfa/ca",
    ]
    assert not found.findings
    assert isinstance(found.documents[1].item, LdapClient)
    bind = found.documents[2].item
    assert isinstance(bind, Secret)
    assert bind.value("password") == b"correct horse"


def test_all_errors_of_all_documents_are_said_at_once() -> None:
    bad = setting(setting(ldap_client(), "timeout", "1s"), "modee", "Report")
    found = load_text(text(bad, {**group(), "spec": {}}), "all.yaml")
    assert [(finding.object and finding.object.name, finding.field) for finding in found.errors] == [
        ("gateway", "spec.modee"),
        ("gateway", "spec.timeout"),
        ("main", "spec.directory"),
    ]


def test_a_document_with_errors_keeps_its_identity_and_its_line() -> None:
    found = load_text("\n" + text(setting(ldap_client(), "timeout", "1s")), "a.yaml").documents[0]
    assert found.item is None
    assert found.id == ObjectId("LdapClient", "mfa", "gateway")
    assert found.source == Source("a.yaml", 2)
    assert found.source_of("spec.timeout").line > found.source_of("kind").line
    assert found.source_of("spec.methods[0]").line > found.source_of("spec.methods").line
    assert found.source_of("spec.methods[9].x") == found.source_of("spec.methods")
    assert found.source_of("nothing") == found.source


def test_a_namespace_that_is_not_written_is_default() -> None:
    client = ldap_client()
    del client["metadata"]["namespace"]
    assert load_text(text(client)).documents[0].id.namespace == "default"


def test_what_the_api_server_adds_is_let_pass() -> None:
    client = ldap_client()
    client["metadata"] |= {
        "uid": "0f1e",
        "generation": 3,
        "resourceVersion": "17",
        "creationTimestamp": "2026-11-24T10:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
    }
    client["status"] = {"observedGeneration": None, "conditions": [{"type": "Ready"}]}
    assert not load_text(text(client)).findings


def test_objects_of_others_are_passed_over_with_a_warning() -> None:
    found = load_text("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n", "a.yaml")
    assert [str(finding) for finding in found.findings] == [
        "a.yaml:1: apps/v1 Deployment means nothing here and is passed over"
    ]
    assert not found.errors
    assert not found.incomplete


def test_a_namespace_gives_its_labels_and_nothing_else() -> None:
    found = load_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {stage: live, n: 1}}\n")
    assert found.namespace_labels == {"team": {"stage": "live"}}
    assert not found.findings


@pytest.mark.parametrize(
    "broken",
    [
        "a: [",
        "- 1",
        "kind: LdapClient",
        "apiVersion: mfa-operator.io/v9\nkind: LdapClient",
        "apiVersion: v1\nkind: List",
    ],
)
def test_a_file_that_may_hold_unknown_objects_is_incomplete(broken: str) -> None:
    found = load_text(broken, "a.yaml")
    assert found.incomplete == {"a.yaml"}
    assert found.may_hold("a.yaml")
    assert not found.may_hold("b.yaml")
    assert len(found.errors) == 1


def test_an_object_that_is_written_all_over_the_place_is_reported_in_one_line_each(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: mfa}\nstringData: {a: b}\n"
    for number in range(9):
        (tmp_path / f"{number}.yaml").write_text(text)
    found = load_directory(tmp_path).findings
    assert len(found) == 9
    assert found[0].message.endswith(
        "also at 1.yaml:1, 2.yaml:1, 3.yaml:1, 4.yaml:1, 5.yaml:1 and 3 more places; keep one"
    )


def test_an_object_that_is_written_twice_counts_neither_way(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text(ldap_client()))
    (tmp_path / "b.yaml").write_text(text(ldap_client()))
    found = load_directory(tmp_path)
    assert [document.item for document in found.documents] == [None, None]
    assert [finding.reason for finding in found.errors] == ["Duplicate", "Duplicate"]


def test_a_directory_is_read_with_its_folders_in_a_fixed_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "client.yml").write_text(text(ldap_client()))
    (tmp_path / "a.yaml").write_text(text(group()))
    (tmp_path / "c.json").write_text(
        '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "mfa"}}'
    )
    (tmp_path / "notes.txt").write_text("not a manifest")
    (tmp_path / ".hidden.yaml").write_text("a: [")
    (tmp_path / "kustomization.yaml").write_text("resources: []")
    found = load_directory(tmp_path)
    assert [document.source.file for document in found.documents] == ["a.yaml", "b/client.yml", "c.json"]
    assert not found.findings


def test_a_mounted_volume_is_read_through_its_links(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "resources.yaml").write_text(text(group()))
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "resources.yaml").symlink_to("..data/resources.yaml")
    (tmp_path / "round").symlink_to(tmp_path)
    assert [document.source.file for document in load_directory(tmp_path).documents] == ["resources.yaml"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: ["])
def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    (tmp_path / "b.yaml").write_text(text(group()))
    found = load_directory(tmp_path)
    assert found.incomplete == {"a.yaml"}
    assert [document.id.kind for document in found.documents] == ["MfaServerGroup"]


def test_a_dangling_link_is_said_and_counts_as_unread(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere.yaml")
    found = load_directory(tmp_path)
    assert "cannot be read" in str(found.errors[0])
    assert found.may_hold("a.yaml")


def test_a_directory_without_manifests_is_no_wish_to_delete_everything(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds no manifest file"):
        load_directory(tmp_path)
    with pytest.raises(ManifestError, match="is not a directory"):
        load_directory(tmp_path / "missing")


def test_a_folder_that_cannot_be_listed_may_hold_anything(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = tmp_path / ("x" * 200)
        folder.mkdir()
        found = load_text("a: [", "folder")
        assert found.may_hold("folder/client.yaml")
        return
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    assert load_directory(tmp_path).may_hold("closed/client.yaml")


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    # reading a named pipe would wait for a writer for ever, and a device may have no end
    (tmp_path / "good.yaml").write_text(text(config_map("ca")))
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    loaded = load_directory(tmp_path)
    assert [str(finding) for finding in loaded.errors] == [
        "pipe.yaml: is no regular file and is not read",
        "zero.yaml: is no regular file and is not read",
    ]
    assert loaded.incomplete == {"pipe.yaml", "zero.yaml"}
    assert [document.id.kind for document in loaded.documents] == ["ConfigMap"]


def test_folders_without_end_are_said_and_count_as_unread(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(text(config_map("ca")))
    with endless_folders(tmp_path):
        loaded = load_directory(tmp_path)
    (finding,) = loaded.errors
    assert "cannot be listed: it is more than 32 folders deep" in str(finding)
    assert loaded.may_hold("d/" * 40 + "x.yaml")
    assert [document.id.kind for document in loaded.documents] == ["ConfigMap"]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + text(group()).encode())
    assert not load_directory(tmp_path).findings


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.sampled_from([*KINDS, "Secret", "ConfigMap", "Namespace"]),
    _anything,
    _anything | st.sampled_from([group()["spec"], ldap_client()["spec"]]),
    _anything,
)
def test_whatever_a_document_holds_it_is_read_or_explained(
    kind: str, metadata: object, spec: object, data: object
) -> None:
    version = API_VERSION if kind in KINDS else "v1"
    manifest = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec, "data": data}
    found = load_text(yaml.safe_dump(manifest), "a.yaml")
    assert all(str(finding) for finding in found.findings)
    assert all(document.item is not None or document.findings for document in found.documents)


@given(st.text(max_size=300))
def test_any_text_at_all_is_read_or_explained(content: str) -> None:
    assert load_text(content, "a.yaml").documents == () or content
