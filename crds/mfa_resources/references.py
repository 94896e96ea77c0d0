"""Which Secrets and ConfigMaps a resource names, found by walking its model: nobody keeps a second list."""

from collections.abc import Iterator
from dataclasses import dataclass

from mfa_resources.findings import ObjectId
from mfa_resources.paths import FieldPath
from mfa_resources.v1alpha1.common import ConfigMapKeyRef, ConfigMapRef, SecretKeyRef, SecretRef
from mfa_resources.v1alpha1.markers import Keys
from mfa_resources.v1alpha1.model import Model
from mfa_resources.v1alpha1.resource import Resource

__all__ = ["Reference", "references"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of a Secret or ConfigMap.

    `alternatives` are sets of keys of which one must be there whole; `((),)` asks for the object alone.
    """

    target: ObjectId
    path: FieldPath
    alternatives: tuple[tuple[str, ...], ...]


def references(resource: Resource) -> Iterator[Reference]:
    """Yield every Secret and ConfigMap that we read for this resource, in the order of its fields.

    Those that only the cluster reads (an Ingress's certificate, pull secrets) are left out.
    """
    spec = getattr(resource, "spec", None)
    if isinstance(spec, Model):
        yield from _of_model(spec, ("spec",), resource.metadata.namespace)


def _of_model(model: Model, path: FieldPath, namespace: str) -> Iterator[Reference]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        demands = [mark for mark in field.metadata if isinstance(mark, Keys)]
        wanted = demands[0].alternatives if demands else ((),)
        here = (*path, field.alias or name)
        items = enumerate(value) if isinstance(value, tuple) else ((None, value),)
        for index, item in items:
            place = here if index is None else (*here, index)
            if isinstance(item, Model):
                yield from _of_value(item, place, namespace, wanted)


def _of_value(item: Model, path: FieldPath, namespace: str, wanted: tuple[tuple[str, ...], ...]) -> Iterator[Reference]:
    match item:
        case SecretKeyRef():
            yield Reference(ObjectId("Secret", namespace, item.name), path, ((item.key,),))
        case ConfigMapKeyRef():
            yield Reference(ObjectId("ConfigMap", namespace, item.name), path, ((item.key,),))
        case SecretRef() if wanted:
            yield Reference(ObjectId("Secret", namespace, item.name), path, wanted)
        case SecretRef():
            return
        case ConfigMapRef():
            yield Reference(ObjectId("ConfigMap", namespace, item.name), path, wanted)
        case _:
            yield from _of_model(item, path, namespace)
