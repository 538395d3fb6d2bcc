"""GET /accounts/{account_id}/events: what happened in an account, from any place in its log."""

from typing import Annotated, Any

from pydantic import Field

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing, PageSize, UuidText

api = Api(hub)


class AccountEventOut(Outgoing):
    """`at` is wall time, `market_time` what the market's clock showed."""

    sequence: int
    type: str
    order_id: str | None
    state_before: str | None
    state_after: str | None
    cause: str
    detail: dict[str, Any]
    market_time: Moment | None
    at: Moment


class AccountEventPage(Outgoing):
    """Without gaps. `after` asks for what follows; `head` is where the log ended when asked."""

    account_id: str
    events: list[AccountEventOut]
    after: int
    head: int


@api.get("/accounts/{account_id}/events", problems=(404,))
def list_account_events(
    account_id: UuidText,
    caller: Caller,
    after: Annotated[int, Field(ge=0, lt=2**53)] = 0,
    limit: PageSize = 50,
) -> AccountEventPage:
    page = hub().list_account_events(caller.customer_id, AccountId(account_id), after, limit)
    return AccountEventPage(
        account_id=account_id,
        events=[AccountEventOut(**event._asdict()) for event in page.events],
        after=page.events[-1].sequence if page.events else after,
        head=page.head,
    )


handler = api.handler()
