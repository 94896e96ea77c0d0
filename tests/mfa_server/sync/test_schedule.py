"""When passes are due."""

import pytest

from mfa_server.sync.schedule import PassState, next_due


@pytest.mark.parametrize(
    ("state", "interval", "due"),
    [
        pytest.param(PassState(), 3600, 0.0, id="the first at once"),
        pytest.param(PassState(100.0), 3600, 3700.0, id="then from start to start"),
        pytest.param(PassState(100.0, 1), 3600, 160.0, id="after a failure in a minute"),
        pytest.param(PassState(100.0, 3), 3600, 340.0, id="then in two, then in four"),
        pytest.param(PassState(100.0, 99), 3600, 3700.0, id="but never later than the interval"),
        pytest.param(PassState(100.0, 2), 60, 160.0, id="a short interval stays short"),
    ],
)
def test_next_due(state: PassState, interval: float, due: float) -> None:
    assert next_due(state, interval) == due
