"""The CRDs: what kubectl and the API server know about our kinds, proven on the real one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mfa_resources.crd import custom_resource_definition, documented_schema
from mfa_resources.v1alpha1 import KINDS, Resource
from tests.mfa_resources.samples import Manifest, bypass, group, ldap_client, setting
from tests.support.golden import GOLDEN_FOLDER
from tests.support.kube_api import KubeApi, Refused

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = GOLDEN_FOLDER / "everything"
BY_NAME = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def version(kind: type[Resource]) -> dict[str, Any]:
    found: dict[str, Any] = custom_resource_definition(kind)["spec"]["versions"][0]
    return found


@BY_NAME
def test_every_kind_is_in_the_category_and_has_a_status(kind: type[Resource]) -> None:
    names = custom_resource_definition(kind)["spec"]["names"]
    assert names["categories"] == ["mfa"]
    assert names["shortNames"]
    assert version(kind)["subresources"]["status"] == {}


def test_short_names_are_told_apart() -> None:
    names = [name for kind in KINDS.values() for name in kind.short_names]
    assert len(names) == len(set(names))


@BY_NAME
def test_only_the_replicas_are_stored_by_default(kind: type[Resource]) -> None:
    text = yaml.safe_dump(version(kind)["schema"])
    stored = [line.strip() for line in text.splitlines() if line.strip().startswith("default:") and "'" not in line]
    assert [line for line in stored if line != "default:"] == (
        ["default: 1"] if kind.__name__ == "MfaServerGroup" else []
    )


@BY_NAME
def test_attached_kinds_are_selected_by_their_group(kind: type[Resource]) -> None:
    wanted = [] if kind.__name__ == "MfaServerGroup" else [{"jsonPath": ".spec.serverGroupRef.name"}]
    assert version(kind).get("selectableFields", []) == wanted


def documents(folder: Path) -> Iterator[Manifest]:
    for path in sorted(folder.rglob("*.yaml")):
        yield from (one for one in yaml.safe_load_all(path.read_text()) if one)


def used(value: Any, schema: dict[str, Any], place: str) -> Iterator[str]:
    if isinstance(value, dict) and "properties" in schema:
        for name, part in value.items():
            yield f"{place}.{name}"
            yield from used(part, schema["properties"][name], f"{place}.{name}")
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            yield from used(item, schema["items"], place)


def known(schema: dict[str, Any], place: str) -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        yield f"{place}.{name}"
        yield from known(part.get("items", part), f"{place}.{name}")


@BY_NAME
def test_the_golden_manifests_use_every_field(kind: type[Resource]) -> None:
    schema = documented_schema(kind)["properties"]["spec"]
    mine = [one["spec"] for one in documents(EVERYTHING) if one["kind"] == kind.__name__]
    assert set(known(schema, "spec")) == {place for spec in mine for place in used(spec, schema, "spec")}


@pytest.fixture(scope="module")
def served(kube_api: KubeApi) -> KubeApi:
    """An API server that serves the CRDs as they are committed."""
    for path in sorted((ROOT / "crds").glob("*.yaml")):
        kube_api.establish(yaml.safe_load(path.read_text()))
    return kube_api


def test_the_api_server_accepts_everything_and_all_examples(served: KubeApi) -> None:
    for manifest in [*documents(ROOT / "examples"), *documents(EVERYTHING)]:
        if manifest["kind"] == "Namespace":
            continue
        manifest["metadata"]["namespace"] = f"dry-{manifest['metadata']['namespace']}"  # where nothing is yet
        served.make_namespace(manifest["metadata"]["namespace"])
        served.call("POST", served.path(manifest, collection=True), manifest, dryRun="All", fieldValidation="Strict")


def test_the_group_of_an_object_cannot_be_changed(served: KubeApi) -> None:
    served.make_namespace("fixed")
    client = ldap_client(namespace="fixed")
    served.create(client)
    served.merge(client, {"spec": {"timeout": "30s"}})
    with pytest.raises(Refused, match="serverGroupRef cannot be changed"):
        served.merge(client, {"spec": {"serverGroupRef": {"name": "other"}}})


def test_a_bypass_cannot_be_changed(served: KubeApi) -> None:
    served.make_namespace("fixed")
    one = bypass(namespace="fixed")
    served.create(one)
    with pytest.raises(Refused, match="spec cannot be changed"):
        served.merge(one, {"spec": {"seconds": 600}})


def test_replicas_are_stored_and_scaled(served: KubeApi) -> None:
    served.make_namespace("scaled")
    store = {"type": "PostgreSQL", "postgreSQL": {"secretRef": {"name": "db"}}}
    one = setting(group(namespace="scaled"), "store", store)
    served.create(one)
    assert served.get(one)["spec"]["replicas"] == 1
    served.merge(one, {"spec": {"replicas": 3}}, subresource="scale")
    assert served.get(one)["spec"]["replicas"] == 3


def test_attached_objects_are_found_by_their_group(served: KubeApi) -> None:
    served.make_namespace("selected")
    for name, target in (("a", "main"), ("b", "other")):
        served.create(ldap_client(name, "selected", serverGroupRef={"name": target}))
    found = served.items(ldap_client(namespace="selected"), fieldSelector="spec.serverGroupRef.name=other")
    assert [one["metadata"]["name"] for one in found] == ["b"]


def test_the_status_is_written_apart_and_checked(served: KubeApi) -> None:
    served.make_namespace("reported")
    one = ldap_client(namespace="reported")
    served.create(one | {"status": {"observedGeneration": 7}})
    assert "status" not in served.get(one)
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Programmed",
        "message": "",
        "lastTransitionTime": "2026-11-24T10:00:00Z",
    }
    served.merge(one, {"status": {"observedGeneration": 1, "conditions": [ready]}}, subresource="status")
    assert served.get(one)["status"]["conditions"] == [ready]
    with pytest.raises(Refused, match=r"status\.conditions"):
        served.merge(one, {"status": {"conditions": [ready | {"status": "Maybe"}]}}, subresource="status")
