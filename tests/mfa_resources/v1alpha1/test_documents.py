"""Secrets and ConfigMaps: values as bytes, and never shown."""

from typing import Any

import pytest
from pydantic import ValidationError

from mfa_resources.findings import ObjectId
from mfa_resources.v1alpha1 import ConfigMap, Secret
from mfa_resources.v1alpha1.documents import MAXIMUM_BYTES

HEAD: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "mfa"}}


def secret(**parts: Any) -> Secret:
    return Secret.model_validate(HEAD | parts)


def config_map(**parts: Any) -> ConfigMap:
    return ConfigMap.model_validate(HEAD | {"kind": "ConfigMap"} | parts)


def test_values_come_from_text_and_from_base64() -> None:
    found = secret(data={"a": "aGk=", "b": "aG\nk="}, stringData={"c": "ü"}, type="Opaque", immutable=True)
    assert (found.value("a"), found.value("b"), found.value("c")) == (b"hi", b"hi", "ü".encode())
    assert found.keys == {"a", "b", "c"}
    assert found.value("d") is None
    assert found.id == ObjectId("Secret", "mfa", "s")


def test_text_goes_before_base64_as_in_kubernetes() -> None:
    assert secret(data={"a": "aGk="}, stringData={"a": "ho"}).value("a") == b"ho"


def test_a_config_map_has_text_and_binary_values() -> None:
    found = config_map(data={"a": "x"}, binaryData={"b": "AAE="})
    assert (found.value("a"), found.value("b")) == (b"x", b"\x00\x01")


def test_no_value_is_ever_shown() -> None:
    found = secret(data={"a": "Z2VoZWlt"}, stringData={"b": "correct horse"})
    for text in (repr(found), str(found), f"{found}", repr([found])):
        assert text.strip("[]") == "<Secret mfa/s>"


@pytest.mark.parametrize("data", [{"a": "%"}, {"a": "aGk"}, {"a": "correct horse"}])
def test_what_is_not_base64_is_refused_without_being_repeated(data: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as found:
        secret(data=data)
    assert found.value.errors()[0]["ctx"]["broken"][0][0] == "data.a"
    assert "correct horse" not in str(found.value)


def test_the_size_is_bounded_as_in_kubernetes() -> None:
    assert secret(stringData={"a": "x" * MAXIMUM_BYTES})
    with pytest.raises(ValidationError, match="holds more than 1 MiB"):
        secret(stringData={"a": "x" * MAXIMUM_BYTES, "b": "x"})


@pytest.mark.parametrize(
    "parts", [{"data": {"a b": "aGk="}}, {"stringData": {"a": 1}}, {"spec": {}}, {"kind": "ConfigMap"}]
)
def test_anything_else_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        secret(**parts)
