"""References are found by walking the model."""

from pathlib import Path

from mfa_resources import load_directory
from mfa_resources.paths import format_path
from mfa_resources.references import references
from mfa_resources.v1alpha1 import Resource
from tests.support.golden import GOLDEN_FOLDER

EVERYTHING = GOLDEN_FOLDER / "everything"


def said(folder: Path, name: str) -> dict[str, str]:
    for document in load_directory(folder).documents:
        if document.id.name == name and isinstance(document.item, Resource):
            return {format_path(one.path): str(one.target) for one in references(document.item)}
    raise AssertionError(name)


def test_every_secret_and_config_map_of_a_group_is_found() -> None:
    assert said(EVERYTHING, "main") == {
        "spec.directory.tls.caRef.configMap": "ConfigMap everything/directory-ca",
        "spec.directory.bindSecretRef": "Secret everything/directory-bind",
        "spec.directory.trustedDomains[0].bindSecretRef": "Secret everything/emea-bind",
        "spec.store.postgreSQL.secretRef": "Secret everything/mfa-db",
        "spec.store.encryptionKeySecretRef": "Secret everything/mfa-keys",
        "spec.listeners.radsec.clientCARef.secret": "Secret everything/radsec-ca",
        "spec.textMessage.providers[0].twilio.credentialsSecretRef": "Secret everything/twilio",
        "spec.textMessage.providers[1].http.credentialsSecretRef": "Secret everything/http-gateway",
        "spec.textMessage.providers[2].smpp.credentialsSecretRef": "Secret everything/smsc",
        "spec.textMessage.providers[3].kannel.credentialsSecretRef": "Secret everything/kannel",
        "spec.phoneCall.providers[0].twilio.credentialsSecretRef": "Secret everything/twilio",
        "spec.phoneCall.providers[1].sip.credentialsSecretRef": "Secret everything/pbx",
        "spec.phoneCall.recordings[0].configMapRef": "ConfigMap everything/prompts",
        "spec.email.smtp.credentialsSecretRef": "Secret everything/smtp",
        "spec.messagesConfigMapRef": "ConfigMap everything/mfa-messages",
        "spec.portal.branding.logoConfigMapRef": "ConfigMap everything/logo",
        "spec.sdk.callers[0].basic.secretRef": "Secret everything/hr-sdk",
        "spec.audit.syslog.caRef.configMap": "ConfigMap everything/siem-ca",
    }


def test_what_only_the_cluster_reads_is_left_out() -> None:
    assert not {"Secret everything/hooks-tls", "Secret everything/registry"} & set(said(EVERYTHING, "main").values())


def test_keys_of_secrets_are_known() -> None:
    client = next(one for one in load_directory(EVERYTHING).documents if one.id.name == "vpn").item
    assert isinstance(client, Resource)
    assert [(one.target.name, one.alternatives) for one in references(client)] == [
        ("vpn-radius", (("secret",),)),
        ("upstream", (("secret",),)),
    ]
