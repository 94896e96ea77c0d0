"""Broken manifests, each with everything that is said about it, word for word."""

from pathlib import Path

import pytest

from mfa_resources import admit, load_text
from tests.support.golden import GOLDEN_FOLDER, Golden

FOLDER = GOLDEN_FOLDER / "broken"
BROKEN = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_manifest_is_refused_in_these_words(path: Path, golden: Golden):
    found = admit(load_text(path.read_text(), path.name)).findings
    assert any(finding.is_error for finding in found)
    lines = [f"{finding.severity} {finding.reason}: {finding}\n" for finding in found]
    golden(f"broken/{path.stem}.txt", "".join(lines))


def test_the_table_is_large_enough():
    assert len(BROKEN) >= 40


def test_every_expectation_has_its_manifest():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in BROKEN}


@pytest.mark.parametrize(
    "path", [path for path in BROKEN if path.stem.startswith("secret-")], ids=lambda path: path.stem
)
def test_no_value_of_a_secret_is_ever_said(path: Path):
    said = "\n".join(map(str, admit(load_text(path.read_text(), path.name)).findings))
    assert "0451" not in said
    assert "hunter2" not in said
    assert "not-a-real-one" not in said
