"""POST /accounts: open one more paper account."""

from hub.application.accounts.open_account import OpenAccountCommand
from hub.bootstrap import hub
from hub.entrypoints.accounts import AccountName, AccountOut, account_out
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Incoming

api = Api(hub)


class NewAccount(Incoming):
    name: AccountName


@api.post("/accounts", status=201, scope="customer", problems=(409, 422))
def open_account(new: NewAccount, caller: Caller, request: Request) -> AccountOut:
    account = hub().open_account(
        OpenAccountCommand(caller.customer_id, new.name, request.idempotency_key, request.trace_id)
    )
    return account_out(account)


handler = api.handler()
