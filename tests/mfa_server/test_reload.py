"""Reload: a complete set or the old one, noticed by itself, reported when refused."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_resources import DanglingReferenceError
from mfa_server.errors import MfaError
from mfa_server.reload import BundleError, LoadedBundle, Reloader, load_bundle, stamp
from tests.support.manifests import BIND_PASSWORD, CLIENT, GROUP, edit_manifests, endless_folders, write_manifests

TWO_GROUPS = GROUP + "---\n" + GROUP.replace("name: main", "name: other")
INTERVAL = 0.01


def point(link: Path, target: Path) -> None:
    """Let the link lead to another directory, atomically."""
    draft = link.with_name(".draft")
    draft.symlink_to(target)
    draft.replace(link)


class Rooms:
    """What is served, and what was refused; `fault` is raised by the next change."""

    def __init__(self) -> None:
        self.served: list[LoadedBundle] = []
        self.certificates = 0
        self.refusals: list[MfaError] = []
        self.fault: Exception | None = None

    async def take_bundle(self, loaded: LoadedBundle) -> None:
        if self.fault is not None:
            raise self.fault
        self.served.append(loaded)

    async def take_certificates(self) -> None:
        self.certificates += 1


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with one generation and a certificate."""
    write_manifests(tmp_path / "00000001")
    point(tmp_path / "current", tmp_path / "00000001")
    for which in ("front", "internal"):
        (tmp_path / "certificates" / which).mkdir(parents=True)
        (tmp_path / "certificates" / which / "server.pem").write_text("1")
    return tmp_path


def reloader(state: Path, rooms: Rooms) -> Reloader:
    return Reloader(
        state / "current",
        state / "certificates",
        on_bundle=rooms.take_bundle,
        on_certificates=rooms.take_certificates,
        on_refused=rooms.refusals.append,
        interval_seconds=INTERVAL,
    )


@asynccontextmanager
async def running(watching: Reloader) -> AsyncIterator[None]:
    task = asyncio.create_task(watching.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - files change outside of this loop
            await asyncio.sleep(0)


def test_a_bundle_is_read_whole_with_its_generation(state: Path) -> None:
    loaded = load_bundle(state / "current")
    assert loaded.generation == 1
    assert loaded.digest == loaded.bundle.digest
    assert [client.metadata.name for client in loaded.bundle.ldap_clients] == ["netscaler"]
    assert BIND_PASSWORD not in repr(loaded)


def test_a_directory_that_is_not_numbered_has_no_generation(tmp_path: Path) -> None:
    assert load_bundle(write_manifests(tmp_path / "mounted")).generation == 0


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"group": "kind: [unclosed"}, "cannot be used"),
        ({"group": TWO_GROUPS}, "exactly one"),
        ({"group": ""}, "cannot be used"),
        ({"secret": ""}, "directory-bind does not exist"),
        ({"client": CLIENT.replace("192.0.2.10", "192.0.2.300")}, "netscaler"),
    ],
)
def test_a_bundle_that_is_not_whole_is_refused_with_the_reason(
    state: Path, files: dict[str, str], message: str
) -> None:
    edit_manifests(state / "00000001", **files)
    with pytest.raises(BundleError, match=message) as caught:
        load_bundle(state / "current")
    assert BIND_PASSWORD not in str(caught.value)


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be used"):
        load_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "client.yaml").write_text("longer" * 100),
        lambda path: (path / "client.yaml").unlink(),
        lambda path: (path / "more.yaml").write_text(""),
        lambda path: (path / "client.yaml").rename(path / "renamed.yaml"),
        lambda path: (path / "folder").mkdir(),
        lambda path: (path / "sub" / "inner.yaml").write_text("changed"),
        lambda path: os.utime(path / "client.yaml", ns=(1, 1)),
        lambda path: path.rename(path.with_name("gone")),
    ],
    ids=["content", "deleted", "new", "renamed", "folder", "below", "time", "directory gone"],
)
def test_every_change_changes_the_stamp(tmp_path: Path, change: Callable[[Path], object]) -> None:
    directory = write_manifests(tmp_path / "manifests")
    (directory / "sub").mkdir()
    (directory / "sub" / "inner.yaml").write_text("inner")
    before = stamp(directory)
    assert stamp(directory) == before
    change(directory)
    assert stamp(directory) != before


def test_another_target_of_the_link_changes_the_stamp(state: Path) -> None:
    before = stamp(state / "current")
    write_manifests(state / "00000002")
    assert stamp(state / "current") == before
    point(state / "current", state / "00000002")
    assert stamp(state / "current") != before


