"""Identical logons of one process one after the other: the second looks at the store only when the first waits or has ended.

So a gateway that sends its bind twice in one moment costs one bind at the directory and one prompt: the second finds the first one's
open challenge, or its wrong password, and needs neither. Identical logons at two servers meet in the store.
"""

import asyncio
from dataclasses import dataclass, field

__all__ = ["Turns"]

Key = tuple[str, bytes]


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Turns:
    """One lock per client and credential, for as long as somebody has or wants it."""

    def __init__(self) -> None:
        self._turns: dict[Key, _Turn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    async def take(self, key: Key) -> None:
        """Wait for the turn. Every ``take`` that returned needs one ``give_back``."""
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            await turn.lock.acquire()
        except BaseException:
            self._leave(key, turn)
            raise

    def give_back(self, key: Key) -> None:
        """Let the next one in."""
        turn = self._turns[key]
        turn.lock.release()
        self._leave(key, turn)

    def _leave(self, key: Key, turn: _Turn) -> None:
        turn.users -= 1
        if not turn.users:
            del self._turns[key]
