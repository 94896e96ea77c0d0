"""Golden files: an expected text under tests/golden, compared by tests, rewritten by `pytest --update-golden`.

Rewriting is for a person who then reads the diff; CI never does it.
"""

from pathlib import Path

__all__ = ["GOLDEN_FOLDER", "Golden"]

GOLDEN_FOLDER = Path(__file__).resolve().parent.parent / "golden"


class Golden:
    """The comparer behind the `golden` fixture."""

    def __init__(self, folder: Path = GOLDEN_FOLDER, *, update: bool = False) -> None:
        self.folder = folder
        self.update = update

    def check(self, name: str, text: str) -> None:
        """Assert that `text` is what tests/golden/NAME holds; under --update-golden write it there instead."""
        path = (self.folder / name).resolve()
        if self.folder.resolve() not in path.parents:
            raise ValueError(f"golden file {name!r} lies outside {self.folder}")
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return
        assert path.exists(), (
            f"tests/golden/{name} does not exist: run pytest --update-golden once and read what it wrote"
        )
        assert text == path.read_text(), f"differs from tests/golden/{name}: if that is meant, pytest --update-golden"

    __call__ = check
