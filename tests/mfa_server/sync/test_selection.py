"""Who is selected: by searches, groups and names, on both kinds of directory."""

from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.directories import DirectorySettings
from mfa_server.sync.selection import Selection, SelectionError
from tests.mfa_server.sync.sources import spec
from tests.support.directories import opened, settings_for
from tests.support.directory import DirectoryServer
from tests.support.people import GROUP, PEOPLE
from tests.support.samba import STATES, SambaAd
from tests.support.slapd import Slapd

BASE = "dc=example,dc=test"


async def selected(settings: DirectorySettings, **select: Any) -> list[str]:
    """The names of the selected people, sorted, as often as they came."""
    async with opened(settings) as directory, directory.reader.session() as session:
        names: list[str] = []
        async for page in Selection(session, directory.reader, spec(select=select)).pages():
            names += [directory.reader.username(entry) for entry in page]
        assert directory.counters.own_binds == 1, "one connection per pass"
        return sorted(names)


def group_ldif(server: DirectoryServer, name: str, members: Sequence[str]) -> str:
    kind = "group" if isinstance(server, SambaAd) else "groupOfNames"
    lines = "".join(f"member: {member}\n" for member in members)
    return f"dn: cn={name},ou=groups,{server.suffix}\nobjectClass: {kind}\ncn: {name}\n{lines}"


@pytest.fixture(params=["slapd_server", "samba_ad"])
def server(request: pytest.FixtureRequest) -> DirectoryServer:
    """Either real directory."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, DirectoryServer)
    return found


async def test_a_search_without_filter_finds_people(server: DirectoryServer) -> None:
    names = await selected(settings_for(server), searches=[{"baseDN": f"ou=people,{BASE}"}])
    assert set(names) - set(STATES) == set(PEOPLE)


async def test_a_search_with_a_filter_and_a_scope(server: DirectoryServer) -> None:
    search = {"baseDN": f"ou=people,{BASE}", "scope": "OneLevel", "filter": "(|(mail=anna@*)(mail=bert@*)(mail=svc*))"}
    assert await selected(settings_for(server), searches=[search]) == ["anna", "bert"]


async def test_the_members_of_a_group(server: DirectoryServer) -> None:
    names = await selected(settings_for(server), groups=[f"cn={GROUP},ou=groups,{BASE}"])
    assert set(names) - set(STATES) == set(PEOPLE)
    assert len(names) == len(set(names))


async def test_the_members_of_groups_inside_a_group_even_in_a_ring(server: DirectoryServer) -> None:
    inner, outer = f"cn=inner,ou=groups,{BASE}", f"cn=outer,ou=groups,{BASE}"
    server.add(group_ldif(server, "inner", [server.account("bert").dn]))
    server.add(group_ldif(server, "outer", [server.account("anna").dn, inner]))
    server.apply(f"dn: {inner}\nchangetype: modify\nadd: member\nmember: {outer}\n")
    try:
        assert await selected(settings_for(server), groups=[outer]) == ["anna", "bert"]
    finally:
        server.delete(outer)
        server.delete(inner)


async def test_members_that_member_of_does_not_tell_are_found_in_the_group(slapd_server: Slapd) -> None:
    """As after a bulk load, which runs no overlays: here by object classes the overlay does not watch."""
    unique, posix = f"cn=unique,ou=groups,{BASE}", f"cn=posix,ou=groups,{BASE}"
    anna, gone = slapd_server.account("anna").dn, f"uid=gone,ou=people,{BASE}"
    slapd_server.add(
        f"dn: {unique}\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: {anna}\nuniqueMember: {gone}\n"
    )
    slapd_server.add(
        f"dn: {posix}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 7\nmemberUid: bert\nmemberUid: nobody\n"
    )
    try:
        assert await selected(settings_for(slapd_server), groups=[unique, posix]) == ["anna", "bert"]
    finally:
        slapd_server.delete(unique)
        slapd_server.delete(posix)


async def test_the_primary_group_counts(samba_ad: SambaAd) -> None:
    names = await selected(settings_for(samba_ad), groups=[f"CN=Domain Users,CN=Users,{BASE}"])
    assert set(PEOPLE) <= set(names)


async def test_people_by_name_and_those_who_are_none_are_reported(samba_ad: SambaAd) -> None:
    users = ["anna@example.test", "EXAMPLE\\bert", samba_ad.account("carla").dn, "nobody@example.test"]
    with capture_logs() as logs:
        assert await selected(settings_for(samba_ad), users=users) == ["anna", "bert", "carla"]
    assert [(log["event"], log["user"], log["entries"]) for log in logs] == [
        ("a user to synchronize is not one person of the directory", "nobody@example.test", 0)
    ]


async def test_people_of_openldap_by_mail_or_dn(slapd_server: Slapd) -> None:
    users = ["anna@example.test", slapd_server.account("bert").dn]
    assert await selected(settings_for(slapd_server), users=users) == ["anna", "bert"]


async def test_a_group_that_is_not_there_is_an_error_and_never_empty(server: DirectoryServer) -> None:
    with pytest.raises(SelectionError, match=f"no entry 'cn=gone,{BASE}'"):
        await selected(settings_for(server), groups=[f"cn=gone,{BASE}"])


async def test_a_base_that_is_not_there_is_an_error_and_never_empty(server: DirectoryServer) -> None:
    with pytest.raises(DirectoryUnavailableError):
        await selected(settings_for(server), searches=[{"baseDN": f"ou=gone,{BASE}"}])


async def test_a_filter_that_is_none_names_its_place(slapd_server: Slapd) -> None:
    good, bad = {"baseDN": BASE, "filter": "(uid=anna)"}, {"baseDN": BASE, "filter": "(&(uid=anna)"}
    with pytest.raises(SelectionError, match=r"spec\.select\.searches\[1\]\.filter: "):
        await selected(settings_for(slapd_server), searches=[good, bad])
