"""What a bundle makes, and what of it outlives a reload."""

import pytest

from mfa_server.app.serving import Ground, Swappable, build
from mfa_server.errors import MfaError
from tests.mfa_server.app.conftest import Prepared
from tests.support.manifests import CLIENT, GROUP


async def test_a_reload_keeps_the_directory_whose_settings_are_the_same(prepared: Prepared, ground: Ground):
    first = await build(prepared.loaded, ground, None)
    changed = prepared.edit(client=CLIENT.replace("192.0.2.10", "192.0.2.11"))
    second = await build(changed, ground, first)
    assert second.directory is first.directory
    assert first.clients.candidates("192.0.2.10", "LDAP")
    assert second.clients.candidates("192.0.2.11", "LDAP")
    elsewhere = prepared.edit(group=GROUP.replace("dc1.example.com", "dc2.example.com"))
    third = await build(elsewhere, ground, second)
    assert third.directory is not second.directory
    for serving in (first, third):
        await serving.directory.close()


async def test_open_connections_see_the_directory_of_the_bundle_that_serves(prepared: Prepared, ground: Ground):
    first = await build(prepared.loaded, ground, None)
    rooms = Swappable(first)
    assert await rooms.resolve(first.clients.policies[0]) == ()
    second = await build(prepared.edit(group=GROUP.replace("dc1.example.com", "dc2.example.com")), ground, first)
    rooms.serving = second
    session = rooms.open("cn=svc,dc=example,dc=com", b"secret")
    session.close()
    for serving in (first, second):
        await serving.directory.close()


async def test_a_bundle_that_cannot_be_served_changes_nothing(prepared: Prepared, ground: Ground):
    first = await build(prepared.loaded, ground, None)
    for file in (prepared.worker.certificates_directory / "front").glob("*.pem"):
        file.unlink()
    with pytest.raises(MfaError, match="certificate"):
        await build(prepared.loaded, ground, first)
    await first.directory.close()
