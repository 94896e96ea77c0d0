"""Single steps where they can go wrong."""

from dataclasses import replace

from mfa_server.login.steps import credential_hash
from mfa_server.store.errors import StoreUnavailableError
from mfa_server.store.records import AuditFilter
from tests.mfa_server.login.scene import SERVICE, Scene
from tests.support.logons import IDENTITY


def test_a_credential_stands_for_one_person_one_password_and_one_key():
    made = credential_hash(b"k" * 32, "7f0c", b"right")
    assert made == credential_hash(b"k" * 32, "7f0c", b"right")
    assert made != credential_hash(b"k" * 32, "7f0c", b"wrong")
    assert made != credential_hash(b"k" * 32, "7f0d", b"right")
    assert made != credential_hash(b"j" * 32, "7f0c", b"right")
    assert b"right" not in made


async def test_a_service_account_from_elsewhere_is_a_name_like_any_other(tmp_path):
    from mfa_resources.addresses import parse_range  # noqa: PLC0415 - used once

    scene = Scene(tmp_path)
    scene.directory.areas = (parse_range("198.51.100.0/24"),)
    elsewhere = await scene.bound(name=SERVICE.dn, password=b"service")
    assert elsewhere.reason == "userUnknown"
    at_home = await scene.bound(name=SERVICE.dn, password=b"service", source="198.51.100.7")
    assert at_home.reason == "serviceAccount"
    await scene.close()


async def test_a_directory_that_fails_at_the_bind_is_a_refusal_that_says_unavailable(tmp_path):
    scene = Scene(tmp_path)
    await scene.know_anna()

    async def fail(dn: str, password: bytes):
        scene.directory.down = True
        return await type(scene.directory).check_password(scene.directory, dn, password)

    scene.directory.check_password = fail
    assert (await scene.bound(name=IDENTITY.dn)).reason == "directoryUnavailable"
    await scene.close()


async def test_a_grant_whose_writing_is_not_confirmed_is_asked_for_once_more_and_counts_once(tmp_path):
    scene = Scene(tmp_path)
    await scene.know_anna()
    gateway = await scene.bound()
    store = scene.store

    class Forgetful:
        """The store, its first answer to a finish lost on the way."""

        lost = 0

        def __getattr__(self, name):
            return getattr(store, name)

        async def finish(self, finish):
            outcome = await store.finish(finish)
            if not self.lost:
                self.lost = 1
                raise StoreUnavailableError("the answer got lost")
            return outcome

    login = scene.logins["mfa-0/a"]
    login.parts = replace(login.parts, store=Forgetful())
    assert await scene.reply(scene.phone.code) == "granted"
    assert gateway.reason == "factorCompleted"
    rows = [row for row in await store.list_audit(AuditFilter()) if row.result == "granted"]
    assert len(rows) == 1
    await scene.close()
