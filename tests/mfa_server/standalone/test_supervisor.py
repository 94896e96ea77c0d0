"""The supervisor for real: processes are forked, killed, restarted, told about changes and ended."""

import json
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.manifests import BIND_PASSWORD, CLIENT, edit_manifests, write_manifests
from tests.support.processes import Program, wait_until


class Installation:
    """One run of `tests.support.tiny_installation`, and what its processes wrote."""

    def __init__(self, folder: Path, kind: str = "good", log: str = "log") -> None:
        self.state = folder / "state"
        self.manifests = folder / "manifests"
        self.program = Program(
            [sys.executable, "-m", "tests.support.tiny_installation", str(self.manifests), str(self.state), kind],
            folder / log,
        )

    def events(self, *beginning: str) -> list[list[str]]:
        try:
            lines = (self.state / "events").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [words for words in map(str.split, lines) if tuple(words[: len(beginning)]) == beginning]

    def wait(self, what: str, condition: Callable[[], object], seconds: float = 20) -> None:
        self.program.wait_for(what, condition, seconds)

    def started(self, processes: int = 2) -> None:
        self.wait("processes started", lambda: len(self.events("start")) >= processes)

    def pid(self, name: str) -> int:
        return int(self.events("start", name)[-1][3])

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.program.log.read_text().splitlines() if line.startswith("{")]

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log() if line["event"] == event]

    def ended(self, seconds: float = 20) -> int:
        code: int = self.program._child.wait(seconds)
        return code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_manifests(tmp_path / "manifests")
    return tmp_path


@pytest.fixture
def installation(folder: Path) -> Iterator[Installation]:
    found = Installation(folder)
    with found.program:
        found.started()
        yield found


