"""DELETE /accounts/{account_id}: close an account that is empty; its history stays."""

from hub.application.accounts.close_account import CloseAccountCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import AccountOut, account_out
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import UuidText

api = Api(hub)


@api.delete("/accounts/{account_id}", scope="customer", problems=(404, 422))
def close_account(account_id: UuidText, caller: Caller, request: Request) -> AccountOut:
    account = hub().close_account(
        CloseAccountCommand(caller.customer_id, AccountId(account_id), request.trace_id)
    )
    return account_out(account)


handler = api.handler()
