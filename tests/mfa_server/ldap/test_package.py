"""The room as a whole: what it offers and what it may know."""

import ast
import sys
from pathlib import Path

import pytest

import mfa_server.ldap

_MODULES = sorted(Path(mfa_server.ldap.__file__).parent.glob("*.py"))


def test_everything_the_room_offers_exists_and_is_listed_once():
    names = mfa_server.ldap.__all__
    assert sorted(set(names)) == names
    assert all(hasattr(mfa_server.ldap, name) for name in names)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", _MODULES, ids=lambda path: path.stem)
def test_a_module_knows_the_standard_library_and_its_room_and_nothing_that_does_input_or_output(path):
    for name in _imports(path):
        if name.split(".")[0] == "mfa_server":
            assert name.startswith("mfa_server.ldap")
        else:
            assert name.split(".")[0] in sys.stdlib_module_names
            assert name.split(".")[0] not in {
                "asyncio",
                "socket",
                "ssl",
                "time",
                "random",
                "os",
                "threading",
                "logging",
            }
