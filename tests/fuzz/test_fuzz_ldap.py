import pytest

from tests.fuzz.fuzz_ldap import fuzz, main, seeds


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_only_documented_errors_escape_in_a_short_run(seed):
    assert fuzz(seed, lambda runs: runs < 1500) == 1500


def test_the_vectors_are_among_the_seeds():
    assert len(seeds()) > 60


def test_it_runs_for_as_long_as_asked(capsys):
    assert main(["--seconds", "0.2", "--seed", "5"]) == 0
    assert "seed 5" in capsys.readouterr().out
