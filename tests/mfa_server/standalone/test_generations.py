"""The bundle on disk: whole generations behind one link, equal ones only once, few old ones."""

import stat
from pathlib import Path

import pytest

from mfa_resources import Bundle
from mfa_resources.admission import admit, read_bundle
from mfa_resources.manifests import load_text
from mfa_server.standalone.generations import CURRENT, current_generation, publish
from tests.support.manifests import CLIENT, GROUP, SECRET


def bundle(address: str = "192.0.2.10") -> Bundle:
    text = "---\n".join((GROUP, SECRET, CLIENT.replace("192.0.2.10", address)))
    (found,) = admit(load_text(text)).bundles.values()
    return found


def test_the_first_generation_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    assert current_generation(tmp_path) == 0
    assert publish(bundle(), tmp_path) == current_generation(tmp_path) == 1
    found = tmp_path / CURRENT
    assert read_bundle(found).digest == bundle().digest
    assert stat.S_IMODE(found.resolve().stat().st_mode) == 0o700
    assert stat.S_IMODE((found / "secrets.yaml").stat().st_mode) == 0o600


def test_an_equal_bundle_makes_no_new_generation(tmp_path: Path) -> None:
    publish(bundle(), tmp_path)
    inode = (tmp_path / CURRENT).lstat().st_ino
    assert publish(bundle(), tmp_path) == 1
    assert (tmp_path / CURRENT).lstat().st_ino == inode


def test_old_generations_go_but_for_two(tmp_path: Path) -> None:
    for number in range(1, 6):
        assert publish(bundle(f"192.0.2.{number}"), tmp_path) == number
    directories = sorted(path.name for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink())
    assert directories == ["00000003", "00000004", "00000005"]


@pytest.mark.parametrize("left", ["a directory without a link to it", "a draft of the link"])
def test_what_a_crash_left_behind_is_no_obstacle(tmp_path: Path, left: str) -> None:
    publish(bundle("192.0.2.1"), tmp_path)
    if left == "a draft of the link":
        (tmp_path / f".{CURRENT}.new").symlink_to("nowhere")
    else:
        (tmp_path / "00000002").mkdir()
        (tmp_path / "00000002" / "resources.yaml").write_text("half a")
    generation = publish(bundle("192.0.2.2"), tmp_path)
    assert generation == current_generation(tmp_path) > 1
    assert read_bundle(tmp_path / CURRENT).digest == bundle("192.0.2.2").digest


def test_a_link_that_leads_nowhere_counts_as_no_bundle(tmp_path: Path) -> None:
    (tmp_path / CURRENT).symlink_to("elsewhere")
    assert current_generation(tmp_path) == 0
    assert publish(bundle(), tmp_path) == 1
