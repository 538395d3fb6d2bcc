"""GET /market/calendar: the days on which an exchange trades, with their hours."""

from hub.application.cursors import day_of
from hub.application.market.get_market_calendar import CalendarRange
from hub.bootstrap import hub
from hub.domain.market.trading_day import DayKind, Exchange
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor, DayIn
from hub.entrypoints.wire import Moment, Outgoing, PageSize

api = Api(hub)


class TradingDayOut(Outgoing):
    date: str
    opens_at: Moment
    closes_at: Moment
    kind: DayKind


class CalendarOut(Outgoing):
    """Oldest first. `next_cursor` asks for the page after this one; it is null on the last."""

    exchange: str
    days: list[TradingDayOut]
    next_cursor: str | None


@api.get("/market/calendar")
def get_market_calendar(  # noqa: PLR0917  # its parameters are the query's
    caller: Caller,  # noqa: ARG001  # only for who is known
    exchange: Exchange = Exchange.NEW_YORK,
    start: DayIn | None = None,
    end: DayIn | None = None,
    limit: PageSize = 100,
    cursor: Cursor | None = None,
) -> CalendarOut:
    after = day_of(cursor) if cursor else None
    page = hub().get_market_calendar(CalendarRange(exchange, start, end, after, limit))
    days = [
        TradingDayOut(
            date=each.session.day.isoformat(),
            opens_at=each.session.open,
            closes_at=each.session.close,
            kind=each.kind,
        )
        for each in page.days
    ]
    return CalendarOut(exchange=exchange, days=days, next_cursor=page.next_cursor)


handler = api.handler()
