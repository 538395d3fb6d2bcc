"""GET /positions/{symbol}/lots: what of each purchase is still held, first in, first out."""

from decimal import Decimal

from hub.application.accounts.list_lots import ListLotsCommand
from hub.bootstrap import hub
from hub.domain.accounts.lots import Lot
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import age_seconds
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor
from hub.entrypoints.wire import Moment, Money, Outgoing, PageSize, Quantity, Symbol, UuidText

api = Api(hub)


class LotOut(Outgoing):
    """`quantity` is left of the `bought`; it cost `cost`. `market_time` is the purchase's."""

    lot_id: str
    order_id: str
    bought: Quantity
    quantity: Quantity
    price: Money
    cost: Money
    market_value: Money
    unrealized_pnl: Money
    opened_at: Moment
    market_time: Moment


class LotList(Outgoing):
    """Newest first. Their quantities add up to the position's `quantity`, whose `average_price` is
    at average cost. `next_cursor` asks for the page after this one; it is null on the last."""

    account_id: str
    symbol: str
    quantity: Quantity
    average_price: Money
    market_price: Money
    priced_at: Moment | None
    age_seconds: int | None
    stale: bool
    lots: list[LotOut]
    next_cursor: str | None


@api.get("/positions/{symbol}/lots", problems=(404,))
def list_lots(  # its parameters are the query's
    symbol: Symbol,
    caller: Caller,
    account_id: UuidText | None = None,
    limit: PageSize = 100,
    cursor: Cursor | None = None,
) -> LotList:
    wanted = AccountId(account_id) if account_id else None
    page = hub().list_lots(ListLotsCommand(caller.customer_id, wanted, symbol, limit, cursor))
    holding = page.holding
    return LotList(
        account_id=page.account_id,
        symbol=symbol,
        quantity=holding.quantity,
        average_price=holding.average_price,
        market_price=holding.market_price,
        priced_at=holding.priced_at,
        age_seconds=age_seconds(holding, page.as_of),
        stale=holding.stale,
        lots=[_shown(lot, holding.market_price) for lot in page.lots],
        next_cursor=page.next_cursor,
    )


def _shown(lot: Lot, market_price: Decimal) -> LotOut:
    bought, value = lot.purchase, lot.market_value(market_price)
    return LotOut(
        lot_id=bought.execution_id,
        order_id=bought.order_id,
        bought=bought.quantity,
        quantity=lot.quantity,
        price=bought.price,
        cost=lot.cost,
        market_value=value,
        unrealized_pnl=value - lot.cost,
        opened_at=bought.executed_at,
        market_time=bought.market_time,
    )


handler = api.handler()
