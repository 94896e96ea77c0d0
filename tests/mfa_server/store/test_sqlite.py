"""SqliteStore: the conformance suite, and what only a file and its processes can do."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from typing_extensions import override

from mfa_server.store import Store
from mfa_server.store.sqlite import SqliteStore
from tests.conformance.store import StoreSuite
from tests.conformance.store_model import StoreMachine


class TestSqliteStore(StoreSuite):
    """Every promise of the interface."""


def test_a_logon_lives_as_the_model_says_in_any_order(migrated: Path) -> None:
    class SqliteMachine(StoreMachine):
        @override
        async def open_store(self) -> Store:
            self.folder = Path(tempfile.mkdtemp())
            return SqliteStore.open(Path(shutil.copy(migrated, self.folder / "store.db")))

        @override
        def teardown(self) -> None:
            super().teardown()
            shutil.rmtree(self.folder)

    run_state_machine_as_test(
        SqliteMachine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
