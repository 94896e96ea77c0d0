"""From attributes to fields."""

import pytest

from mfa_server.ldap import Attribute, SearchResultEntry
from mfa_server.store.sync_records import DirectoryUser
from mfa_server.sync.mapping import EntryIdentity, map_entry, mapped_attributes
from tests.mfa_server.sync.sources import spec

ANNA = EntryIdentity("75cbd7c3-be4c-58ec-98e5-830bf7f2e820", "anna", "anna@example.com")
DN = "CN=Anna,DC=example,DC=com"


def entry(**attributes: str | list[str] | bytes) -> SearchResultEntry:
    def values(value: str | list[str] | bytes) -> tuple[bytes, ...]:
        if isinstance(value, bytes):
            return (value,)
        return tuple(each.encode() for each in ([value] if isinstance(value, str) else value))

    return SearchResultEntry(DN, tuple(Attribute(name, values(value)) for name, value in attributes.items()))


def test_a_full_entry() -> None:
    mapped = map_entry(
        entry(mobile="07700 900101", mail="anna@example.com", givenName="Anna", sn="Archer", displayName="Anna Archer"),
        ANNA,
        spec(
            phone={"defaultRegion": "GB"},
            defaults={"method": "TextMessage", "textMessageMode": "TwoWay", "userGroup": "staff"},
        ),
    )
    assert mapped.rejected == ()
    assert mapped.user == DirectoryUser(
        user_id=ANNA.user_id,
        username="anna",
        dn=DN,
        upn="anna@example.com",
        display_name="Anna Archer",
        given_name="Anna",
        surname="Archer",
        email="anna@example.com",
        phone="+447700900101",
        user_group="staff",
        method="TextMessage",
        text_message_mode="TwoWay",
        pin_mode="Standard",
        enabled=True,
    )


def test_an_empty_entry_has_empty_fields() -> None:
    user = map_entry(entry(), ANNA, spec(defaults={"enabled": False, "language": "en"})).user
    assert (user.phone, user.email, user.method, user.language, user.enabled) == ("", "", "", "en", False)


PHONES = {"attributes": {"phone": ["mobile", "otherMobile", "telephoneNumber"]}, "phone": {"defaultRegion": "GB"}}


@pytest.mark.parametrize(
    ("attributes", "phone", "extension", "rejected"),
    [
        pytest.param({"telephoneNumber": "020 7946 0123"}, "+442079460123", "", (), id="the first that has a value"),
        pytest.param({"mobile": "ask me", "telephoneNumber": "020 7946 0123"}, "+442079460123", "", ("mobile",), id="the first that is usable"),
        pytest.param({"mobile": ["junk", "07700 900101"]}, "+447700900101", "", ("mobile",), id="the first usable value of several"),
        pytest.param({"mobile": "junk", "telephoneNumber": "12"}, "", "", ("mobile", "telephoneNumber"), id="none usable: all listed"),
        pytest.param({"mobile": "020 7946 0123 x7", "telephoneNumber": "07700 900101"}, "+447700900101", "", (), id="one without extension before one with"),
        pytest.param({"telephoneNumber": "020 7946 0123 x7"}, "+442079460123", "7", (), id="an extension goes with its number"),
        pytest.param({"MOBILE;x-work": "07700 900101"}, "+447700900101", "", (), id="case and options of a name do not matter"),
    ],
)  # fmt: skip
def test_phones(attributes: dict[str, str], phone: str, extension: str, rejected: tuple[str, ...]) -> None:
    mapped = map_entry(entry(**attributes), ANNA, spec(**PHONES))
    assert (mapped.user.phone, mapped.user.extension, mapped.rejected) == (phone, extension, rejected)


def test_backup_phone_and_extension_have_their_own_attributes() -> None:
    fields = {"attributes": {"backupPhone": ["homePhone"], "extension": ["ipPhone"]}, "phone": {"defaultRegion": "GB"}}
    mapped = map_entry(entry(homePhone="no phone", ipPhone="4711", mobile="020 7946 0123 x7"), ANNA, spec(**fields))
    assert (mapped.user.backup_phone, mapped.user.extension, mapped.rejected) == ("", "4711", ("homePhone",))


def test_values_that_are_no_text_do_not_count() -> None:
    assert map_entry(entry(mail=b"\xff\xfe", sn=b"a\x00b"), ANNA, spec()).user.email == ""


def test_long_values_are_cut() -> None:
    assert len(map_entry(entry(displayName="x" * 5000), ANNA, spec()).user.display_name) == 256


def test_every_mapped_attribute_is_asked_for_once() -> None:
    fields = {
        "attributes": {
            "phone": ["mobile", "telephoneNumber"],
            "backupPhone": ["telephoneNumber"],
            "language": ["preferredLanguage"],
        }
    }
    assert mapped_attributes(spec(**fields)) == (
        "mobile", "telephoneNumber", "mail", "givenName", "sn", "displayName", "preferredLanguage",
    )  # fmt: skip
