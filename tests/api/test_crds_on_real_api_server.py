"""The generated CRDs, the examples and the rules, judged by the API server itself."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.golden import GOLDEN_FOLDER
from tests.support.kube_api import KubeApi, Manifest, Refused

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
CRD_FILES = sorted((ROOT / "crds").glob("*.yaml"))
KINDS = {"MfaServerGroup", "LdapClient", "RadiusClient", "UserSyncSource", "TrustedIPRange", "OneTimeBypass"}
ATTACHED = sorted(KINDS - {"MfaServerGroup"})
GROUP_AND_VERSION = "mfa-operator.io/v1alpha1"
NAMESPACE = "rules"
RADIUS_SECRET = {"id": "now", "secretRef": {"name": "radius", "key": "secret"}}
MAXIMUM_BYTES = 200_000


def documents(path: Path) -> list[Manifest]:
    return [document for document in yaml.load_all(path.read_text(), yaml.CSafeLoader) if document]


def minimal(kind: str, name: str = "one", **spec: Any) -> Manifest:
    """The smallest valid object of a kind, with members of the spec replaced."""
    attached = {"serverGroupRef": {"name": "main"}}
    smallest: dict[str, Manifest] = {
        "MfaServerGroup": {
            "directory": {
                "servers": [{"host": "dc1.example.com"}],
                "baseDN": "dc=example,dc=com",
                "bindSecretRef": {"name": "directory-bind"},
            }
        },
        "LdapClient": attached | {"addresses": ["192.0.2.10"]},
        "RadiusClient": attached | {"addresses": ["192.0.2.11"], "secrets": [RADIUS_SECRET]},
        "UserSyncSource": attached | {"select": {"groups": ["cn=mfa-users,ou=groups,dc=example,dc=com"]}},
        "TrustedIPRange": attached | {"ranges": ["198.51.100.0/24"]},
        "OneTimeBypass": attached | {"user": "anna@example.com", "requestedBy": "helpdesk", "seconds": 300},
    }
    return {
        "apiVersion": GROUP_AND_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": copy.deepcopy(smallest[kind]) | spec,
    }


@pytest.fixture(scope="module")
def api(kube_api: KubeApi) -> KubeApi:
    """The API server with our kinds established."""
    for path in CRD_FILES:
        (definition,) = documents(path)
        kube_api.establish(definition)
    kube_api.make_namespace(NAMESPACE)
    return kube_api


@pytest.fixture
def stored(api: KubeApi, request: pytest.FixtureRequest) -> Iterator[Manifest]:
    """The object that the test's parameter describes, created and deleted again."""
    manifest = request.param if isinstance(request.param, dict) else minimal(request.param, "stored")
    api.create(manifest)
    yield manifest
    api.delete(manifest)


def refusal(api: KubeApi, manifest: Manifest) -> str:
    """Try to create an object and return the API server's objection; "" if it has none."""
    try:
        api.create(manifest, dry_run=True)
    except Refused as refused:
        return refused.message
    return ""


# the definitions


def test_there_is_one_file_for_each_kind():
    assert {documents(path)[0]["spec"]["names"]["kind"] for path in CRD_FILES} == KINDS


@pytest.mark.parametrize("path", CRD_FILES, ids=lambda path: path.stem)
def test_a_definition_is_small_enough(path):
    assert path.stat().st_size < MAXIMUM_BYTES


