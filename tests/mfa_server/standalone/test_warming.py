"""Before the fork: every statement is compiled, and a bundle that cannot be read is no obstacle."""

import gc
from pathlib import Path

from mfa_server.settings import StandaloneSettings
from mfa_server.standalone.warming import warm
from mfa_server.store import statements
from mfa_server.store.compiled import Plain


def test_every_statement_is_compiled_and_everything_is_out_of_the_collectors_reach(tmp_path: Path) -> None:
    try:
        warm(StandaloneSettings(tmp_path, tmp_path))
        assert gc.get_freeze_count()
        found = [value for value in vars(statements).values() if isinstance(value, Plain)]
        assert found
        assert all(value.on("sqlite") is value.on("sqlite") for value in found)
    finally:
        gc.unfreeze()
