"""Which servers are asked: the decision table."""

import pytest

from mfa_server.directories.health import ServerHealth, Turn, after_failure, after_success, take_turn

ALIVE = ServerHealth()


def dead(failures: int, at: float) -> ServerHealth:
    return ServerHealth(failures, at)


@pytest.mark.parametrize(
    ("states", "now", "turn"),
    [
        pytest.param([ALIVE, ALIVE], 0.0, Turn((0, 1)), id="all alive: in order of preference"),
        pytest.param([dead(1, 10.0), ALIVE], 10.5, Turn((1,)), id="a dead server is left alone"),
        pytest.param([dead(1, 10.0), ALIVE], 11.0, Turn((1,), (0,)), id="and probed beside that after a second"),
        pytest.param([dead(3, 10.0), ALIVE], 13.9, Turn((1,)), id="after three failures not within four seconds"),
        pytest.param([dead(3, 10.0), ALIVE], 14.0, Turn((1,), (0,)), id="but then"),
        pytest.param([dead(99, 10.0), ALIVE], 69.9, Turn((1,)), id="the pause grows"),
        pytest.param([dead(99, 10.0), ALIVE], 70.0, Turn((1,), (0,)), id="to a minute"),
        pytest.param([dead(9, 10.0)], 10.5, Turn(()), id="nobody alive: not again within a second"),
        pytest.param([dead(9, 10.0)], 11.0, Turn((0,)), id="nobody alive: after a second it is asked all the same"),
        pytest.param([dead(1, 12.0), dead(1, 10.0)], 13.0, Turn((1, 0)), id="the one tried longest ago first"),
        pytest.param([dead(1, 12.5), dead(1, 10.0)], 13.0, Turn((1,)), id="the one tried just now not at all"),
    ],
)
def test_whom_to_ask(states: list[ServerHealth], now: float, turn: Turn) -> None:
    assert take_turn(states, now) == turn


def test_failures_add_up_and_one_success_ends_them() -> None:
    health = after_failure(after_failure(ALIVE, 1.0), 2.0)
    assert health == ServerHealth(2, 2.0)
    assert not health.alive
    assert after_success(health).alive
