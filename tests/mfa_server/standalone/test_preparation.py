"""From manifests to an accepted bundle and certificates; what is wrong is left out alone and said."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mfa_resources.admission import read_bundle
from mfa_server.certificates.authority import Authority
from mfa_server.certificates.files import FrontRequest, ProvidedCertificate, front_files, inspect
from mfa_server.settings import StandaloneSettings
from mfa_server.standalone.generations import current_generation
from mfa_server.standalone.preparation import REPORT_NAME, PreparationError, front_request, prepare
from tests.support.manifests import BIND_PASSWORD, CLIENT, GROUP, edit_manifests, write_manifests

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BAD_CLIENT = CLIENT.replace("192.0.2.10", "192.0.2.300")


@pytest.fixture
def settings(tmp_path: Path) -> StandaloneSettings:
    return StandaloneSettings(write_manifests(tmp_path / "manifests"), tmp_path / "state", name="site")


def report(settings: StandaloneSettings) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((settings.bundles / REPORT_NAME).read_text())
    return found


def clients(settings: StandaloneSettings) -> list[str]:
    return [
        f"{client.metadata.name} {client.spec.addresses[0]}"
        for client in read_bundle(settings.bundle_directory).ldap_clients
    ]


def test_a_first_start_makes_everything(settings: StandaloneSettings) -> None:
    prepared = prepare(settings, NOW)
    assert (prepared.generation, prepared.findings) == (1, ())
    assert read_bundle(settings.bundle_directory).digest == prepared.digest
    assert [file.name for file in prepared.certificates] == ["front/ecdsa", "internal/server", "internal/operator"]
    assert report(settings) == []
    names = inspect(front_files(settings.certificates)[0].read_bytes(), None).names
    assert {"localhost", "127.0.0.1", "::1"} <= names


def test_repeating_it_changes_nothing(settings: StandaloneSettings) -> None:
    first = prepare(settings, NOW)
    again = prepare(settings, NOW)
    assert (again.generation, again.digest) == (first.generation, first.digest)
    assert not any(file.verdict.issue for file in again.certificates)


def test_a_new_object_that_is_bad_is_left_out_alone(settings: StandaloneSettings) -> None:
    edit_manifests(settings.manifests, second=BAD_CLIENT.replace("netscaler", "second"))
    prepared = prepare(settings, NOW)
    assert clients(settings) == ["netscaler 192.0.2.10"]
    assert [finding.object.name for finding in prepared.findings if finding.object] == ["second"]
    (row,) = report(settings)
    assert (row["severity"], row["object"]) == ("Error", "LdapClient mfa/second")
    assert row["source"].startswith("second.yaml:")


def test_a_bad_edit_keeps_the_last_accepted_version_over_a_restart(settings: StandaloneSettings) -> None:
    before = prepare(settings, NOW)
    edit_manifests(settings.manifests, client=BAD_CLIENT)
    for _ in range(2):  # the second time as after a restart: only the state directory knows the accepted version
        after = prepare(settings, NOW)
        assert (after.generation, after.digest) == (before.generation, before.digest)
        assert clients(settings) == ["netscaler 192.0.2.10"]
        assert {finding.reason for finding in after.findings if not finding.is_error} == {"LastVersionKept"}


def test_a_good_edit_and_a_deletion_apply(settings: StandaloneSettings) -> None:
    prepare(settings, NOW)
    edit_manifests(settings.manifests, client=CLIENT.replace("192.0.2.10", "192.0.2.11"))
    assert prepare(settings, NOW).generation == 2
    assert clients(settings) == ["netscaler 192.0.2.11"]
    (settings.manifests / "client.yaml").unlink()
    assert prepare(settings, NOW).generation == 3
    assert clients(settings) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("no directory", "cannot be used; `mfa check` shows every error; what was served before, if anything, goes on"),
        ("no group", "holds no MfaServerGroup that can be used"),
        ("two groups", r"holds 2 server groups \(MfaServerGroup mfa/main, MfaServerGroup mfa/other\)"),
    ],
)
def test_without_exactly_one_group_what_is_served_stays(
    settings: StandaloneSettings, change: str, message: str
) -> None:
    before = prepare(settings, NOW)
    accepted = (settings.bundles / "accepted.yaml").read_bytes()
    if change == "no directory":
        settings = replace(settings, manifests=settings.manifests / "gone")
    elif change == "no group":
        (settings.manifests / "group.yaml").unlink()
    else:
        edit_manifests(settings.manifests, other=GROUP.replace("main", "other"))
    with pytest.raises(PreparationError, match=message):
        prepare(settings, NOW)
    assert current_generation(settings.bundles) == before.generation
    assert (settings.bundles / "accepted.yaml").read_bytes() == accepted


def test_certificates_are_renewed_although_no_manifest_changed(settings: StandaloneSettings) -> None:
    prepare(settings, NOW)
    later = prepare(settings, NOW + timedelta(days=61))
    assert {file.verdict.reason for file in later.certificates} == {"RenewalDue"}


def test_secrets_stay_out_of_report_and_log(settings: StandaloneSettings, capsys: pytest.CaptureFixture[str]) -> None:
    edit_manifests(settings.manifests, client=BAD_CLIENT)
    prepared = prepare(settings, NOW)
    written = capsys.readouterr()
    assert BIND_PASSWORD not in repr(prepared) + written.out + written.err + str(report(settings))


def group_with(front: str) -> str:
    return f"{GROUP}  frontCertificate: {front}\n"


def test_names_and_key_types_come_from_the_manifest(settings: StandaloneSettings) -> None:
    front = (
        "{dnsNames: [mfa.example.com], ipAddresses: [192.0.2.1], keyTypes: [ECDSA, RSA], operatorCA: {lifetime: 240h}}"
    )
    edit_manifests(settings.manifests, group=group_with(front))
    prepare(settings, NOW)
    request = front_request(read_bundle(settings.bundle_directory), ["localhost", "::1"])
    assert request == FrontRequest(
        ("mfa.example.com", "localhost"), ("192.0.2.1", "::1"), ("ECDSA", "RSA"), timedelta(hours=240)
    )


def test_a_certificate_of_the_users_own_is_taken_from_its_secret(settings: StandaloneSettings) -> None:
    authority = Authority.create("Corp", NOW)
    pem = authority.issue_server(["mfa.example.com"], [], "RSA", NOW, timedelta(days=365)).pem.decode()
    certificate, _, key = pem.partition("-----BEGIN PRIVATE KEY-----\n")
    data = {
        "tls.crt": certificate,
        "tls.key": f"-----BEGIN PRIVATE KEY-----\n{key}",
        "ca.crt": authority.certificate_pem.decode(),
    }
    secret = json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "mfa"}, "stringData": data}
    )
    edit_manifests(settings.manifests, group=group_with("{type: Secret, secret: {secretRef: {name: tls}}}"), tls=secret)
    prepared = prepare(settings, NOW)
    request = front_request(read_bundle(settings.bundle_directory))
    assert isinstance(request, ProvidedCertificate)
    assert request.authority == authority.certificate_pem
    assert prepared.certificates[0].name == "front/secret"

    edit_manifests(settings.manifests, tls=secret.replace("BEGIN CERTIFICATE", "BEGIN NONSENSE"))
    again = prepare(settings, NOW)
    assert [file.name for file in again.certificates] == ["internal/server", "internal/operator"]
    assert front_files(settings.certificates)[0].name == "secret.pem"


def test_cert_manager_needs_a_cluster(settings: StandaloneSettings) -> None:
    front = "{type: CertManager, certManager: {issuerRef: {name: corp}}}"
    edit_manifests(settings.manifests, group=group_with(front))
    with pytest.raises(PreparationError):
        prepare(settings, NOW)
