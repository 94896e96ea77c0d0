"""The demonstration's manifests are right, and what they are."""

from pathlib import Path

import pytest

from mfa_resources.report import check_directory
from mfa_server.certificates import Authority
from mfa_server.clock import SystemClock
from mfa_server.demo.manifests import DemoPorts, demo_manifests

__all__: list[str] = []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = Authority.create("Test", SystemClock().now()).certificate_pem.decode()
    text = demo_manifests(DemoPorts(directory=1636, ldap=1389, ldaps=2636, health=1080, internal=1443), authority, "pw")
    (tmp_path / "demo.yaml").write_text(text)
    return tmp_path


def test_nothing_is_wrong_with_them(folder: Path) -> None:
    report = check_directory(folder)
    assert report.findings == ()
    assert report.accepted == {"MfaServerGroup": 1, "LdapClient": 1, "UserSyncSource": 1, "Secret": 1, "ConfigMap": 1}
