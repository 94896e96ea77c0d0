"""Before the fork: a bundle that cannot be read is no obstacle."""

import gc
from pathlib import Path

from mfa_server.settings import StandaloneSettings
from mfa_server.standalone.warming import warm


def test_everything_is_out_of_the_collectors_reach(tmp_path: Path) -> None:
    try:
        warm(StandaloneSettings(tmp_path, tmp_path))
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
