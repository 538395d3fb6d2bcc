"""GET /portfolio/history: the value of all that the caller has, day by day, and how well it did."""

from datetime import date

from hub.application.accounts.get_portfolio_history import HistoryWanted, Period
from hub.bootstrap import hub
from hub.domain.accounts.history import Timeframe
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Money, Outgoing, Quantity, UuidText

api = Api(hub)


class MarkOut(Outgoing):
    """At the close of `day`. `deposited` is all that came in until then less what went out, and
    `profit_loss` what the equity is above that."""

    day: date
    equity: Money
    deposited: Money
    profit_loss: Money


class PerformanceOut(Outgoing):
    """Shares of one: 0.05 is five percent. The return is time-weighted: deposits and withdrawals
    make none. `volatility` is a year's; null where there are too few days."""

    time_weighted_return: Quantity
    volatility: Quantity | None
    max_drawdown: Quantity
    days: int


class HistoryOut(Outgoing):
    """Oldest first, of sessions that have closed in the `period` up to the market's day."""

    period: Period
    timeframe: Timeframe
    marks: list[MarkOut]
    performance: PerformanceOut


@api.get("/portfolio/history", problems=(404,))
def get_portfolio_history(
    caller: Caller,
    account_id: UuidText | None = None,
    period: Period = Period.MONTH,
    timeframe: Timeframe = Timeframe.DAY,
) -> HistoryOut:
    wanted = AccountId(account_id) if account_id else None
    history = hub().get_portfolio_history(
        HistoryWanted(caller.customer_id, wanted, period, timeframe)
    )
    return HistoryOut(
        period=period,
        timeframe=timeframe,
        marks=[
            MarkOut(**mark._asdict(), profit_loss=mark.equity - mark.deposited)
            for mark in history.marks
        ],
        performance=PerformanceOut(**history.performance._asdict()),
    )


handler = api.handler()
