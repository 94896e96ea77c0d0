"""What can go wrong between the program and its store."""

from mfa_server.errors import MfaError

__all__ = ["SealError", "StoreRefusedError", "StoreUnavailableError", "UnknownSchemaError"]


class StoreUnavailableError(MfaError):
    """The store does not answer, or did not say whether a write is durable: repeat it with the same ids, or let nobody in."""

    code = "storeUnavailable"


class StoreRefusedError(MfaError):
    """The store was asked to keep something it cannot keep: an unknown field, a value too long, a token of nobody."""

    code = "storeRefused"


class UnknownSchemaError(StoreUnavailableError):
    """The database is missing or has a schema that this version does not know."""

    code = "unknownSchema"


class SealError(MfaError):
    """A sealed field cannot be opened: wrong or missing key, changed bytes, or a field of another user."""

    code = "sealBroken"