@given(
    names=st.lists(
        st.binary(min_size=1, max_size=20).filter(lambda name: b"/" not in name and b"\0" not in name), max_size=5
    )
)
@settings(max_examples=30, deadline=None)
def test_no_file_name_is_an_obstacle(tmp_path_factory: pytest.TempPathFactory, names: list[bytes]) -> None:
    directory = tmp_path_factory.mktemp("names")
    for name in set(names) - {b".", b".."}:
        Path(os.fsdecode(os.fsencode(directory) + b"/" + name)).write_text("x")
    assert stamp(directory) == stamp(directory)


def test_folders_without_end_are_not_followed_to_theirs(tmp_path: Path) -> None:
    with endless_folders(tmp_path):
        assert stamp(tmp_path) == stamp(tmp_path)


async def test_the_first_look_takes_everything_and_the_second_nothing(state: Path, rooms: Rooms) -> None:
    watching = reloader(state, rooms)
    for _ in range(2):
        await watching.look()
    assert [loaded.generation for loaded in rooms.served] == [1]
    assert rooms.certificates == 1
    assert watching.current == rooms.served[0]
    assert watching.refused is None


async def test_a_new_generation_is_taken_up_without_being_told(state: Path, rooms: Rooms) -> None:
    watching = reloader(state, rooms)
    async with running(watching):
        await until(lambda: rooms.served)
        write_manifests(state / "00000002", client=CLIENT.replace("192.0.2.10", "192.0.2.11"))
        point(state / "current", state / "00000002")
        await until(lambda: len(rooms.served) == 2)
    assert rooms.served[1].generation == 2
    assert rooms.certificates == 1


async def test_an_equal_bundle_of_another_generation_disturbs_nobody(state: Path, rooms: Rooms) -> None:
    watching = reloader(state, rooms)
    await watching.look()
    write_manifests(state / "00000002")
    point(state / "current", state / "00000002")
    await watching.look()
    assert len(rooms.served) == 1
    assert watching.current is not None
    assert watching.current.generation == 2


async def test_new_certificates_are_taken_up_alone(state: Path, rooms: Rooms) -> None:
    watching = reloader(state, rooms)
    await watching.look()
    (state / "certificates" / "front" / "server.pem").write_text("22")
    await watching.look()
    assert (len(rooms.served), rooms.certificates) == (1, 2)


async def test_a_bundle_that_does_not_validate_leaves_the_old_one_serving(state: Path, rooms: Rooms) -> None:
    watching = reloader(state, rooms)
    await watching.look()
    write_manifests(state / "00000002", secret="")
    point(state / "current", state / "00000002")
    for _ in range(3):
        await watching.look()
    assert len(rooms.served) == 1
    assert watching.current == rooms.served[0]
    assert len(rooms.refusals) == 1, "the same files are not tried again and again"
    assert watching.refused == rooms.refusals[0]
    write_manifests(state / "00000003", client="")
    point(state / "current", state / "00000003")
    await watching.look()
    assert len(rooms.served) == 2
    assert watching.refused is None


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (MfaError("port 389 is taken"), "port 389 is taken"),
        (DanglingReferenceError("Secret mfa/x does not exist"), "Secret mfa/x does not exist"),
        (ZeroDivisionError(BIND_PASSWORD), "a fault in this program"),
    ],
)
async def test_what_the_rooms_refuse_is_reported_and_tried_again_when_poked(
    state: Path, rooms: Rooms, fault: Exception, message: str
) -> None:
    watching = reloader(state, rooms)
    rooms.fault = fault
    async with running(watching):
        await until(lambda: rooms.refusals)
        assert watching.current is None
        rooms.fault = None
        watching.poke()
        await until(lambda: rooms.served)
    assert rooms.refusals[0].message == message
    assert watching.refused is None


async def test_a_bundle_replaced_while_it_is_read_is_read_again(state: Path, rooms: Rooms) -> None:
    watching = reloader(state, rooms)
    write_manifests(state / "00000002", client=CLIENT.replace("192.0.2.10", "192.0.2.11"))
    look = asyncio.create_task(watching.look())
    await asyncio.sleep(0)  # the first steps of the look: it has its stamp and reads in a thread
    await asyncio.to_thread(point, state / "current", state / "00000002")
    await look
    await watching.look()
    assert rooms.served[-1].generation == 2
