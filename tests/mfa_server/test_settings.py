"""Process settings: bad ones are refused before anything is forked, and every worker gets paths and ports of its own."""

from pathlib import Path

import pytest

from mfa_server.settings import Endpoint, SettingsError, StandaloneSettings

MANIFESTS, STATE = Path("/etc/mfa"), Path("/var/lib/mfa")


@pytest.mark.parametrize("name", ["", "-mfa", "MFA", "mfa_1", "mfa.example", "m" * 54, "../mfa", "mfa\n"])
def test_a_name_that_could_not_stand_in_a_path_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="is not a server name; use 1 to 53"):
        StandaloneSettings(MANIFESTS, STATE, name=name)


@pytest.mark.parametrize("workers", [0, -1, 17])
def test_a_count_of_workers_out_of_bounds_is_refused(workers: int) -> None:
    with pytest.raises(SettingsError, match="use 1 to 16"):
        StandaloneSettings(MANIFESTS, STATE, workers=workers)


def test_a_state_directory_too_deep_for_a_control_socket_is_refused() -> None:
    with pytest.raises(SettingsError, match="107 bytes Linux allows; choose a state directory with a shorter path"):
        StandaloneSettings(MANIFESTS, Path("/" + "d" * 95))


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(SettingsError, match="is not a port"):
        Endpoint("::", port)


def test_each_start_of_a_worker_is_an_incarnation_of_its_own() -> None:
    settings = StandaloneSettings(MANIFESTS, STATE, name="site")
    first, again = settings.worker(1, "a"), settings.worker(1, "b")
    assert (first.name, first.server_id, again.server_id) == ("site-1", "site-1/a", "site-1/b")
    assert first.control_socket == STATE / "run" / "site-1.sock"
    assert first.address == "unix:/var/lib/mfa/run/site-1.sock"


def test_the_first_worker_serves_the_management_ports_for_all() -> None:
    settings = StandaloneSettings(MANIFESTS, STATE, health=Endpoint("127.0.0.1", 18080))
    first, second = settings.worker(0, "x"), settings.worker(1, "y")
    assert (first.health, first.internal) == (Endpoint("127.0.0.1", 18080), Endpoint("::", 8443))
    assert (second.health, second.internal) == (None, None)
    assert first.store_path == second.store_path
