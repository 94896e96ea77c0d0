"""The house rules as a pure function of a source tree, so that the rules themselves can be tested on a small one.

`faults(root)` reads Python files and returns one sentence per broken rule, `path: what is wrong`. Exceptions are listed
in `Exceptions`, each with its reason; one that is no longer needed is a fault too, or the list would only grow.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

__all__ = ["PACKAGES", "Exceptions", "faults", "foreign_names"]

PACKAGES = {"crds": "mfa_resources", "operator": "mfa_operator", "runtime": "mfa_server"}
MODULE_LINES = 400
FUNCTION_LINES = 40
FUNCTION_LINES_HARD = 60
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"})
ROOM_SENTENCES = 2
SLEEP = re.compile(
    r"\btime\.sleep\(|\basyncio\.sleep\((?!0\))|\bfrom (?:time|asyncio) import [^\n]*\bsleep\b"
)  # sleep(0) is a turn
MOCK = re.compile(r"\bunittest\.mock\b|\bfrom unittest import [^\n]*\bmock\b|\bimport mock\b")
UNTRACKED = frozenset({".git", ".venv", "__pycache__", "build", "dist"})
# put together from parts, so that this file does not name what no file may name
FOREIGN_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
    )
)
FOREIGN_PATHS = re.compile(r"(?<![\w.~-])" + "/" + r"work/(?:main|shared)\b|\.\./" + "sha" + r"red/")
Fault = tuple[str, str]  # where, what
NO_TWIN_NEEDED = frozenset({"__init__.py", "__main__.py"})


@dataclass(frozen=True)
class Exceptions:
    """What a rule lets pass, and why. Keys are paths from the root; a function is `path::qualified.name`."""

    without_twin: Mapping[str, str] = field(default_factory=dict)
    long_modules: Mapping[str, str] = field(default_factory=dict)
    long_functions: Mapping[str, str] = field(default_factory=dict)
    banned_names: Mapping[str, str] = field(default_factory=dict)
    sleeping_tests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Module:
    root: Path
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def faults(root: Path, exceptions: Exceptions | None = None) -> list[str]:
    """Return every broken rule of the tree at `root`, sorted; an empty list is a tidy house."""
    allowed = exceptions or Exceptions()
    modules = [_Module(root, path) for top, package in PACKAGES.items() for path in _python_files(root / top / package)]
    tests = [_Module(root, path) for path in _python_files(root / "tests")]
    found = [
        *_package_faults(root),
        *_each(modules, _docstring_faults),
        *_each(modules, _surface_faults),
        *_each([module for module in modules if module.path.name == "__init__.py"], _room_faults),
        *_excused(_twin_faults(root, modules), allowed.without_twin),
        *_excused(_each([*modules, *tests], _module_length_faults), allowed.long_modules),
        *_excused(_each(modules, _function_length_faults), allowed.long_functions),
        *_excused(_each(modules, _name_faults), allowed.banned_names),
        *_each([*modules, *tests], _mock_faults),
        *_excused(_each(tests, _sleep_faults), allowed.sleeping_tests),
    ]
    return sorted(found)


def _python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def _each(modules: list[_Module], rule: Callable[[_Module], Iterator[Fault]]) -> list[str]:
    return [f"{where}: {what}" for module in modules for where, what in rule(module)]


def _excused(found: list[str], reasons: Mapping[str, str]) -> list[str]:
    """Drop the excused faults; name excuses without a reason, and those that excuse nothing."""
    broken = {fault.split(": ", 1)[0] for fault in found}
    return [
        *(fault for fault in found if fault.split(": ", 1)[0] not in reasons),
        *(
            f"{where}: is listed as an exception but breaks no rule; take it off the list"
            for where in reasons
            if where not in broken
        ),
        *(
            f"{where}: is listed as an exception without a reason"
            for where, reason in reasons.items()
            if not reason.strip()
        ),
    ]


def _package_faults(root: Path) -> list[str]:
    if (root / "operator/__init__.py").exists():
        return ["operator/__init__.py: exists, and hides Python's own module `operator`; remove it"]
    return []


def _docstring_faults(module: _Module) -> Iterator[Fault]:
    if not ast.get_docstring(module.tree):
        yield module.name, "has no docstring"


def _surface_faults(module: _Module) -> Iterator[Fault]:
    if module.path.name != "__main__.py" and not _declares_surface(module.tree):
        yield module.name, "has no __all__"


def _declares_surface(tree: ast.Module) -> bool:
    targets = (
        target
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
    )
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _room_faults(module: _Module) -> Iterator[Fault]:
    text = ast.get_docstring(module.tree) or ""
    sentences = re.findall(r"[.:;](?:\s|$)", text)
    if len(sentences) < ROOM_SENTENCES:
        yield module.name, "does not say what belongs in the room and what does not"


def _twin_faults(root: Path, modules: list[_Module]) -> list[str]:
    found = []
    for module in modules:
        inside = module.path.relative_to(root).parts[1:]
        twin = Path("tests", *inside[:-1], f"test_{inside[-1]}")
        if inside[-1] not in NO_TWIN_NEEDED and _does_something(module.tree) and not (root / twin).exists():
            found.append(f"{module.name}: has no twin test {twin.as_posix()}")
    return found


def _does_something(tree: ast.Module) -> bool:
    """Whether a module has code of its own: one that only declares (types, protocols, constants) is tested in its use."""
    return any(not _is_stub(node) for _, node in _functions(tree))


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(isinstance(each, ast.Pass | ast.Expr) and not _is_call(each) for each in node.body)


def _is_call(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant)


def _module_length_faults(module: _Module) -> Iterator[Fault]:
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES:
        yield module.name, f"has {lines} lines, over the budget of {MODULE_LINES}"


def _function_length_faults(module: _Module) -> Iterator[Fault]:
    for name, node in _functions(module.tree):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
        if lines > FUNCTION_LINES:
            limit = FUNCTION_LINES_HARD if lines > FUNCTION_LINES_HARD else FUNCTION_LINES
            yield f"{module.name}::{name}", f"has {lines} lines of code, over {limit}"


def _functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield name, child
            yield from _functions(child, f"{name}.")
        else:
            yield from _functions(child, prefix)


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1 if ast.get_docstring(node) else 0


def _name_faults(module: _Module) -> Iterator[Fault]:
    name = module.path.parent.name if module.path.name == "__init__.py" else module.path.stem
    if name.strip("_") in BANNED_NAMES:
        yield module.name, f"is called {name}, which says nothing; name the concept"


def _mock_faults(module: _Module) -> Iterator[Fault]:
    if MOCK.search(_without_strings(module)):
        yield module.name, "uses mocks; hand in a real peer or a small real object"


def _sleep_faults(module: _Module) -> Iterator[Fault]:
    if SLEEP.search(_without_strings(module)):
        yield module.name, "sleeps; wait for an event, or move a manual clock"


def _without_strings(module: _Module) -> str:
    """Blank out string literals, so that naming a forbidden thing is not using it."""
    lines = module.text.splitlines()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.end_lineno is not None:
            for number in range(node.lineno, node.end_lineno + 1):
                start = node.col_offset if number == node.lineno else 0
                end = node.end_col_offset if number == node.end_lineno else None
                line = lines[number - 1].encode()
                blank = b" " * (len(line[start:end]))
                lines[number - 1] = (line[:start] + blank + (line[end:] if end is not None else b"")).decode()
    return "\n".join(lines)


def foreign_names(root: Path) -> list[str]:
    """Return `path: what` for each text file that names a registry's host or a place outside the project.

    Where packages come from is the machine's configuration; a lock that names a host works only where that host does.
    """
    found = []
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if not path.is_file() or UNTRACKED.intersection(inside.parts) or any(_is_cache(part) for part in inside.parts):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        named = [host for host in FOREIGN_HOSTS if host in text] + FOREIGN_PATHS.findall(text)
        found += [f"{inside.as_posix()}: names {name}" for name in dict.fromkeys(named)]
    return found


def _is_cache(part: str) -> bool:
    return (part.startswith(".") and part.endswith("_cache")) or part in {".hypothesis", ".state", ".demo"}
