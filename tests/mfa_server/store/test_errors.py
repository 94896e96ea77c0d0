"""The store's errors tell themselves apart."""

from mfa_server.errors import MfaError
from mfa_server.store import errors


def test_every_error_is_ours_and_has_a_code_of_its_own() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(kind, MfaError) for kind in kinds)
    assert len({kind.code for kind in kinds} | {MfaError.code}) == len(kinds) + 1


def test_an_unknown_schema_is_a_store_that_cannot_be_used() -> None:
    assert issubclass(errors.UnknownSchemaError, errors.StoreUnavailableError)
