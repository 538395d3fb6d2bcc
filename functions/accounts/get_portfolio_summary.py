"""GET /portfolio/summary: the value of all that the caller has, by category and asset."""

from hub.bootstrap import hub
from hub.domain.accounts.portfolio import Category
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Money, Outgoing, Quantity, UuidText

api = Api(hub)


class AssetOut(Outgoing):
    symbol: str
    name: str
    quantity: Quantity
    average_price: Money
    market_price: Money
    total_invested: Money
    current_total: Money
    pnl: Money
    stale: bool


class CategoryOut(Outgoing):
    category: str
    total_invested: Money
    current_total: Money
    pnl: Money
    pnl_percentage: Money
    assets: list[AssetOut]


class PortfolioOut(Outgoing):
    """`as_of` is market time."""

    total_value: Money
    cash: Money
    invested: Money
    positions_value: Money
    unrealized_pnl: Money
    as_of: Moment
    categories: list[CategoryOut]


def _category(category: Category) -> CategoryOut:
    return CategoryOut(
        category=category.category,
        total_invested=category.total_invested,
        current_total=category.current_total,
        pnl=category.pnl,
        pnl_percentage=category.pnl_percentage,
        assets=[
            AssetOut(
                symbol=asset.symbol,
                name=asset.name,
                quantity=asset.quantity,
                average_price=asset.average_price,
                market_price=asset.market_price,
                total_invested=asset.cost,
                current_total=asset.market_value,
                pnl=asset.unrealised,
                stale=asset.stale,
            )
            for asset in category.assets
        ],
    )


@api.get("/portfolio/summary", problems=(404,))
def get_portfolio_summary(caller: Caller, account_id: UuidText | None = None) -> PortfolioOut:
    wanted = AccountId(account_id) if account_id else None
    summary = hub().get_portfolio_summary(caller.customer_id, wanted)
    return PortfolioOut(
        total_value=summary.total_value,
        cash=summary.cash,
        invested=summary.invested,
        positions_value=summary.positions_value,
        unrealized_pnl=summary.positions_value - summary.invested,
        as_of=summary.as_of,
        categories=[_category(category) for category in summary.categories],
    )


handler = api.handler()
