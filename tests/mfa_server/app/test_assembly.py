"""From a bundle to settings and objects."""

import base64
from dataclasses import replace

import pytest

from mfa_resources import Bundle, Secret
from mfa_server.app.assembly import (
    control_defaults,
    directory_settings,
    key_ring,
    ldap_settings,
    notifier,
    tls_contexts,
)
from mfa_server.auth.ports import NotSentError, TextMessage
from mfa_server.clock import SystemClock
from mfa_server.directories import DirectoryType, ServerAddress, TlsMode
from mfa_server.reload import BundleError
from mfa_server.servers.ldap_front import ListenerKind
from mfa_server.store.errors import SealError
from tests.mfa_server.app.conftest import Prepared
from tests.support.resources import group


def secret(name: str, **values: str) -> Secret:
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "mfa"},
        "stringData": values,
    }
    return Secret.model_validate(document)


def bundle(*secrets: Secret, **spec: object) -> Bundle:
    kept = [secret("directory-bind", username="cn=mfa,dc=example,dc=test", password="hunter2"), *secrets]
    return Bundle(group(**spec), secrets={one.id: one for one in kept})


def test_the_directory_is_reached_as_the_group_says():
    settings = directory_settings(bundle())
    assert settings.servers == (ServerAddress("dc1.example.test", 636),)
    assert (settings.bind_name, settings.bind_password) == ("cn=mfa,dc=example,dc=test", b"hunter2")
    assert (settings.type, settings.tls, settings.timeout_seconds) == (DirectoryType.ACTIVE_DIRECTORY, TlsMode.LDAPS, 5)
    assert "hunter2" not in repr(settings)


def test_a_directory_found_by_srv_records_is_refused_in_words():
    found = {
        "discovery": {"domain": "example.test"},
        "baseDN": "dc=example,dc=test",
        "bindSecretRef": {"name": "directory-bind"},
    }
    with pytest.raises(BundleError, match="name the servers"):
        directory_settings(bundle(directory=found))


def test_listeners_are_those_of_the_group_unless_the_process_was_told_others(prepared: Prepared):
    only = bundle(listeners={"ldaps": {"port": 1636}})
    assert [(each.kind, each.port) for each in ldap_settings(only, prepared.worker).listeners] == [
        (ListenerKind.LDAPS, 1636)
    ]
    told = replace(prepared.worker, ldap_port=2389, ldaps_port=2636)
    assert [each.port for each in ldap_settings(bundle(), told).listeners] == [2389, 2636]


def test_both_kinds_of_listener_show_the_certificates_that_lie_there(prepared: Prepared):
    assert set(tls_contexts(bundle(), prepared.worker.certificates_directory)) == set(ListenerKind)


def test_the_key_ring_is_the_groups_own_or_the_machines(prepared: Prepared):
    made = key_ring(bundle(), prepared.worker, frozenset())
    assert key_ring(bundle(), prepared.worker, made.ids).ids == made.ids
    assert prepared.worker.key_ring_path.stat().st_mode & 0o777 == 0o600
    own = secret("keys", keyring=base64.b64encode(b"k" * 32).decode())
    named = bundle(own, store={"encryptionKeySecretRef": {"name": "keys"}})
    assert key_ring(named, prepared.worker, frozenset()).ids == {"k1"}
    with pytest.raises(SealError):
        key_ring(named, prepared.worker, frozenset({"lost"}))


async def test_only_providers_that_exist_are_asked():
    providers = [{"name": "log", "type": "Console"}]
    with pytest.raises(NotSentError):
        await notifier(bundle(), SystemClock()).send_text(TextMessage("+441632960001", "x"))
    assert notifier(bundle(textMessage={"providers": providers}), SystemClock())


def test_commands_know_the_groups_defaults():
    defaults = control_defaults(bundle(oath={"digits": 8, "period": "60s"}))
    assert (defaults.issuer, defaults.digits, defaults.period, defaults.region) == ("main", 8, 60, "")


def test_tokens_carry_the_organisations_name_where_the_manifest_tells_it():
    app = {"url": "https://app.example.test", "accountName": "Example Corp"}
    assert control_defaults(bundle(mobileApp=app)).issuer == "Example Corp"
    portal = {"url": "https://mfa.example.test", "branding": {"name": "Example"}}
    assert control_defaults(bundle(portal=portal)).issuer == "Example"
