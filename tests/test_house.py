"""The house rules, kept by a test: what CONTRIBUTING.md asks of every module, and that the rules themselves can fail."""

from pathlib import Path

import pytest

from tests.support.house import Exceptions, faults, foreign_names

__all__: list[str] = []

ROOT = Path(__file__).resolve().parent.parent

EXCEPTIONS = Exceptions(
    without_twin={},
    long_modules={},
    long_functions={},
    banned_names={
        "crds/mfa_resources/v1alpha1/common.py": "the one word Kubernetes projects use for types shared by kinds",
    },
    sleeping_tests={
        "tests/support/processes.py": "another program cannot be awaited, only asked again until it answers",
        "tests/support/samba_relay.py": "waits for the port of a program that tells nobody when it is ready",
    },
)


def test_every_module_keeps_the_house_rules():
    broken = faults(ROOT, EXCEPTIONS)
    assert not broken, "\n".join(broken)


def test_no_file_names_a_registry_or_a_place_outside_the_project():
    named = foreign_names(ROOT)
    assert not named, "\n".join(named)


# the rules on a small tree

ROOM = '"""A room.\n\nHere: this. Not here: that.\n"""\n\n__all__: list[str] = []\n'
MODULE = '"""A module."""\n\n__all__ = ["one"]\n\n\ndef one() -> int:\n    return 1\n'
LONG_FUNCTION = '"""A module."""\n\n__all__ = ["one"]\n\n\ndef one() -> int:\n' + "    1\n" * 41
STATE = "runtime/mfa_server/ldap/state.py"


def tidy_tree(root: Path) -> Path:
    """A tree without a fault: three packages, one room, one module with its twin."""
    for room in ("crds/mfa_resources", "operator/mfa_operator", "runtime/mfa_server", "runtime/mfa_server/ldap"):
        put(root, f"{room}/__init__.py", ROOM)
    put(root, STATE, MODULE)
    put(root, "tests/mfa_server/ldap/test_state.py", "def test_one(): ...\n")
    return root


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_tidy_tree_has_no_faults(tmp_path):
    assert faults(tidy_tree(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "operator/__init__.py",
            "",
            "operator/__init__.py: exists, and hides Python's own module `operator`; remove it",
        ),
        (STATE, MODULE.replace('"""A module."""', ""), f"{STATE}: has no docstring"),
        (STATE, MODULE.replace("__all__", "names"), f"{STATE}: has no __all__"),
        (STATE, MODULE + "#\n" * 400, f"{STATE}: has 407 lines, over the budget of 400"),
        (STATE, LONG_FUNCTION, f"{STATE}::one: has 42 lines of code, over 40"),
        (STATE, LONG_FUNCTION + "    1\n" * 20, f"{STATE}::one: has 62 lines of code, over 60"),
        (
            "runtime/mfa_server/ldap/__init__.py",
            '"""A room."""\n__all__: list[str] = []\n',
            "runtime/mfa_server/ldap/__init__.py: does not say what belongs in the room and what does not",
        ),
        (
            "runtime/mfa_server/ldap/orphan.py",
            MODULE,
            "runtime/mfa_server/ldap/orphan.py: has no twin test tests/mfa_server/ldap/test_orphan.py",
        ),
        (
            "runtime/mfa_server/ldap/__main__.py",
            "",
            "runtime/mfa_server/ldap/__main__.py: has no docstring",
        ),
        (
            "runtime/mfa_server/utils/__init__.py",
            ROOM,
            "runtime/mfa_server/utils/__init__.py: is called utils, which says nothing; name the concept",
        ),
        (
            "tests/test_a.py",
            "from unittest import mock\n",
            "tests/test_a.py: uses mocks; hand in a real peer or a small real object",
        ),
        (
            "tests/test_a.py",
            "import time\n\n\ndef test_a():\n    time.sleep(1)\n",
            "tests/test_a.py: sleeps; wait for an event, or move a manual clock",
        ),
    ],
)
def test_a_broken_rule_is_named(tmp_path, name, text, fault):
    put(tidy_tree(tmp_path), name, text)
    assert faults(tmp_path) == [fault]


def test_naming_a_forbidden_thing_in_a_string_is_not_using_it(tmp_path):
    put(tidy_tree(tmp_path), "tests/test_a.py", '"""Never time.sleep(1) nor unittest.mock."""\n')
    assert faults(tmp_path) == []


def test_a_module_that_only_declares_needs_no_twin(tmp_path):
    declarations = '"""Ports."""\n\n__all__ = ["A"]\n\n\nclass A:\n    size: int = 1\n\n    def ask(self) -> int:\n        """Ask."""\n        ...\n'
    put(tidy_tree(tmp_path), "runtime/mfa_server/ldap/ports.py", declarations)
    assert faults(tmp_path) == []


def test_giving_others_a_turn_is_not_sleeping(tmp_path):
    put(tidy_tree(tmp_path), "tests/test_a.py", "import asyncio\n\n\nasync def test_a():\n    await asyncio.sleep(0)\n")
    assert faults(tmp_path) == []


def test_a_listed_exception_passes_and_a_superfluous_one_is_a_fault(tmp_path):
    put(tidy_tree(tmp_path), STATE, LONG_FUNCTION)
    allowed = Exceptions(long_functions={f"{STATE}::one": "a table"})
    assert faults(tmp_path, allowed) == []
    put(tmp_path, STATE, MODULE)
    assert faults(tmp_path, allowed) == [
        f"{STATE}::one: is listed as an exception but breaks no rule; take it off the list",
    ]


def test_an_exception_needs_a_reason(tmp_path):
    put(tidy_tree(tmp_path), STATE, LONG_FUNCTION)
    allowed = Exceptions(long_functions={f"{STATE}::one": " "})
    assert faults(tmp_path, allowed) == [f"{STATE}::one: is listed as an exception without a reason"]


def test_a_foreign_name_is_found_in_any_text_file_but_not_in_caches(tmp_path):
    host = ".".join(("py" + "pi", "org"))
    put(tmp_path, "docs/a.md", f"see https://{host}/x and {'/' + 'work/main'}/y\n")
    put(tmp_path, ".venv/b.txt", host)
    put(tmp_path, ".mypy_cache/b.json", host)
    (tmp_path / "picture.png").write_bytes(b"\xff\xfe" + host.encode())
    assert foreign_names(tmp_path) == [f"docs/a.md: names {host}", f"docs/a.md: names {'/' + 'work/main'}"]
