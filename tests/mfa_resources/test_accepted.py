"""The remembered state: written in one step, read back whole, readable for nobody else."""

import stat
from pathlib import Path

import pytest

from mfa_resources.accepted import FILE_NAME, Accepted
from mfa_resources.canonical import document_of
from mfa_resources.errors import ManifestError
from tests.mfa_resources.samples import admitted, group, ldap_client, secret


def test_nothing_was_accepted_before_the_first_time(tmp_path: Path) -> None:
    assert Accepted.read(tmp_path) == Accepted()


def test_what_is_written_is_read_back_with_its_files(tmp_path: Path) -> None:
    accepted = admitted(group(), ldap_client(timeout="30s"), secret()).accepted
    accepted.write(tmp_path / "state")
    again = Accepted.read(tmp_path / "state")
    assert {name: (document_of(one.item), one.file) for name, one in again.items.items()} == {
        name: (document_of(one.item), one.file) for name, one in accepted.items.items()
    }
    assert {one.file for one in again.items.values()} == {"all.yaml"}
    assert not again.lost


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    admitted(group(), secret()).accepted.write(tmp_path / "state")
    admitted(group(), secret()).accepted.write(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state" / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE_NAME]


def test_a_half_written_successor_is_no_harm(tmp_path: Path) -> None:
    admitted(group(), secret()).accepted.write(tmp_path)
    (tmp_path / f".{FILE_NAME}.new").write_text("apiVersion: [")
    assert len(Accepted.read(tmp_path).items) == 2
    admitted(group(), secret()).accepted.write(tmp_path)
    assert len(Accepted.read(tmp_path).items) == 2


def test_a_spoiled_file_is_an_error_not_an_empty_state(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("a: [")
    with pytest.raises(ManifestError):
        Accepted.read(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"\xff")
    with pytest.raises(ManifestError):
        Accepted.read(tmp_path)


def test_what_this_version_cannot_read_any_more_is_said(tmp_path: Path) -> None:
    admitted(group(), ldap_client(timeout="30s"), secret()).accepted.write(tmp_path)
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text().replace("timeout: 30s", "timeout: 1s"))
    again = Accepted.read(tmp_path)
    assert len(again.items) == 2
    assert "spec.timeout: must be between 10s and 180s" in str(again.lost[0])


def test_no_secret_is_shown() -> None:
    assert "correct horse" not in repr(admitted(group(), secret()).accepted)
