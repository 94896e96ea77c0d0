"""Secret and ConfigMap as plain documents: what standalone reads beside our kinds, and what a bundle carries."""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr
from pydantic_core import PydanticCustomError
from typing_extensions import override

from mfa_resources.findings import ObjectId
from mfa_resources.v1alpha1.common import Flag, KeyName
from mfa_resources.v1alpha1.model import Model
from mfa_resources.v1alpha1.resource import Metadata

__all__ = ["MAXIMUM_BYTES", "ConfigMap", "Secret"]

MAXIMUM_BYTES = 1_048_576
"""Bytes of all values of one Secret or ConfigMap together, as in Kubernetes."""

_Values = Annotated[dict[KeyName, str], Field(max_length=1024, repr=False, default_factory=dict)]


class _Document(Model):
    api_version: Literal["v1"]
    """Always v1."""
    metadata: Metadata
    """Kubernetes object metadata."""
    immutable: Flag = False
    """Kubernetes' own field; means nothing here."""
    _values: dict[str, bytes] = PrivateAttr(default_factory=dict)

    @property
    def id(self) -> ObjectId:
        """The object's identity."""
        return ObjectId(type(self).__name__, self.metadata.namespace, self.metadata.name)

    @property
    def keys(self) -> frozenset[str]:
        """The keys that have a value."""
        return frozenset(self._values)

    def value(self, key: str) -> bytes | None:
        """Return the value of the key, None where it has none."""
        return self._values.get(key)

    def _keep(self, text: dict[str, str], encoded: dict[str, str], encoded_field: str) -> None:
        for key, value in encoded.items():
            try:
                self._values[key] = base64.b64decode("".join(value.splitlines()), validate=True)
            except (binascii.Error, ValueError):
                context = {"broken": [(f"{encoded_field}.{key}", "is not base64; plain text belongs into stringData")]}
                raise PydanticCustomError("rule", "is not base64", context) from None
        self._values.update({key: value.encode() for key, value in text.items()})
        if sum(map(len, self._values.values())) > MAXIMUM_BYTES:
            context = {"broken": [("", "holds more than 1 MiB; split it")]}
            raise PydanticCustomError("rule", "holds more than 1 MiB; split it", context)

    @override
    def __repr__(self) -> str:
        """Return the identity; never a value."""
        return f"<{self.id}>"

    @override
    def __str__(self) -> str:
        """Return the identity; never a value."""
        return repr(self)


class Secret(_Document):
    """A Kubernetes Secret: `stringData` as text, `data` in base64; a key in both counts as in `stringData`."""

    kind: Literal["Secret"]
    """Always Secret."""
    type: Annotated[str, Field(max_length=253)] | None = None
    """Kubernetes' own field; means nothing here."""
    data: _Values
    """Values in base64."""
    string_data: _Values
    """Values as text."""

    @override
    def model_post_init(self, context: Any, /) -> None:
        """Decode the values."""
        self._keep(self.string_data, self.data, "data")


class ConfigMap(_Document):
    """A Kubernetes ConfigMap: `data` as text, `binaryData` in base64."""

    kind: Literal["ConfigMap"]
    """Always ConfigMap."""
    data: _Values
    """Values as text."""
    binary_data: _Values
    """Values in base64."""

    @override
    def model_post_init(self, context: Any, /) -> None:
        """Decode the values."""
        self._keep(self.data, self.binary_data, "binaryData")
