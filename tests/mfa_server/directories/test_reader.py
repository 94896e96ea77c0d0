"""Reading by pages: every entry once, from real directories and from one with thousands."""

from collections.abc import Callable

import pytest

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.demo import DemoDirectory, DemoTree
from mfa_server.demo.ldif import LdifEntry
from mfa_server.directories import DirectorySettings, LdapDirectory
from mfa_server.directories.errors import OwnBindRefusedError, SearchFailedError
from mfa_server.ldap import SearchRequest, SearchResultEntry
from mfa_server.ldap.filters import EqualityMatch, Present
from tests.support.certificates import Authority
from tests.support.directories import DEMO_BASE, demo_settings, running_demo, settings_for
from tests.support.people import PEOPLE
from tests.support.samba import SambaAd
from tests.support.slapd import Slapd

Opener = Callable[[DirectorySettings], LdapDirectory]


def company(people: int) -> DemoTree:
    domain = LdifEntry("DC=example,DC=com", {"objectClass": (b"domainDNS",)})
    account: dict[str, tuple[bytes, ...]] = {"sAMAccountName": (b"svc-mfa",), "userPassword": (b"Service-account-1",)}
    entries = [domain, LdifEntry("CN=svc-mfa,DC=example,DC=com", account)]
    for number in range(people):
        name = f"person{number:05d}"
        entries.append(
            LdifEntry(f"CN={name},DC=example,DC=com", {"objectClass": (b"user",), "sAMAccountName": (name.encode(),)})
        )
    return DemoTree(entries)


async def read(directory: LdapDirectory, request: SearchRequest) -> list[list[SearchResultEntry]]:
    async with directory.reader.session() as session:
        return [list(page) async for page in session.pages(request)]


@pytest.mark.parametrize(
    ("people", "sizes"), [(0, [0]), (499, [499]), (500, [500]), (501, [500, 1]), (3210, [500] * 6 + [210])]
)
async def test_thousands_come_in_pages_each_once(
    authority: Authority, open_directory: Opener, people: int, sizes: list[int]
) -> None:
    async with running_demo(authority, company(people)) as demo:
        directory = open_directory(demo_settings(authority, demo))
        pages = await read(
            directory, SearchRequest(DEMO_BASE, 2, EqualityMatch("objectClass", b"user"), ("sAMAccountName",))
        )
        assert [len(page) for page in pages] == sizes
        assert len({entry.object_name for page in pages for entry in page}) == people
        assert (directory.counters.own_binds, directory.counters.open_connections) == (1, 0)
        await directory.close()


async def test_everybody_of_openldap(slapd_server: Slapd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(slapd_server))
    reader = directory.reader
    request = SearchRequest(
        slapd_server.suffix, 2, EqualityMatch("objectClass", b"inetOrgPerson"), reader.identity_attributes
    )
    people = [entry for page in await read(directory, request) for entry in page]
    assert sorted(map(reader.username, people)) == sorted(PEOPLE)
    assert len(set(map(reader.user_id, people))) == len(PEOPLE)
    assert {reader.upn(entry) for entry in people} == {""}
    assert (reader.type, reader.base_dn, reader.username_attributes) == ("OpenLDAP", slapd_server.suffix, ("uid",))


async def test_everybody_of_active_directory(samba_ad: SambaAd, open_directory: Opener) -> None:
    directory = open_directory(settings_for(samba_ad))
    reader = directory.reader
    request = SearchRequest(
        "OU=People," + samba_ad.suffix, 2, EqualityMatch("objectClass", b"user"), reader.identity_attributes
    )
    people = [entry for page in await read(directory, request) for entry in page]
    assert set(PEOPLE) <= set(map(reader.username, people))
    assert "anna@example.test" in set(map(reader.upn, people))
    assert len(set(map(reader.user_id, people))) == len(people)


async def test_a_base_that_is_not_there_is_an_error_and_never_empty(
    slapd_server: Slapd, open_directory: Opener
) -> None:
    directory = open_directory(settings_for(slapd_server))
    with pytest.raises(SearchFailedError, match="ou=gone") as caught:
        await read(directory, SearchRequest(f"ou=gone,{slapd_server.suffix}", 2, Present("objectClass")))
    assert caught.value.result_code == 32


async def test_a_pass_that_cannot_bind_says_what_to_mend(
    demo: DemoDirectory, authority: Authority, open_directory: Opener
) -> None:
    directory = open_directory(demo_settings(authority, demo, bind_password=b"old"))
    with pytest.raises(OwnBindRefusedError, match="refuses 'svc-mfa@example"):
        await read(directory, SearchRequest(DEMO_BASE, 2, Present("objectClass")))


async def test_a_connection_lost_between_pages_fails_the_pass(authority: Authority, open_directory: Opener) -> None:
    async with running_demo(authority, company(1200)) as demo:
        directory = open_directory(demo_settings(authority, demo))
        async with directory.reader.session() as session:
            pages = session.pages(SearchRequest(DEMO_BASE, 2, Present("objectClass")))
            assert len(await anext(pages)) == 500
            await demo.close()
            with pytest.raises(DirectoryUnavailableError):
                await anext(pages)
        await directory.close()
