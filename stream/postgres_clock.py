"""The market clock in PostgreSQL: where the market goes on after a stop."""

import json
from typing import LiteralString

from hub.domain.market.clock import MarketClock
from hub.domain.market.course import Course, course_from_record, course_record
from stream.feed import Stored
from stream.postgres import Postgres

NAME = "replay"
_LOAD = "SELECT market, wall, speed, until, course FROM market_clock WHERE name = %s"
_SAVE = """
INSERT INTO market_clock (name, market, wall, speed, until, course)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE
SET market = excluded.market, wall = excluded.wall, speed = excluded.speed, until = excluded.until,
    course = excluded.course
"""
# Keeps a leader that was cut off, and does not know it, from turning time back.
_FORWARD = "WHERE market_clock.market <= excluded.market"


class PostgresClock:
    """One row. Raises UnavailableError while the database is away.

    Time does not go back, but where a script may set it back.
    """

    def __init__(self, url: str, *, may_go_back: bool = False) -> None:
        self._save: LiteralString = _SAVE if may_go_back else _SAVE + _FORWARD
        self._postgres = Postgres(url, "postgres")
        self.link = self._postgres.link

    async def load(self) -> Stored | None:
        rows = await self._postgres.rows(_LOAD, (NAME,))
        if not rows:
            return None
        *clock, course = rows[0]
        return Stored(MarketClock(*clock), course_from_record(course) if course else None)

    async def save(self, clock: MarketClock, course: Course) -> None:
        how = json.dumps(course_record(course))
        values = (NAME, clock.market, clock.wall, clock.speed, clock.until, how)
        await self._postgres.rows(self._save, values)

    async def close(self) -> None:
        await self._postgres.close()
