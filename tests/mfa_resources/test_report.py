"""`mfa check`: everything at once, for people and for programs."""

import json
from pathlib import Path

from mfa_resources.canonical import to_yaml
from mfa_resources.report import check_directory
from tests.mfa_resources.samples import group, ldap_client, radius_client, secret, setting

ROOT = Path(__file__).resolve().parents[2]


def test_the_examples_are_accepted_without_errors() -> None:
    report = check_directory(ROOT / "examples")
    assert report.ok, report.text()
    assert report.accepted["MfaServerGroup"] >= 2


def test_each_example_stands_alone() -> None:
    for folder in sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir()):
        report = check_directory(folder)
        assert report.ok, report.text()
        assert report.accepted["MfaServerGroup"] == 1


def test_errors_and_warnings_are_said_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "group.yaml").write_text(to_yaml([group(), secret()]))
    (tmp_path / "bad.yaml").write_text(to_yaml([setting(ldap_client(), "timeout", "1s")]))
    (tmp_path / "vpn.yaml").write_text(to_yaml([radius_client(), secret("vpn", secret="0123456789abcdef")]))
    report = check_directory(tmp_path)
    assert not report.ok
    assert report.text().splitlines() == [
        f"{tmp_path}/bad.yaml:13: LdapClient mfa/gateway: spec.timeout: must be between 10s and 180s",
        f"{tmp_path}/vpn.yaml:1: RadiusClient mfa/vpn: warning: not built yet: RADIUS; the RadiusClient has no effect",
        f"{tmp_path}: 1 error, 1 warning; accepted: 1 MfaServerGroup, 1 RadiusClient, 2 Secret",
    ]


def test_the_report_is_plain_values_too(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(to_yaml([setting(ldap_client(), "timeout", "1s")]))
    found = json.loads(json.dumps(check_directory(tmp_path).as_json()))
    assert found["ok"] is False
    assert found["findings"] == [
        {
            "severity": "Error",
            "reason": "Invalid",
            "file": f"{tmp_path}/bad.yaml",
            "line": 13,
            "kind": "LdapClient",
            "namespace": "mfa",
            "name": "gateway",
            "field": "spec.timeout",
            "message": "must be between 10s and 180s",
        }
    ]


def test_a_directory_that_cannot_be_read_is_a_report_too(tmp_path: Path) -> None:
    report = check_directory(tmp_path / "missing")
    assert not report.ok
    assert "is not a directory that can be read" in report.text()
    assert "accepted: no objects" in report.text()
