"""GET /market-data/{symbol}/bars: prices by day, week or month, as traded or adjusted."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from hub.application.cursors import day_of
from hub.application.market.list_bars import BarsWanted
from hub.bootstrap import hub
from hub.domain.market.bar import Adjustment, Bar, Timeframe
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor, DayIn
from hub.entrypoints.wire import Moment, Money, Outgoing, Symbol, digits

api = Api(hub)

BarCount = Annotated[int, BeforeValidator(digits), Field(ge=1, le=10_000)]


class BarOut(Outgoing):
    """`date` is the first day of the period; `sessions` is how many of its days are in the bar."""

    date: str
    open: Money
    high: Money
    low: Money
    close: Money
    volume: int
    sessions: int
    first_session: str
    last_session: str


class BarList(Outgoing):
    """Oldest first; of sessions that have closed. Adjusted prices are stated as of `as_of`.

    A bar is in the range where its period begins in it. `next_cursor` asks for the page after this
    one; it is null on the last.
    """

    symbol: str
    timeframe: Timeframe
    adjustment: Adjustment
    as_of: Moment
    bars: list[BarOut]
    next_cursor: str | None


@api.get("/market-data/{symbol}/bars", problems=(404,))
def list_bars(  # noqa: PLR0917  # its parameters are the query's
    symbol: Symbol,
    caller: Caller,  # noqa: ARG001  # only for who is known
    timeframe: Timeframe = Timeframe.DAY,
    adjustment: Adjustment = Adjustment.RAW,
    start: DayIn | None = None,
    end: DayIn | None = None,
    limit: BarCount = 1000,
    cursor: Cursor | None = None,
) -> BarList:
    after = day_of(cursor) if cursor else None
    page = hub().list_bars(BarsWanted(symbol, timeframe, adjustment, start, end, after, limit))
    return BarList(
        symbol=symbol,
        timeframe=timeframe,
        adjustment=adjustment,
        as_of=page.as_of,
        bars=[_shown(bar) for bar in page.bars],
        next_cursor=page.next_cursor,
    )


def _shown(bar: Bar) -> BarOut:
    return BarOut(
        date=bar.start.isoformat(),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
        sessions=bar.sessions,
        first_session=bar.first.isoformat(),
        last_session=bar.last.isoformat(),
    )


handler = api.handler()
