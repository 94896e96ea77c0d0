"""``mfa gateway show``."""

from pathlib import Path

import pytest

from mfa_server.cli.program import run

__all__: list[str] = []

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("name", ["netscaler", "mfa-netscaler/netscaler"])
def test_the_commands_are_printed_from_manifests(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--dir", str(EXAMPLES / "netscaler"), "--address", "192.0.2.53"]
    assert run(["gateway", "show", name, *arguments]) == 0
    assert "\nadd authentication ldapAction mfa_ldap -serverIP 192.0.2.53 -serverPort 636" in capsys.readouterr().out


def test_the_commands_are_printed_from_what_servers_run_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "current").symlink_to(EXAMPLES / "netscaler")
    assert run(["gateway", "show", "netscaler", "--state", str(tmp_path)]) == 0
    assert f"{tmp_path}/certificates/front/ca.crt" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("client", "folder", "message"),
    [
        ("other", "netscaler", "mfa: no LdapClient is called other in "),
        (
            "gateway",
            "minimal",
            "mfa: LdapClient mfa-minimal/gateway is not declared as a NetScaler; set spec.gateway.type",
        ),
    ],
)
def test_what_cannot_be_shown_is_told_why(
    client: str, folder: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["gateway", "show", client, "--dir", str(EXAMPLES / folder)]) == 1
    assert capsys.readouterr().err.startswith(message)


def test_a_group_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "netscaler.yaml").write_text((EXAMPLES / "netscaler" / "netscaler.yaml").read_text())
    assert run(["gateway", "show", "netscaler", "--dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(
        "mfa: MfaServerGroup mfa-netscaler/main, which LdapClient mfa-netscaler/netscaler"
    )


def test_without_manifests_the_error_says_where_to_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gateway", "show", "netscaler", "--state", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(
        f"mfa: no servers ever ran on the state directory {tmp_path}; name the manifests"
    )
