"""The schema without a cluster, the models and the real API server give one verdict."""

from typing import Any

import pytest

from mfa_resources.crd import custom_resource_definition
from mfa_resources.offline import strict_schema, validate
from mfa_resources.v1alpha1 import KINDS
from tests.mfa_resources.samples import ldap_client, loaded, setting
from tests.mfa_resources.verdicts import CEL, GOOD, OURS, SCHEMA, VERDICTS, Verdict
from tests.support.kube_api import KubeApi, Refused

CRDS: dict[str, Any] = {name: custom_resource_definition(kind) for name, kind in KINDS.items()}


@pytest.mark.parametrize("case", VERDICTS, ids=lambda case: case.sentence)
def test_the_schema_and_the_models_agree(case: Verdict) -> None:
    by_schema = not validate(case.manifest, CRDS[case.manifest["kind"]])
    by_models = not loaded(case.manifest).errors
    assert by_models is (case.verdict == GOOD)
    assert by_schema is (case.verdict != SCHEMA)


def test_the_table_has_rows_of_every_verdict() -> None:
    counted = {verdict: sum(case.verdict == verdict for case in VERDICTS) for verdict in (GOOD, SCHEMA, CEL, OURS)}
    assert counted[GOOD] >= 15
    assert counted[SCHEMA] >= 40
    assert counted[CEL] >= 25
    assert len({case.sentence for case in VERDICTS}) == len(VERDICTS)


def test_the_api_server_agrees(kube_api: KubeApi) -> None:
    for definition in CRDS.values():
        kube_api.establish(definition)
    kube_api.make_namespace("mfa")
    wrong = []
    for case in VERDICTS:
        try:
            kube_api.call(
                "POST",
                kube_api.path(case.manifest, collection=True),
                case.manifest,
                dryRun="All",
                fieldValidation="Strict",
            )
            accepted = True
        except Refused as refused:
            accepted = False
            if refused.status not in {400, 422}:
                wrong.append(f"{case.sentence}: {refused}")
        if accepted is not (case.verdict in {GOOD, OURS}):
            wrong.append(f"{case.sentence}: {'accepted' if accepted else 'refused'}")
    assert not wrong


def test_what_is_wrong_is_named_without_its_value() -> None:
    found = validate(setting(ldap_client(), "applicationName", "x" * 100), CRDS["LdapClient"])
    assert found == ["spec.applicationName: maxLength is violated"]
    assert validate({"apiVersion": 1}, CRDS["LdapClient"])[0].startswith("apiVersion: ")
    assert validate({}, CRDS["LdapClient"]) == ["document: required is violated"]


def test_only_objects_with_named_fields_become_strict() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "b": {"type": "object", "additionalProperties": {"type": "object", "properties": {}}},
            "c": {"type": "array", "items": {"type": "object", "properties": {}}},
        },
    }
    strict = strict_schema(schema)
    assert strict["additionalProperties"] is False
    assert "additionalProperties" not in strict["properties"]["a"]
    assert strict["properties"]["b"]["additionalProperties"]["additionalProperties"] is False
    assert strict["properties"]["c"]["items"]["additionalProperties"] is False
