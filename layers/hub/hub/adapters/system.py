"""The clock, ids and secrets of the machine."""

import secrets
from datetime import UTC, datetime
from time import time_ns
from uuid import UUID

_NANOSECONDS_PER_MILLISECOND = 1_000_000


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class UuidV7Ids:
    """UUIDs of RFC 9562 version 7: milliseconds, then a count within them, then chance."""

    def __init__(self) -> None:
        self._millisecond = 0
        self._count = 0

    def new(self) -> str:
        millisecond = time_ns() // _NANOSECONDS_PER_MILLISECOND
        if millisecond > self._millisecond:
            self._millisecond, self._count = millisecond, secrets.randbits(11)
        else:
            self._count += 1
            if self._count >= 1 << 12:
                self._millisecond, self._count = self._millisecond + 1, 0
        value = self._millisecond << 80 | 0x7 << 76 | self._count << 64
        return str(UUID(int=value | 0b10 << 62 | secrets.randbits(62)))


class SystemSecrets:
    def token(self) -> str:
        return secrets.token_urlsafe(32)
