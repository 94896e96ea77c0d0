"""The directory room's reader is what sync asks for."""

from mfa_server.directories import PagedReader
from mfa_server.directories.reader import ReadSession
from mfa_server.sync import DirectoryReader, DirectorySession


def takes_reader(reader: DirectoryReader) -> DirectoryReader:
    return reader


def takes_session(session: DirectorySession) -> DirectorySession:
    return session


def test_the_reader_fits_by_its_types() -> None:
    """The type checker proves it; at run time the names are enough."""

    def _proof(reader: PagedReader, session: ReadSession) -> tuple[DirectoryReader, DirectorySession]:
        return takes_reader(reader), takes_session(session)

    for name in (
        "type",
        "base_dn",
        "identity_attributes",
        "username_attributes",
        "user_id",
        "username",
        "upn",
        "session",
    ):
        assert hasattr(PagedReader, name)
    assert hasattr(ReadSession, "pages")
