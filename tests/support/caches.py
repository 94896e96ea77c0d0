"""What is dear to make is made once per machine and kept between runs.

Everything lies under `$XDG_CACHE_HOME/mfa-operator` (default `~/.cache/mfa-operator`); deleting it is always safe.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["cache_folder", "fingerprint", "made_once"]


def cache_folder() -> Path:
    """The project's folder for caches, created if missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "mfa-operator"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fingerprint(*parts: str | bytes) -> str:
    """A short name for a set of inputs; it changes when one of them does."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cached folder `name`; if there is none, `make` fills a new one.

    Two runs at once make it once: the second waits. A make that fails leaves nothing behind.
    """
    target = cache_folder() / name
    with (cache_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            work = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache_folder()))
            try:
                make(work)
                work.rename(target)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return target
