"""What is committed is what would be generated."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mfa_resources.generate import MAXIMUM_BYTES, differences, generated_files, main

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_files_are_up_to_date() -> None:
    assert differences(ROOT) == []
    assert main(["--check"]) == 0


def test_every_crd_is_small_enough_for_kubectl_apply() -> None:
    for path, text in generated_files():
        if path.suffix == ".yaml":
            assert len(text.encode()) < MAXIMUM_BYTES, path
            assert yaml.safe_load(text)["kind"] == "CustomResourceDefinition"


def test_missing_superfluous_and_different_files_are_named(tmp_path: Path) -> None:
    for path, text in generated_files():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert differences(tmp_path) == []
    (tmp_path / "crds" / "ldapclients.yaml").unlink()
    (tmp_path / "crds" / "old.yaml").write_text("a: 1\n")
    (tmp_path / "docs" / "reference" / "fields.md").write_text("by hand\n")
    assert differences(tmp_path) == [
        "crds/ldapclients.yaml: is missing; run `make generate`",
        "docs/reference/fields.md: differs; run `make generate`",
        "crds/old.yaml: belongs to no kind; remove it",
    ]


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chekc"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "mfa_resources.generate", "--check"], check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
