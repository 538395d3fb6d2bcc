"""GET /settlements: what the caller's sales brought, and when it settles or has settled."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from hub.application.ports.settlement import Settlement, SettlementFilter
from hub.application.settlement.list_settlements import settlement_place
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import DayIn, Moment, Money, Outgoing, PageSize, Quantity, UuidText

api = Api(hub)

SettlementStatus = Literal["pending", "settled"]


class SettlementOut(Outgoing):
    """`settled_amount` is less than `amount` where some of it was spent before it settled."""

    execution_id: str
    order_id: str
    account_id: str
    symbol: str
    quantity: Quantity
    price: Money
    amount: Money
    currency: str
    trade_date: date
    settlement_date: date
    status: SettlementStatus
    settled_at: Moment | None
    settled_amount: Money | None


class SettlementsOut(Outgoing):
    """`next_cursor` asks for the page after this one; it is null on the last."""

    settlements: list[SettlementOut]
    next_cursor: str | None


@api.get("/settlements", problems=(404,))
def list_settlements(  # noqa: PLR0917  # its parameters are the query's
    caller: Caller,
    account_id: UuidText | None = None,
    status: SettlementStatus | None = None,
    start: DayIn | None = None,
    end: DayIn | None = None,
    limit: PageSize = 50,
    cursor: Annotated[str, Field(max_length=200)] | None = None,
) -> SettlementsOut:
    page = hub().list_settlements(
        SettlementFilter(
            customer_id=caller.customer_id,
            account_id=AccountId(account_id) if account_id else None,
            settled=None if status is None else status == "settled",
            first=start,
            last=end,
            before=settlement_place(cursor) if cursor else None,
            limit=limit,
        )
    )
    return SettlementsOut(
        settlements=[_shown(each) for each in page.settlements], next_cursor=page.next_cursor
    )


def _shown(each: Settlement) -> SettlementOut:
    status: SettlementStatus = "pending" if each.settled_at is None else "settled"
    return SettlementOut(**each._asdict(), status=status)


handler = api.handler()
