"""GET /portfolio/summary: the value of all that the caller has, by category and asset."""

from datetime import datetime

from hub.bootstrap import hub
from hub.domain.accounts.portfolio import Category
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import age_seconds
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Money, Outgoing, Quantity, UuidText

api = Api(hub)


class AssetOut(Outgoing):
    """`market_price` was the market's at `priced_at`, `age_seconds` of market time ago; `stale`
    marks one that is not live. Day changes are since the latest official close."""

    symbol: str
    name: str
    quantity: Quantity
    average_price: Money
    market_price: Money
    total_invested: Money
    current_total: Money
    pnl: Money
    realized_pnl: Money
    day_change: Money | None
    day_change_percentage: Quantity | None
    priced_at: Moment | None
    age_seconds: int | None
    stale: bool


class CategoryOut(Outgoing):
    category: str
    total_invested: Money
    current_total: Money
    pnl: Money
    pnl_percentage: Money
    day_change: Money
    assets: list[AssetOut]


class PortfolioOut(Outgoing):
    """`as_of` is market time."""

    total_value: Money
    cash: Money
    invested: Money
    positions_value: Money
    unrealized_pnl: Money
    day_change: Money
    as_of: Moment
    categories: list[CategoryOut]


def _category(category: Category, as_of: datetime) -> CategoryOut:
    return CategoryOut(
        category=category.category,
        total_invested=category.total_invested,
        current_total=category.current_total,
        pnl=category.pnl,
        pnl_percentage=category.pnl_percentage,
        day_change=category.day_change,
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
                realized_pnl=asset.realised,
                day_change=asset.day_change,
                day_change_percentage=asset.day_change_percentage,
                priced_at=asset.priced_at,
                age_seconds=age_seconds(asset, as_of),
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
        day_change=summary.day_change,
        as_of=summary.as_of,
        categories=[_category(each, summary.as_of) for each in summary.categories],
    )


handler = api.handler()
