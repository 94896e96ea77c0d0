"""How the pods run."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.v1alpha1.workload import (
    AllowedAttachments,
    Audit,
    EgressProxy,
    Image,
    NetworkPolicy,
    Placement,
    PodTemplate,
)


def test_the_defaults_are_those_of_the_documentation() -> None:
    assert AllowedAttachments.model_validate({"kinds": ["LdapClient"]}).namespaces.from_ == "Same"
    assert Audit().retain_for.days == 90
    assert Image().pull_policy == "IfNotPresent"
    assert NetworkPolicy().mode == "Enabled"


def test_pieces_of_kubernetes_are_kept_as_written() -> None:
    wish = {"tolerations": [{"key": "a", "unknown": {"b": 1}}], "affinity": {"nodeAffinity": {"c": [1, "d"]}}}
    found = Placement.model_validate(wish)
    assert found.model_dump(mode="json", by_alias=True, exclude_unset=True) == wish


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (AllowedAttachments, {"kinds": []}),
        (AllowedAttachments, {"kinds": ["OneTimeBypass"]}),
        (EgressProxy, {"url": "http://user:secret@proxy"}),
        (Image, {"digest": "sha256:abc"}),
        (Image, {"repository": "UPPER"}),
        (PodTemplate, {"env": [{"name": "A"}]}),
        (PodTemplate, {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
        (Audit, {"retainFor": "1h"}),
        (Audit, {"syslog": {"host": "udp://siem"}}),
    ],
)
def test_what_is_out_of_bounds_is_refused(model: Any, parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(parts)