@pytest.mark.parametrize("path", CRD_FILES, ids=lambda path: path.stem)
def test_a_definition_is_established_without_complaint(api, path):
    (definition,) = documents(path)
    conditions = {each["type"]: each["status"] for each in api.get(definition)["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in conditions


def test_every_kind_is_in_the_category_mfa_and_has_a_short_name(api):
    served = api.call("GET", f"/apis/{GROUP_AND_VERSION}")["resources"]
    kinds = {each["kind"]: each for each in served if "/" not in each["name"]}
    assert set(kinds) == KINDS
    assert all(each["categories"] == ["mfa"] and each["shortNames"] for each in kinds.values())


# what must be accepted


def manifest_files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.yaml"))


@pytest.mark.parametrize(
    "path",
    manifest_files(ROOT / "examples", GOLDEN_FOLDER / "everything"),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_good_manifest_is_accepted_whole(api, path):
    for manifest in documents(path):
        if manifest["kind"] != "Namespace":
            api.make_namespace(manifest["metadata"].get("namespace", "default"))
        api.apply(manifest)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_smallest_object_of_a_kind_is_accepted(api, kind):
    assert refusal(api, minimal(kind)) == ""


@pytest.mark.parametrize("stored", sorted(KINDS), indirect=True)
def test_no_default_is_stored_but_the_replicas_that_autoscalers_read(api, stored):
    defaults = {"replicas": 1} if stored["kind"] == "MfaServerGroup" else {}
    assert api.get(stored)["spec"] == stored["spec"] | defaults


# what must be refused

GROUP_OF = minimal("MfaServerGroup")["spec"]
RULES: list[tuple[Manifest, str]] = [
    (minimal("LdapClient", userBinds="AfterServiceBind"), "AfterServiceBind needs at least one of serviceAccounts"),
    (minimal("LdapClient", addresses=["192.0.2.1/24"]), "must be an IP address, a CIDR without host bits"),
    (minimal("LdapClient", addresses=[]), "should have at least 1 items"),
    (minimal("LdapClient", addresses=["192.0.2.1", "192.0.2.1"]), "Duplicate value"),
    (minimal("LdapClient", timeout="181s"), "must be between 10s and 180s"),
    (minimal("LdapClient", rememberFor="0s"), "must be between 1s and 87600h"),
    (minimal("LdapClient", timeuot="60s"), "unknown field"),
    (minimal("LdapClient", methods=["Telegram"]), "Unsupported value"),
    (minimal("OneTimeBypass", seconds=5), "should be greater than or equal to 10"),
    (minimal("OneTimeBypass", user="anna"), "should match"),
    (minimal("MfaServerGroup", name="a.b"), "the name becomes part of pod names"),
    (minimal("MfaServerGroup", replicas=2), "replicas above 1 need a store that servers can share"),
    (
        minimal("MfaServerGroup", directory=GROUP_OF["directory"] | {"discovery": {"domain": "example.com"}}),
        "needs either servers or discovery, not both",
    ),
    (minimal("MfaServerGroup", store={"type": "PostgreSQL"}), "type: PostgreSQL needs the member postgreSQL"),
    (
        minimal("MfaServerGroup", store={"postgreSQL": {"secretRef": {"name": "db"}}}),
        "is read only with type: PostgreSQL; remove it or change the type",
    ),
    (
        minimal("MfaServerGroup", frontCertificate={"type": "CertManager"}),
        "type: CertManager needs the member certManager",
    ),
    (
        minimal("MfaServerGroup", policy={"methods": {"default": "OathToken", "allowed": ["TextMessage"]}}),
        "default must be one of allowed",
    ),
    (minimal("MfaServerGroup", listeners={}), "needs at least one of ldap, ldaps, radius and radsec"),
]


@pytest.mark.parametrize(("manifest", "words"), RULES, ids=[f"{each['kind']}: {words}" for each, words in RULES])
def test_a_broken_rule_is_refused_in_its_own_words(api, manifest, words):
    assert words in refusal(api, manifest)


@pytest.mark.parametrize("stored", [kind for kind in ATTACHED if kind != "OneTimeBypass"], indirect=True)
def test_an_object_cannot_move_to_another_group(api, stored):
    with pytest.raises(Refused, match="serverGroupRef cannot be changed"):
        api.merge(stored, {"spec": {"serverGroupRef": {"name": "other"}}})


@pytest.mark.parametrize("stored", ["OneTimeBypass"], indirect=True)
def test_a_bypass_cannot_be_changed_after_it_was_given(api, stored):
    with pytest.raises(Refused, match="spec cannot be changed"):
        api.merge(stored, {"spec": {"seconds": 600}})


@pytest.mark.parametrize("stored", ["LdapClient"], indirect=True)
def test_any_other_field_can_be_changed(api, stored):
    assert api.merge(stored, {"spec": {"addresses": ["192.0.2.99"]}})["spec"]["addresses"] == ["192.0.2.99"]


TEXT = "it is the text that is wrong: parsed, nothing of it is left"
BEYOND_THE_SCHEMA = {
    "exponent-for-text": TEXT,
    "octal-port": TEXT,
    "yaml-duplicate-key": TEXT,
    "yaml-empty-value": TEXT,
    "yaml-merge-key": TEXT,
    "secret-not-base64": "a Secret is Kubernetes' own kind",
    "secret-not-quoted": "a Secret is Kubernetes' own kind",
    "range-backwards": "CEL has no order of addresses",
    "range-too-large": "CEL has no difference of addresses",
}


def schema_refusals() -> list[Path]:
    """The broken manifests that our checks call Invalid: by the contract, the schema refuses them as well."""
    return [
        path.with_suffix(".yaml")
        for path in sorted((GOLDEN_FOLDER / "broken").glob("*.txt"))
        if "Error Invalid: " in path.read_text()
    ]


@pytest.mark.parametrize("path", schema_refusals(), ids=lambda path: path.stem)
def test_a_manifest_that_we_call_invalid_is_refused_by_the_server_too(api, path):
    api.make_namespace("mfa")
    ours = [each for each in documents(path) if str(each.get("apiVersion", "")).startswith("mfa-operator.io/")]
    objections = [refusal(api, manifest) for manifest in ours]
    assert any(objections) != (path.stem in BEYOND_THE_SCHEMA), objections


def test_every_manifest_beyond_the_schema_exists():
    assert set(BEYOND_THE_SCHEMA) <= {path.stem for path in schema_refusals()}


# subresources and selection


@pytest.mark.parametrize("stored", sorted(KINDS), indirect=True)
def test_the_status_is_written_apart_from_the_spec(api, stored):
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "AsDeclared",
        "message": "",
        "lastTransitionTime": "2031-03-04T09:00:00Z",
    }
    api.merge(
        stored, {"spec": None, "status": {"observedGeneration": 1, "conditions": [condition]}}, subresource="status"
    )
    written = api.get(stored)
    assert written["status"]["conditions"] == [condition]
    assert {**written["spec"], **stored["spec"]} == written["spec"]
    assert written["metadata"]["generation"] == 1


@pytest.mark.parametrize("stored", ["MfaServerGroup"], indirect=True)
def test_a_group_is_scaled_through_its_subresource(api, stored):
    store = {"type": "PostgreSQL", "postgreSQL": {"secretRef": {"name": "database"}}}
    api.merge(stored, {"spec": {"store": store}})
    api.merge(stored, {"spec": {"replicas": 3}}, subresource="scale")
    assert api.get(stored)["spec"]["replicas"] == 3


@pytest.mark.parametrize("kind", ATTACHED)
def test_attached_objects_are_found_by_their_group(api, kind):
    mine, other = minimal(kind, "mine"), minimal(kind, "other", serverGroupRef={"name": "elsewhere"})
    for manifest in (mine, other):
        api.create(manifest)
    found = api.items(mine, fieldSelector="spec.serverGroupRef.name=elsewhere")
    assert [each["metadata"]["name"] for each in found] == ["other"]
    for manifest in (mine, other):
        api.delete(manifest)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_listing_shows_more_than_the_name(api, kind):
    assert len(api.table(minimal(kind))) > 2
