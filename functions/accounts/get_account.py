"""GET /accounts/{account_id}: one account."""

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import AccountOut, account_out
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import UuidText

api = Api(hub)


@api.get("/accounts/{account_id}", problems=(404,))
def get_account(account_id: UuidText, caller: Caller) -> AccountOut:
    return account_out(hub().get_account(caller.customer_id, AccountId(account_id)))


handler = api.handler()
