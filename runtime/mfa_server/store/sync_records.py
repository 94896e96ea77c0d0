"""What directory sync brings to the store, and what it says about a pass, as frozen values."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["DirectoryUser", "SyncRun"]


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """One entry a sync pass found, already mapped. Empty text means the directory has no value."""

    user_id: str
    username: str
    dn: str
    upn: str = ""
    display_name: str = ""
    given_name: str = ""
    surname: str = ""
    email: str = ""
    phone: str = ""
    backup_phone: str = ""
    extension: str = ""
    language: str = ""
    user_group: str = ""
    method: str = ""
    text_message_mode: str = ""
    pin_mode: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SyncRun:
    """The outcome of one pass of one UserSyncSource."""

    source: str
    started_at: datetime
    finished_at: datetime
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    phones_invalid: int = 0
    error: str = ""
