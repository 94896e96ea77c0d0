"""A plain client of the Kubernetes API for tests: manifests are dictionaries, answers are too.

`MFA_TEST_KUBECONFIG` names any other cluster to run the tests against; without it the fixture starts its own control
plane. Refusals are `Refused`, with the API server's own status and message, because tests compare them.
"""

import json
import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kubernetes.client
import kubernetes.config
from kubernetes.client.exceptions import ApiException

from tests.support.kube_cluster import ControlPlane
from tests.support.processes import wait_until

__all__ = ["KubeApi", "Manifest", "Refused", "kube_api_from"]

Manifest = dict[str, Any]
FIELD_MANAGER = "mfa-operator-tests"
JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Refused(Exception):  # noqa: N818 - an answer, as often wanted as not
    """The API server's refusal: `status` is the HTTP status, `message` its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class KubeApi:
    """One connection to a cluster as its administrator."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        configuration = kubernetes.client.Configuration()
        kubernetes.config.load_kube_config(str(kubeconfig), client_configuration=configuration)
        self._client = kubernetes.client.ApiClient(configuration)
        self._resources: dict[tuple[str, str], Manifest] = {}

    def close(self) -> None:
        self._client.close()

    def call(
        self, method: str, path: str, body: object = None, *, kind: str = JSON, accept: str = JSON, **query: str
    ) -> Any:
        """Send one request and return the decoded JSON answer; `query` are query parameters. Raises Refused.

        `kind` is the media type of the body, `accept` that of the answer.
        """
        request = self._client.param_serialize(
            method,
            path,
            header_params={"Accept": accept, "Content-Type": kind},
            query_params=list(query.items()),
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=30)
            text = answer.read()
        except ApiException as refusal:
            raise Refused(refusal.status, _message(refusal.body)) from None
        if answer.status >= 400:
            raise Refused(answer.status, _message(text))
        return json.loads(text)

    def path(self, manifest: Manifest, *, collection: bool = False) -> str:
        """The URL path of the object that a manifest means, or of the collection it belongs to."""
        version = manifest["apiVersion"]
        resource = self._resource(version, manifest["kind"])
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        metadata = manifest.get("metadata", {})
        if resource["namespaced"]:
            root += f"/namespaces/{metadata.get('namespace', 'default')}"
        root += f"/{resource['name']}"
        return root if collection else f"{root}/{urllib.parse.quote(metadata['name'])}"

    def get(self, manifest: Manifest) -> Manifest:
        """Read the object that a manifest means."""
        return dict(self.call("GET", self.path(manifest)))

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Create an object, with unknown fields refused, as `kubectl` asks for it."""
        query = {"fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        return dict(self.call("POST", self.path(manifest, collection=True), manifest, **query))

    def apply(self, manifest: Manifest, *, subresource: str = "") -> Manifest:
        """Server-side apply, taking over conflicting fields."""
        path = self.path(manifest) + (f"/{subresource}" if subresource else "")
        query = {"fieldManager": FIELD_MANAGER, "force": "true", "fieldValidation": "Strict"}
        return dict(self.call("PATCH", path, manifest, kind=APPLY, **query))

    def merge(self, manifest: Manifest, change: Manifest, *, subresource: str = "") -> Manifest:
        """Merge-patch the object that a manifest means."""
        path = self.path(manifest) + (f"/{subresource}" if subresource else "")
        return dict(self.call("PATCH", path, change, kind=MERGE))

    def delete(self, manifest: Manifest) -> None:
        """Delete the object that a manifest means; one that is not there is no error."""
        try:
            self.call("DELETE", self.path(manifest))
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def items(self, manifest: Manifest, **query: str) -> list[Manifest]:
        """List the collection a manifest belongs to, for instance with `fieldSelector=...`."""
        return list(self.call("GET", self.path(manifest, collection=True), **query)["items"])

    def table(self, manifest: Manifest) -> list[str]:
        """The headings of the table that `kubectl get` prints for the manifest's kind."""
        accept = "application/json;as=Table;g=meta.k8s.io;v=v1"
        answer = self.call("GET", self.path(manifest, collection=True), accept=accept)
        return [column["name"] for column in answer["columnDefinitions"]]

    def make_namespace(self, name: str) -> None:
        """Apply a namespace."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def establish(self, definition: Manifest) -> None:
        """Apply a CustomResourceDefinition and wait until its kind is served."""
        self.apply(definition)
        name = definition["metadata"]["name"]
        wait_until(f"{name} is established", lambda: self._condition(definition, "Established"), seconds=30)
        group = definition["spec"]["group"]
        kind = definition["spec"]["names"]["kind"]
        for version in (each["name"] for each in definition["spec"]["versions"] if each["served"]):
            wait_until(f"{kind} is served", lambda v=version: self._is_served(f"{group}/{v}", kind), seconds=30)  # type: ignore[misc]

    def _condition(self, manifest: Manifest, kind: str) -> bool:
        conditions = self.get(manifest).get("status", {}).get("conditions") or []  # null at first
        return any(each["type"] == kind and each["status"] == "True" for each in conditions)

    def _is_served(self, version: str, kind: str) -> bool:
        try:
            self._resource(version, kind)
        except LookupError:
            return False
        return True

    def _resource(self, version: str, kind: str) -> Manifest:
        if (version, kind) not in self._resources:
            try:
                found = self.call("GET", f"/apis/{version}" if "/" in version else f"/api/{version}")["resources"]
            except Refused:
                found = []
            self._resources |= {(version, each["kind"]): each for each in found if "/" not in each["name"]}
        try:
            return self._resources[version, kind]
        except KeyError:
            raise LookupError(f"this API server serves no {kind} of {version}") from None


@contextmanager
def kube_api_from(folder: Path) -> Iterator[KubeApi]:
    """Connect to the cluster of MFA_TEST_KUBECONFIG, or to a control plane started in `folder` and ended afterwards."""
    named = os.environ.get("MFA_TEST_KUBECONFIG")
    if named:
        api = KubeApi(Path(named))
        yield api
        api.close()
        return
    with ControlPlane(folder) as plane:
        api = KubeApi(plane.kubeconfig)
        yield api
        api.close()


def _message(body: str | bytes | None) -> str:
    try:
        return str(json.loads(body or "{}")["message"])
    except (ValueError, KeyError):
        return str(body)
