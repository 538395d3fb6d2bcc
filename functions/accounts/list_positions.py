"""GET /positions: what the caller holds, valued at the market."""

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Money, Outgoing, Quantity, UuidText

api = Api(hub)


class PositionOut(Outgoing):
    """`stale` marks a market price that is not live."""

    account_id: str
    symbol: str
    quantity: Quantity
    average_price: Money
    cost: Money
    market_price: Money
    market_value: Money
    unrealized_pnl: Money
    stale: bool


class PositionList(Outgoing):
    positions: list[PositionOut]


@api.get("/positions", problems=(404,))
def list_positions(caller: Caller, account_id: UuidText | None = None) -> PositionList:
    wanted = AccountId(account_id) if account_id else None
    held = hub().list_positions(caller.customer_id, wanted)
    return PositionList(
        positions=[
            PositionOut(
                account_id=owner,
                symbol=holding.symbol,
                quantity=holding.quantity,
                average_price=holding.average_price,
                cost=holding.cost,
                market_price=holding.market_price,
                market_value=holding.market_value,
                unrealized_pnl=holding.unrealised,
                stale=holding.stale,
            )
            for owner, holding in held
        ]
    )


handler = api.handler()
