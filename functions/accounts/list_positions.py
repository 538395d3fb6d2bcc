"""GET /positions: what the caller holds, or has held, valued at the market."""

from datetime import datetime
from typing import Literal

from hub.application.accounts.list_positions import ShownPosition
from hub.application.cursors import id_of, places_of
from hub.application.ports.portfolios import PositionFilter
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import age_seconds
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor
from hub.entrypoints.wire import Moment, Money, Outgoing, PageSize, Quantity, UuidText

api = Api(hub)

Held = Literal["open", "closed", "all"]
_HELD = {"open": True, "closed": False, "all": None}


class PositionOut(Outgoing):
    """`market_price` was the market's at `priced_at`, `age_seconds` of market time ago; `stale`
    marks one that is not live. Average price and realized gain are at average cost, without fees.
    The day's change is since the close of the session before, also after the close.
    """

    account_id: str
    symbol: str
    name: str
    category: str
    quantity: Quantity
    average_price: Money
    cost: Money
    market_price: Money
    market_value: Money
    unrealized_pnl: Money
    realized_pnl: Money
    previous_close: Money | None
    day_change: Money | None
    day_change_percentage: Quantity | None
    priced_at: Moment | None
    age_seconds: int | None
    stale: bool
    last_traded_at: Moment | None


class PositionList(Outgoing):
    """By symbol, as of market time `as_of`. `next_cursor` asks for the page after this one."""

    positions: list[PositionOut]
    as_of: Moment
    next_cursor: str | None


@api.get("/positions", problems=(404,))
def list_positions(  # its parameters are the query's
    caller: Caller,
    account_id: UuidText | None = None,
    status: Held = "open",
    limit: PageSize = 100,
    cursor: Cursor | None = None,
) -> PositionList:
    after = None
    if cursor:
        symbol, owner = places_of(cursor, 2)
        after = symbol, id_of(owner)
    page = hub().list_positions(
        PositionFilter(
            caller.customer_id,
            AccountId(account_id) if account_id else None,
            _HELD[status],
            after,
            limit,
        )
    )
    return PositionList(
        positions=[_shown(each, page.as_of) for each in page.positions],
        as_of=page.as_of,
        next_cursor=page.next_cursor,
    )


def _shown(position: ShownPosition, as_of: datetime) -> PositionOut:
    holding = position.holding
    return PositionOut(
        account_id=position.account_id,
        symbol=holding.symbol,
        name=holding.name,
        category=holding.category,
        quantity=holding.quantity,
        average_price=holding.average_price,
        cost=holding.cost,
        market_price=holding.market_price,
        market_value=holding.market_value,
        unrealized_pnl=holding.unrealised,
        realized_pnl=holding.realised,
        previous_close=holding.previous_close,
        day_change=holding.day_change,
        day_change_percentage=holding.day_change_percentage,
        priced_at=holding.priced_at,
        age_seconds=age_seconds(holding, as_of),
        stale=holding.stale,
        last_traded_at=position.last_traded_at,
    )


handler = api.handler()
