"""Listings on SQLite: bounded, and never writing."""

from pathlib import Path

from mfa_server.store import sqlite_listings as listings
from mfa_server.store.records import AuditFilter
from mfa_server.store.sqlite_connect import connect
from mfa_server.store.sqlite_people import apply_users
from mfa_server.store.sync_records import DirectoryUser
from tests.conformance.store_values import NOW, SOURCE


def test_no_listing_is_longer_than_a_thousand_rows(database: Path) -> None:
    writing = connect(database, busy_milliseconds=10, writing=True)
    people = [DirectoryUser(f"id-{n}", f"user{n}", "") for n in range(1003)]
    apply_users(writing, SOURCE, people, NOW)
    writing.close()
    connection = connect(database, busy_milliseconds=10, writing=False)
    assert len(listings.list_users(connection, search="", after="", limit=9999)) == 1000
    assert len(listings.list_users(connection, search="", after="", limit=-1)) == 1
    assert listings.list_audit(connection, AuditFilter(limit=9999)) == ()
    connection.close()
