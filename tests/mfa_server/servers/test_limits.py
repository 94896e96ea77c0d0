"""How many connections, in total and from one source."""

import resource

import pytest

from mfa_server.servers.limits import (
    ConnectionLimits,
    Connections,
    LdapTimeouts,
    connection_limits,
    raise_descriptor_limit,
)


@pytest.mark.parametrize(
    ("descriptors", "total"), [(1024, 824), (20_000, 19_800), (1_048_576, 20_000), (256, 64), (10, 64)]
)
def test_connections_follow_from_descriptors_with_a_reserve(descriptors: int, total: int) -> None:
    assert connection_limits(descriptors) == ConnectionLimits(total, total // 2)


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        hard = before[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        raised = raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
        assert hard in (raised, resource.RLIM_INFINITY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_source_is_bounded_before_it_takes_everything() -> None:
    counts = Connections(ConnectionLimits(total=3, per_source=2))
    assert [counts.admit("a"), counts.admit("a"), counts.admit("a")] == [True, True, False]
    assert counts.admit("b")
    assert not counts.admit("c")
    assert (counts.total, counts.of("a"), counts.of("c")) == (3, 2, 0)
    counts.leave("a")
    assert counts.admit("c")


def test_sources_that_have_left_take_no_memory() -> None:
    counts = Connections(ConnectionLimits(total=10, per_source=10))
    for number in range(1000):
        assert counts.admit(str(number))
        counts.leave(str(number))
    assert counts.total == 0
    assert not counts._sources


def test_a_bound_connection_may_idle_as_long_as_at_active_directory() -> None:
    assert LdapTimeouts().idle_bound == 900
