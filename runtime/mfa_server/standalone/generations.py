"""The accepted bundle on disk: a directory for each generation and the link ``current``, replaced atomically.

A reader that follows ``current`` once sees one whole generation. The two newest older ones stay, for a reader that has just begun.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mfa_resources import Bundle

__all__ = ["CURRENT", "KEPT", "current_generation", "publish"]

CURRENT = "current"
"""Name of the link."""
KEPT = 2
"""Older generations that stay."""
_DIGEST = ".digest"
"""File with the digest of a generation; its name keeps the manifest loader away."""


def current_generation(directory: Path) -> int:
    """Return the number of the generation that is served; 0: none yet."""
    try:
        name = (directory / CURRENT).readlink().name
    except OSError:
        return 0
    return int(name) if name.isdecimal() else 0


def publish(bundle: Bundle, directory: Path) -> int:
    """Make ``bundle`` the current generation and return its number; an equal one stays what it is. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    generation = current_generation(directory)
    if generation and _read(directory / CURRENT / _DIGEST) == bundle.digest:
        return generation
    numbers = [*_numbers(directory), generation]
    generation = max(numbers) + 1
    target = directory / f"{generation:08d}"
    bundle.write(target)
    (target / _DIGEST).write_text(bundle.digest)
    _make_durable(target)
    link = directory / f".{CURRENT}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(directory / CURRENT)
    _sync(directory)
    for number in sorted(_numbers(directory))[: -KEPT - 1]:
        shutil.rmtree(directory / f"{number:08d}", ignore_errors=True)
    return generation


def _numbers(directory: Path) -> Iterator[int]:
    return (int(path.name) for path in directory.iterdir() if path.name.isdecimal() and path.is_dir())


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _make_durable(directory: Path) -> None:
    """Bring files and directory to the disk: a power cut must not leave a link to an empty bundle."""
    for path in directory.iterdir():
        _sync(path)
    _sync(directory)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
