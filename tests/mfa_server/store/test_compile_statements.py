"""What is committed is what would be compiled; what a server could not read is not compiled."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import bindparam, literal_column, select

from mfa_server.store.compile_statements import compile_draft, differences, generated_files, main
from mfa_server.store.schema import meta
from mfa_server.store.statements import Draft

ROOT = Path(__file__).resolve().parents[3]
COMPILED = "runtime/mfa_server/store/compiled"


def test_the_committed_files_are_up_to_date() -> None:
    assert differences(ROOT) == []
    assert main(["--check"]) == 0


def test_missing_and_different_files_are_named(tmp_path: Path) -> None:
    for path, text in generated_files():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert differences(tmp_path) == []
    (tmp_path / COMPILED / "sqlite.py").unlink()
    (tmp_path / COMPILED / "postgresql.py").write_text("by hand\n")
    assert differences(tmp_path) == [
        f"{COMPILED}/postgresql.py: differs; run `make generate`",
        f"{COMPILED}/sqlite.py: is missing; run `make generate`",
    ]


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("sqlite", "SELECT meta.value FROM meta WHERE meta.\"key\" = ? AND meta.value != 'it'"),
        ("postgresql", "SELECT meta.value FROM meta WHERE meta.key = $1::VARCHAR AND meta.value != 'it'"),
    ],
)
def test_a_statement_is_one_line_of_text_with_positional_parameters(dialect: str, sql: str) -> None:
    where = (meta.c.key == bindparam("which"), meta.c.value != literal_column("'it'"))
    compiled = compile_draft("ONE", Draft(lambda _: select(meta.c.value).where(*where)), dialect)
    assert (compiled.sql, compiled.order) == (sql, ("which",))


def test_each_dialect_is_written_with_its_own_insert() -> None:
    draft = Draft(lambda insert: insert(meta).values(key=bindparam("key"), value=bindparam("value")))
    assert compile_draft("ONE", draft, "sqlite").bind({"key": 1, "value": 2}) == (1, 2)
    assert "$2" in compile_draft("ONE", draft, "postgresql").sql


def test_a_value_inside_a_statement_is_refused_by_name() -> None:
    draft = Draft(lambda _: select(meta.c.value).where(meta.c.key == "fixed"))
    with pytest.raises(ValueError, match=r"ONE holds the values .*fixed.*; name them with bindparam"):
        compile_draft("ONE", draft, "sqlite")


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chekc"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "mfa_server.store.compile_statements", "--check"]
    done = subprocess.run(command, check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
