"""Work that every server process would do at its start, done once before the fork: its memory is then shared by all of them.

The bundle is read once for the caches that reading fills. Nothing here is needed for anything to work.
"""

import ctypes
import encodings.idna  # noqa: F401 - what the first look-up of a host's name would import in every process
import gc
from contextlib import suppress

from mfa_server.errors import MfaError
from mfa_server.reload import load_bundle
from mfa_server.settings import StandaloneSettings

__all__ = ["warm"]

_M_ARENA_MAX = -8
"""mallopt(3): how many heaps the C library keeps. Each thread would get one; under Python's own lock they gain nothing."""


def warm(settings: StandaloneSettings) -> None:
    """Fill the caches, then put everything out of the garbage collector's reach: a collection must not touch what is shared."""
    with suppress(MfaError):  # the servers will say it
        load_bundle(settings.bundle_directory)
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    gc.collect()
    gc.freeze()
