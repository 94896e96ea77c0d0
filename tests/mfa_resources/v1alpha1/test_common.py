"""Shared value types: what each takes and what it does not."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mfa_resources.v1alpha1 import common

GOOD: dict[str, list[Any]] = {
    "ObjectName": ["a", "a.b-c", "0", "x" * 253],
    "Name": ["a", "a-b", "x" * 63],
    "KeyName": ["tls.crt", "A_b-1"],
    "Line": ["Gateway", "Zürich", "a b"],
    "Text": ["two\nlines", "a\tb"],
    "HostName": ["dc1", "dc1.example.com", "192.0.2.1", "2001:db8::1", "::1"],
    "URL": ["https://mfa.example.com", "https://mfa.example.com:8443/a/b", "https://[2001:db8::1]/"],
    "EmailAddress": ["a@b", "anna.o'neil+x@example.com"],
    "PhoneNumber": ["+441632960000", "+4912345678"],
    "Region": ["GB", "NO"],
    "Locale": ["en", "pt-BR", "zh-Hant-TW", "es-419"],
    "DistinguishedName": ["dc=example,dc=com", "CN=Meier\\, Anna,OU=x", "2.5.4.3=x", "cn =x"],
    "Identity": ["cn=a,dc=b", "anna@example.com", "EXAMPLE\\anna", "EXAMPLE\\anna meier"],
    "AttributeName": ["mobile", "extensionAttribute-1", "2.5.4.3"],
    "Filter": ["(a=b)", "(&(a=b)(c=*))"],
    "Quantity": ["2Gi", "500m", "1.5G", "10"],
    "Port": [1, 65_535],
}
BAD: dict[str, list[Any]] = {
    "ObjectName": ["", "A", "a_b", "-a", "a-", "x" * 254, "a\n"],
    "Name": ["", "a.b", "A", "x" * 64],
    "KeyName": ["", "a b", "a/b"],
    "Line": ["", "a\nb", "a\x00b", "x" * 257],
    "Text": ["", "a\x1bb", "x" * 1025],
    "HostName": ["", "ldaps://dc1", "dc1/x", "dc1.", "a b", "a@b"],
    "URL": ["http://a", "https://", "https://a?b", "https://a#b", "https://u:p@a", "https://a b"],
    "EmailAddress": ["a", "@b", "a@", "a b@c", "Anna <a@b>"],
    "PhoneNumber": ["0123456789", "+0123456789", "+44 1632", "+123"],
    "Region": ["gb", "GBR", "", False],
    "Locale": ["EN", "english", "en_GB", "en-gb", False],
    "DistinguishedName": ["example.com", "=x", "", "dc=\x00"],
    "Identity": ["anna", "anna@", "@b", "\\anna", "A\\", "a b@c", ""],
    "AttributeName": ["", "a b", "1", "a;b"],
    "Filter": ["a=b", "()", ""],
    "Quantity": ["2GB", "-1", "", "1e3", 2],
    "Port": [0, 65_536, "1", True, 1.0],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_a_value_is_taken_as_it_is(name: str, value: Any) -> None:
    assert TypeAdapter(getattr(common, name)).validate_python(value) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_value_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(getattr(common, name)).validate_python(value)


def test_an_authority_is_in_a_config_map_or_a_secret() -> None:
    ref = common.CARef.model_validate({"type": "ConfigMap", "configMap": {"name": "ca", "key": "ca.crt"}})
    assert ref.ref == common.ConfigMapKeyRef(name="ca", key="ca.crt")
    with pytest.raises(ValidationError):
        common.CARef.model_validate({"type": "Secret", "configMap": {"name": "ca", "key": "ca.crt"}})
    with pytest.raises(ValidationError):
        common.CARef.model_validate({"type": "ConfigMap"})


def test_a_code_is_typed_after_a_comma_unless_said_otherwise() -> None:
    assert common.AppendedCode().separator == ","
    with pytest.raises(ValidationError):
        common.AppendedCode(separator="")
