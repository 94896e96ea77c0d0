"""Which sources run, and in which order."""

from mfa_server.sync.sources import in_order
from tests.mfa_server.sync.sources import source


def test_sources_run_by_order_then_name() -> None:
    sources = [source("mfa/b", order=5), source("mfa/c", order=1), source("mfa/a", order=5)]
    assert [each.name for each in in_order(sources)] == ["mfa/c", "mfa/a", "mfa/b"]


def test_suspended_ones_and_those_of_other_domains_do_not() -> None:
    assert in_order([source(state="Suspended"), source(directory="emea")]) == ()
