"""GET /accounts/{account_id}/activities: fills, cash, fees, dividends and settlements."""

from datetime import date

from hub.application.ports.accounts import LedgerFilter
from hub.bootstrap import hub
from hub.domain.accounts.activity import Activity, ActivityKind
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor
from hub.entrypoints.wire import (
    Moment,
    MomentIn,
    Money,
    Outgoing,
    PageSize,
    Quantity,
    UuidText,
    WordList,
)

api = Api(hub)


class TradeOut(Outgoing):
    """`market_time` is when it was in the market."""

    order_id: str
    symbol: str
    side: str
    quantity: Quantity
    price: Money
    settlement_date: date
    market_time: Moment


class ActivityOut(Outgoing):
    """`amount` is what it added to the account's cash; of a settlement, what became settled.

    `reference` is the id of what it tells of: the execution, deposit, withdrawal. `trade` is null
    where it tells of no execution.
    """

    activity_id: str
    kind: ActivityKind
    at: Moment
    amount: Money
    reference: str
    trade: TradeOut | None


class ActivityList(Outgoing):
    """Newest first. `next_cursor` asks for the page after this one; it is null on the last."""

    activities: list[ActivityOut]
    next_cursor: str | None


@api.get("/accounts/{account_id}/activities", problems=(404,))
def list_activities(  # noqa: PLR0917  # its parameters are the query's
    account_id: UuidText,
    caller: Caller,
    kinds: WordList[ActivityKind] = (),
    after: MomentIn | None = None,
    until: MomentIn | None = None,
    limit: PageSize = 50,
    cursor: Cursor | None = None,
) -> ActivityList:
    wanted = LedgerFilter(
        caller.customer_id, AccountId(account_id), tuple(kinds), after, until, None, limit
    )
    page = hub().list_activities(wanted, cursor)
    return ActivityList(
        activities=[_shown(each) for each in page.activities], next_cursor=page.next_cursor
    )


def _shown(activity: Activity) -> ActivityOut:
    trade = activity.trade
    return ActivityOut(
        activity_id=activity.activity_id,
        kind=activity.kind,
        at=activity.at,
        amount=activity.amount,
        reference=activity.reference,
        trade=TradeOut(**trade._asdict()) if trade else None,
    )


handler = api.handler()
