"""The small tools of the tests: clock, ports, golden files, caches, programs and certificates."""

import datetime as dt
import ssl
import sys
import threading
from pathlib import Path

import pytest

from tests.support.caches import fingerprint, made_once
from tests.support.certificates import Authority
from tests.support.clock import START, ManualClock, ManualRandomness
from tests.support.golden import Golden
from tests.support.kube_program import kubernetes_version
from tests.support.ports import LOOPBACK, free_ports
from tests.support.processes import Program, find_program, run, wait_until

__all__: list[str] = []


def test_a_manual_clock_moves_only_when_told():
    clock = ManualClock()
    before = clock.now(), clock.monotonic()
    assert (clock.now(), clock.monotonic()) == before
    clock.advance(1.5)
    assert clock.now() == START + dt.timedelta(seconds=1.5)
    assert clock.monotonic() == before[1] + 1.5


def test_a_corrected_wall_clock_leaves_the_monotonic_clock_alone():
    clock = ManualClock()
    before = clock.monotonic()
    clock.set_wall(START - dt.timedelta(hours=1))
    assert clock.now() == START - dt.timedelta(hours=1)
    assert clock.monotonic() == before


def test_a_manual_clock_does_not_go_back():
    with pytest.raises(ValueError, match="time does not go back"):
        ManualClock().advance(-1)


def test_manual_randomness_repeats_by_seed():
    one, same, other = ManualRandomness(1), ManualRandomness(1), ManualRandomness(2)
    drawn = one.token_bytes(16)
    assert drawn == same.token_bytes(16)
    assert drawn != other.token_bytes(16)
    assert drawn != one.token_bytes(16)
    assert len(one.digits(6)) == 6


def test_free_ports_differ():
    assert len(set(free_ports(20))) == 20


def test_a_golden_file_is_compared_and_rewritten_only_by_the_flag(tmp_path):
    with pytest.raises(AssertionError, match="does not exist"):
        Golden(tmp_path).check("a/b.txt", "one\n")
    Golden(tmp_path, update=True).check("a/b.txt", "one\n")
    Golden(tmp_path).check("a/b.txt", "one\n")
    with pytest.raises(AssertionError, match="--update-golden"):
        Golden(tmp_path).check("a/b.txt", "two\n")


def test_a_golden_file_cannot_lie_elsewhere(tmp_path):
    with pytest.raises(ValueError, match="lies outside"):
        Golden(tmp_path, update=True).check("../b.txt", "one\n")


def test_what_is_cached_is_made_once_and_a_failure_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[Path] = []

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        made_once("thing", fail)
    for _ in range(2):
        assert made_once("thing", made.append) == tmp_path / "mfa-operator/thing"
    assert len(made) == 1
    assert sorted(path.name for path in (tmp_path / "mfa-operator").iterdir()) == ["thing", "thing.lock"]


def test_two_at_once_make_it_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[Path] = []
    both = [threading.Thread(target=made_once, args=("thing", made.append)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(made) == 1


def test_a_fingerprint_tells_where_one_part_ends():
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_a_missing_program_says_what_installs_it():
    with pytest.raises(FileNotFoundError, match="`make test`"):
        find_program("no-such-program-anywhere")


def test_a_failed_command_shows_its_last_words():
    with pytest.raises(RuntimeError, match="ended with 3: bad luck"):
        run("sh", "-c", "echo bad luck >&2; exit 3")


def test_a_program_that_ends_early_is_told_from_a_slow_one(tmp_path):
    with (
        Program(("sh", "-c", "echo cannot; exit 1"), tmp_path / "log") as program,
        pytest.raises(RuntimeError, match="cannot"),
    ):
        program.wait_for("it is ready", lambda: False)
    with (
        Program(("sh", "-c", "echo slow; exec sleep 60"), tmp_path / "log") as program,
        pytest.raises(TimeoutError, match="it is ready"),
    ):
        program.wait_for("it is ready", lambda: False, seconds=0.1)


def test_a_program_that_ignores_the_polite_signal_is_ended_all_the_same(tmp_path):
    program = Program(("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 60; done"), tmp_path / "log")
    program.wait_for("the trap is set", lambda: "ready" in program.last_words())
    program.end(seconds=0.2)
    assert not program.running


def test_waiting_treats_an_os_error_as_not_yet() -> None:
    answers = iter(["broken", "", "so"])

    def condition() -> str:
        answer = next(answers)
        if answer == "broken":
            raise OSError(answer)
        return answer

    wait_until("it is so", condition, every=0)


def test_an_issued_certificate_is_accepted_for_loopback_and_for_nothing_else(tmp_path):
    authority = Authority(tmp_path)
    pair = authority.issue("server")
    assert pair.key.stat().st_mode & 0o077 == 0
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pair.certificate, pair.key)
    client = ssl.create_default_context(cafile=str(authority.ca_file))
    handshake(client, server, LOOPBACK)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(client, server, "elsewhere.example.test")


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """Run a TLS handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for end in ends * 4:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_the_kubernetes_version_is_read_from_the_modules():
    assert kubernetes_version().startswith("1.")


def test_this_python_can_be_found():
    assert find_program(sys.executable) == sys.executable