def test_two_servers_start_from_an_empty_state_directory(folder: Path) -> None:
    installation = Installation(folder, "stored")
    with installation.program:
        installation.started()
    state = installation.state
    (first, second) = sorted(installation.events("start"))
    assert (first[1], second[1]) == ("mfa-0", "mfa-1")
    assert first[2].startswith("mfa-0/")
    assert first[2].split("/")[1] != second[2].split("/")[1]
    assert first[4] == second[4] == "1"
    with sqlite3.connect(state / "store" / "mfa.sqlite") as store:
        assert store.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    store.close()
    for directory in (state, state / "run", state / "store", state / "bundle", state / "certificates"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700, directory


def test_a_killed_process_comes_back_as_a_new_incarnation_while_the_other_goes_on(installation: Installation) -> None:
    other = installation.pid("mfa-0")
    for times in range(2, 4):
        os.kill(installation.pid("mfa-1"), signal.SIGKILL)
        installation.wait("restarted", lambda times=times: len(installation.events("start", "mfa-1")) == times)  # type: ignore[misc]
    assert len({words[2] for words in installation.events("start", "mfa-1")}) == 3
    assert installation.pid("mfa-0") == other
    assert os.getpgid(other) == installation.program.pid
    assert [line["how"] for line in installation.logged("process died")] == ["killed by SIGKILL"] * 2


def test_a_good_edit_reaches_every_process_within_two_seconds(installation: Installation) -> None:
    edit_manifests(installation.manifests, client=CLIENT.replace("192.0.2.10", "192.0.2.11"))
    installation.wait("told", lambda: len([words for words in installation.events("hup") if words[2] == "2"]) == 2, 5)
    assert installation.events("start", "mfa-0")[-1][4] == "1", "no process was restarted for it"


def test_a_bad_edit_keeps_the_last_accepted_version_also_over_a_restart(
    installation: Installation, folder: Path
) -> None:
    accepted = (installation.state / "bundle" / "current" / "resources.yaml").read_bytes()
    edit_manifests(installation.manifests, client=CLIENT.replace("192.0.2.10", "192.0.2.300"))
    installation.wait("told", lambda: len(installation.events("hup")) == 2)
    assert [words[2] for words in installation.events("hup")] == ["1", "1"]
    (error,) = [line for line in installation.logged("manifest") if line["level"] == "error"]
    assert error["finding"].startswith("client.yaml:4: LdapClient mfa/netscaler: spec.addresses[0]: ")
    installation.program.end()
    again = Installation(folder, log="again")
    with again.program:
        again.wait("started again", lambda: len(again.events("start")) == 4)
        assert (again.state / "bundle" / "current" / "resources.yaml").read_bytes() == accepted


def test_manifests_that_are_gone_for_a_moment_are_no_wish_to_delete(installation: Installation) -> None:
    away = installation.manifests.with_name("away")
    installation.manifests.rename(away)
    installation.wait("reported", lambda: installation.logged("manifests not taken"))
    away.rename(installation.manifests)
    installation.wait("read again", lambda: len(installation.events("hup")) >= 4)
    assert {words[2] for words in installation.events("hup")} == {"1"}


def test_a_change_that_could_not_be_written_is_taken_once_it_can_be(folder: Path) -> None:
    patient = Installation(folder, "impatient")
    with patient.program:
        patient.started()
        obstacle = patient.state / "bundle" / ".report.json.new"
        obstacle.mkdir()  # what a full disk is, for a test that may be root
        edit_manifests(patient.manifests, client=CLIENT.replace("192.0.2.10", "192.0.2.11"))
        patient.wait("reported", lambda: patient.logged("manifests not taken"))
        failed = patient.logged("process failed")[0]
        assert ".report.json.new: Is a directory" in failed["why"]
        assert "exception" not in failed
        obstacle.rmdir()
        patient.wait("taken", lambda: [words for words in patient.events("hup") if words[2] == "2"])


def test_sigterm_drains_and_ends_with_0(installation: Installation) -> None:
    os.kill(installation.program.pid, signal.SIGTERM)
    assert installation.ended() == 0
    assert sorted(words[1] for words in installation.events("term")) == ["mfa-0", "mfa-1"]
    assert list((installation.state / "run").glob("*.sock")) == []
    assert installation.log()[-1]["event"] == "stopped"


def test_ctrl_c_is_for_the_parent_alone(installation: Installation) -> None:
    os.killpg(installation.program.pid, signal.SIGINT)  # as a terminal does it
    assert installation.ended() == 0
    assert len(installation.events("term")) == 2
    assert installation.logged("process died") == []


def test_no_process_outlives_the_parent(installation: Installation) -> None:
    os.kill(installation.program.pid, signal.SIGKILL)
    wait_until("both processes were told", lambda: len(installation.events("term")) == 2)


def test_a_second_installation_on_the_same_state_is_refused(installation: Installation, folder: Path) -> None:
    other = Installation(folder, log="other")
    with other.program:
        assert other.ended() == 1
    (line,) = other.logged("not started")
    assert line["why"] == (
        f"another mfa standalone (process {installation.program.pid}) uses the state directory {installation.state}"
    )
    assert "--state" in line["hint"]
    assert len(installation.events("start")) == 2


def test_a_process_that_does_not_drain_is_ended_when_told_twice(folder: Path) -> None:
    stubborn = Installation(folder, "stubborn")
    with stubborn.program:
        stubborn.started()
        os.kill(stubborn.program.pid, signal.SIGTERM)
        stubborn.wait("told", lambda: len(stubborn.events("term")) == 2)
        os.kill(stubborn.program.pid, signal.SIGTERM)
        assert stubborn.ended(5) == 0
    assert len(stubborn.logged("processes ended before they had drained")) == 1


def test_a_process_that_keeps_dying_is_restarted_ever_more_slowly(folder: Path) -> None:
    broken = Installation(folder, "broken")
    with broken.program:
        broken.wait("four starts", lambda: len(broken.events("start", "mfa-1")) == 4)
        died = broken.logged("process died")
        assert [line["restart_in_seconds"] for line in died[:3]] == [0.2, 0.4, 0.8]
        assert {line["how"] for line in died} == {"exit code 3"}
        assert len(broken.events("start", "mfa-0")) == 1


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        ({"group": "spec: [unclosed"}, "group.yaml"),
        ({"group": ""}, "GroupNotFound"),
        ({"secret": ""}, "directory-bind does not exist"),
    ],
)
def test_manifests_that_cannot_be_used_end_the_start_with_the_reason(
    folder: Path, files: dict[str, str], finding: str
) -> None:
    edit_manifests(folder / "manifests", **files)
    found = Installation(folder)
    with found.program:
        assert found.ended() == 1
    assert finding in str(found.logged("manifest"))
    assert found.logged("process failed")[0]["hint"]
    assert found.events("start") == []


def test_a_state_directory_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "state").write_text("a file")
    found = Installation(folder)
    with found.program:
        assert found.ended() == 1
    (line,) = found.logged("not started")
    assert "state cannot be used" in line["why"]


def test_no_secret_is_logged(installation: Installation) -> None:
    installation.program.end()
    assert BIND_PASSWORD not in installation.program.log.read_text()
