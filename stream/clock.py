"""The replay's market clock: sessions at one speed, the hours between them in a few seconds.

Pure: it moves only when told what the wall shows.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.clock import MarketClock

_FASTEST_CROSSING = timedelta(milliseconds=1)


class Pace(NamedTuple):
    """`speed` while the market is open (0: paused); `closed`: what closed hours really take."""

    speed: float
    closed: timedelta


class Turn(NamedTuple):
    """The market opened or closed, and a new anchor holds."""

    anchor: MarketClock
    session: Session
    opened: bool


class Jump(NamedTuple):
    """The clock was set, and a new anchor holds."""

    anchor: MarketClock


class ReplayClock:
    """Market time since it was `market` when the wall showed `wall`, in or out of `session`.

    After the last session of the calendar the market stays closed and its time stands still.
    """

    def __init__(
        self,
        calendar: Calendar,
        pace: Pace,
        *,
        market: datetime,
        wall: datetime,
        session: Session | None,
    ) -> None:
        self._calendar = calendar
        self._pace = pace
        self._session = session
        self._anchor = self._anchored(market, wall)

    @property
    def anchor(self) -> MarketClock:
        return self._anchor

    @property
    def session(self) -> Session | None:
        """The session under way, until its close was told by `advance`."""
        return self._session

    def renewed(self, wall: datetime) -> MarketClock:
        """The anchor moved along to `wall`: market time is the same by both."""
        return self._anchor._replace(
            market=self._anchor.at(wall), wall=max(wall, self._anchor.wall)
        )

    def wall_at(self, market: datetime) -> datetime | None:
        """When the wall will show `market` by this anchor; None if it never will."""
        anchor = self._anchor
        if not anchor.speed or (anchor.until is not None and market > anchor.until):
            return None
        return anchor.wall + (market - anchor.market) / anchor.speed

    def advance(self, wall: datetime) -> list[Turn]:
        """Move on to `wall`; every open and close on the way, in order."""
        turns: list[Turn] = []
        while (turn := self._turn_by(wall)) is not None:
            turns.append(turn)
        return turns

    def _turn_by(self, wall: datetime) -> Turn | None:
        boundary = self._anchor.until
        moment = self.wall_at(boundary) if boundary is not None else None
        if boundary is None or moment is None or moment > wall:
            return None
        left, self._session = self._session, self._calendar.session_at(boundary)
        session = self._session or left
        if session is None:
            raise AssertionError(f"nothing opens or closes at {boundary}")
        self._anchor = self._anchored(boundary, moment)
        return Turn(self._anchor, session, opened=self._session is not None)

    def _anchored(self, market: datetime, wall: datetime) -> MarketClock:
        if self._session is not None:
            return MarketClock(market, wall, self._pace.speed, self._session.close)
        following = self._calendar.next_session(market - timedelta.resolution)
        if following is None:
            return MarketClock(market, wall, 0.0)
        crossing = (following.open - market) / max(self._pace.closed, _FASTEST_CROSSING)
        speed = max(crossing, self._pace.speed) if self._pace.speed else 0.0
        return MarketClock(market, wall, speed, following.open)


def started(
    calendar: Calendar, pace: Pace, *, first_day: date, wall: datetime
) -> ReplayClock | None:
    """The clock of a replay at the first open on or after `first_day`; None if there is none."""
    day = datetime.combine(first_day, time.min, UTC)
    session = calendar.next_session(day)
    if session is None:
        return None
    return ReplayClock(calendar, pace, market=session.open, wall=wall, session=session)


def resumed(stored: MarketClock, calendar: Calendar, pace: Pace, wall: datetime) -> ReplayClock:
    """The clock of a market that stopped some time after `stored` was written.

    It goes on from the latest moment that anybody can have seen: readers of an anchor that nobody
    renews take the market as standing still (`MarketClock.held_at`). An open or close that fell
    into that time is told by the first `advance`.
    """
    session = calendar.session_at(stored.market)
    following = calendar.next_session(stored.market)
    boundary = session.close if session else following.open if following else None
    market = stored._replace(until=boundary).held_at(wall)
    return ReplayClock(calendar, pace, market=market, wall=wall, session=session)


def market_state(calendar: Calendar, clock: MarketClock, wall: datetime) -> str:
    """`open`, `closed`, `paused`, or `ended` when no session follows."""
    market = clock.held_at(wall)
    session = calendar.session_at(market)
    if session is None and calendar.next_session(market) is None:
        return "ended"
    if not clock.speed:
        return "paused"
    return "open" if session else "closed"
