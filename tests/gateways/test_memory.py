"""What an installation weighs: idle, and with two thousand people who take their time."""

from benchmarks.memory import crowded_site, measure

IDLE_MEBIBYTES = 120
PENDING_MEBIBYTES = 80


def test_the_tree_is_small_when_idle_and_two_thousand_waiting_logons_need_little_more(tmp_path):
    with crowded_site(tmp_path) as site:
        weight = measure(site)
    assert weight.processes == 3
    assert weight.idle <= IDLE_MEBIBYTES, weight
    assert weight.more_with_pending <= PENDING_MEBIBYTES, weight
