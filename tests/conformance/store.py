"""The store's conformance suite: an engine's tests subclass it and say how a database is opened.

The subclass provides two fixtures: ``open_store`` (``OpenStore``: each call opens the same, at first empty database once more, and
closes it after the test) and ``store``, opened once. ``StoreMachine`` in ``store_model`` is subclassed apart.
"""

from tests.conformance.store_audit import AuditSuite
from tests.conformance.store_challenges import ChallengeSuite
from tests.conformance.store_counters import CounterSuite
from tests.conformance.store_finish import FinishSuite
from tests.conformance.store_people import PeopleSuite
from tests.conformance.store_races import RaceSuite
from tests.conformance.store_servers import ServerSuite

__all__ = ["StoreSuite"]


class StoreSuite(ChallengeSuite, FinishSuite, CounterSuite, PeopleSuite, AuditSuite, ServerSuite, RaceSuite):
    """Everything a store promises."""
