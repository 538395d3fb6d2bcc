"""GET /good-faith-violations: shares sold before the proceeds that bought them had settled."""

from datetime import date
from typing import Annotated

from pydantic import Field

from hub.application.ports.settlement import ViolationFilter
from hub.application.settlement.list_good_faith_violations import violation_place
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Money, Outgoing, PageSize, Quantity, UuidText

api = Api(hub)


class GoodFaithViolationOut(Outgoing):
    """Of the shares that were bought with `unsettled_used` of unsettled proceeds, `quantity` were
    sold on `sold_on`; the proceeds settled on `clears_on`."""

    sale_id: str
    purchase_id: str
    account_id: str
    symbol: str
    quantity: Quantity
    unsettled_used: Money
    sold_on: date
    clears_on: date
    found_at: Moment


class GoodFaithViolationsOut(Outgoing):
    """`next_cursor` asks for the page after this one; it is null on the last."""

    violations: list[GoodFaithViolationOut]
    next_cursor: str | None


@api.get("/good-faith-violations", problems=(404,))
def list_good_faith_violations(
    caller: Caller,
    account_id: UuidText | None = None,
    limit: PageSize = 50,
    cursor: Annotated[str, Field(max_length=200)] | None = None,
) -> GoodFaithViolationsOut:
    page = hub().list_good_faith_violations(
        ViolationFilter(
            caller.customer_id,
            AccountId(account_id) if account_id else None,
            violation_place(cursor) if cursor else None,
            limit,
        )
    )
    return GoodFaithViolationsOut(
        violations=[GoodFaithViolationOut(**each._asdict()) for each in page.violations],
        next_cursor=page.next_cursor,
    )


handler = api.handler()
