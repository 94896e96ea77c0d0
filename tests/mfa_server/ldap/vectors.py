"""Reads the tables in tests/vectors/ldap: one case a line, `sentence: hex`, `#` starts a comment."""

from pathlib import Path

__all__ = ["SCHEMA", "read_vectors"]

_FOLDER = Path(__file__).parents[2] / "vectors" / "ldap"

SCHEMA = _FOLDER / "rfc4511.asn1"


def read_vectors(name: str) -> dict[str, bytes]:
    """The cases of a table by their sentence."""
    cases: dict[str, bytes] = {}
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            sentence, encoded = line.split(":", 1)
            cases[sentence.strip()] = bytes.fromhex(encoded)
    return cases
