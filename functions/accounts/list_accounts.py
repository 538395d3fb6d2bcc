"""GET /accounts: the caller's accounts, oldest first; of an API key, its own."""

from hub.application.cursors import moment_place
from hub.bootstrap import hub
from hub.entrypoints.accounts import AccountOut, account_out
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor
from hub.entrypoints.wire import Outgoing, PageSize

api = Api(hub)


class AccountList(Outgoing):
    """Closed accounts too. `next_cursor` asks for the page after this one."""

    accounts: list[AccountOut]
    next_cursor: str | None


@api.get("/accounts")
def list_accounts(
    caller: Caller, limit: PageSize = 100, cursor: Cursor | None = None
) -> AccountList:
    after = moment_place(cursor) if cursor else None
    page = hub().list_accounts(caller.customer_id, after, limit)
    return AccountList(
        accounts=[account_out(each) for each in page.accounts if caller.sees(each.account_id)],
        next_cursor=page.next_cursor,
    )


handler = api.handler()
