"""The reference of fields."""

from mfa_resources.fields import FIRST_VERSION, fields_reference
from mfa_resources.v1alpha1 import KINDS


def row(field: str) -> list[str]:
    line = next(line for line in fields_reference().splitlines() if line.startswith(f"| `{field}` "))
    return [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]


def test_every_kind_has_its_table() -> None:
    page = fields_reference()
    assert all(f"## {kind}\n" in page for kind in KINDS)
    assert page.endswith("|\n")


def test_a_row_says_default_bounds_version_old_name_and_purpose() -> None:
    assert row("spec.policy.lockout.factor.failures") == [
        "`spec.policy.lockout.factor.failures`",
        "`5`",
        "1 to 100",
        FIRST_VERSION,
        "Company Settings > Account lockout > Number of denials",
        "Wrong answers that lock.",
    ]
    assert row("spec.store.type")[1:3] == ["`SQLite`", "`SQLite`, `PostgreSQL`, `CloudNativePG`"]
    assert row("spec.directory.baseDN")[1] == "required"
    assert row("spec.directory.timeout")[1:3] == ["`5s`", "between 100ms and 60s"]
    assert row("spec.mobileApp")[1] == "–"
    assert row("spec.secrets[].id")[2] == "1 to 63 characters"


def test_every_row_has_six_cells() -> None:
    for line in fields_reference().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 7, line
