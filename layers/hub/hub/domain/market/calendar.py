"""When a market is open, and when a trade made on a date settles."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hub.domain.kernel import UnavailableError

# Settlement cycles of shares, by trade date (order-semantics 9).
_CYCLES = {
    "XNYS": ((date(2024, 5, 28), 1), (date(2017, 9, 5), 2), (date.min, 3)),
    "BVMF": ((date(2019, 5, 27), 2), (date.min, 3)),
}
# Extended hours of US equities: from 4:00 to the open, and four hours after the close.
_BEFORE_OPEN = timedelta(hours=5, minutes=30)
_AFTER_CLOSE = timedelta(hours=4)


class Session(NamedTuple):
    """One regular trading session of an exchange; `open` and `close` are UTC."""

    exchange: str
    day: date
    open: datetime
    close: datetime

    def holds(self, moment: datetime) -> bool:
        return self.open <= moment < self.close

    @property
    def extended_open(self) -> datetime:
        return self.open - _BEFORE_OPEN

    @property
    def extended_close(self) -> datetime:
        return self.close + _AFTER_CLOSE

    def holds_extended(self, moment: datetime) -> bool:
        return self.extended_open <= moment < self.extended_close


class Calendar:
    """The sessions of one exchange over some range of dates, in order."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self._sessions = sorted(sessions, key=lambda session: session.open)
        self._opens = [session.open for session in self._sessions]

    def session_at(self, moment: datetime) -> Session | None:
        """The session that is under way at `moment`, or None when the market is closed."""
        index = bisect_right(self._opens, moment) - 1
        if index < 0 or not self._sessions[index].holds(moment):
            return None
        return self._sessions[index]

    def next_session(self, moment: datetime) -> Session | None:
        """The first session that opens after `moment`."""
        index = bisect_right(self._opens, moment)
        return self._sessions[index] if index < len(self._sessions) else None

    def last_close(self, moment: datetime) -> datetime | None:
        """When the market closed last, as seen at `moment`."""
        closes = [session.close for session in self._sessions if session.close <= moment]
        return closes[-1] if closes else None

    def working_session(self, moment: datetime) -> Session | None:
        """The session in which an order sent at `moment` works: this one, or the next."""
        return self.session_at(moment) or self.next_session(moment)

    def extended_session_at(self, moment: datetime) -> Session | None:
        """The session in whose extended hours, which include the regular ones, `moment` lies."""
        near = (self.session_before(moment), self.next_session(moment))
        return next((each for each in near if each and each.holds_extended(moment)), None)

    def session_before(self, moment: datetime) -> Session | None:
        """The last session that opened at or before `moment`."""
        index = bisect_right(self._opens, moment) - 1
        return self._sessions[index] if index >= 0 else None

    def last_session_until(self, day: date) -> Session | None:
        """The last session on or before a date."""
        days = [session.day for session in self._sessions]
        index = bisect_right(days, day) - 1
        return self._sessions[index] if index >= 0 else None

    def ended(self, moment: datetime, count: int) -> list[date]:
        """The last so many days that were over at `moment`, extended hours and all."""
        days = [each.day for each in self._sessions if each.extended_close <= moment]
        return days[-count:]

    def settlement_date(self, traded: date) -> date:
        """The business day on which a trade of `traded` settles."""
        business = [each for each in self._sessions if _settles(each)]
        days = [session.day for session in business]
        index = bisect_right(days, traded) - 1
        if index >= 0:
            index += settlement_days(business[index].exchange, traded)
        if not 0 <= index < len(days):
            raise UnavailableError(f"the calendar does not reach the settlement of {traded}")
        return days[index]


def settlement_days(exchange: str, traded: date) -> int:
    """Business days from trade to settlement. New York: 3, since 2017-09-05 2, since 2024-05-28 1;
    São Paulo: 3, since 2019-05-27 2."""
    return next(days for since, days in _CYCLES[exchange] if traded >= since)


def _settles(session: Session) -> bool:
    """Not while New York trades and its banks are closed: on Columbus Day and Veterans Day."""
    day = session.day
    if session.exchange != "XNYS":
        return True
    columbus = day.month == 10 and day.weekday() == 0 and 8 <= day.day <= 14
    veterans = day.month == 11 and (day.day == 11 or (day.day == 12 and day.weekday() == 0))
    return not columbus and not veterans
