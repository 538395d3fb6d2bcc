"""PATCH /accounts/{account_id}: give an account another name."""

from hub.application.accounts.rename_account import RenameAccountCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import AccountName, AccountOut, account_out
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Incoming, UuidText

api = Api(hub)


class NewName(Incoming):
    name: AccountName


@api.patch("/accounts/{account_id}", scope="customer", problems=(404, 422))
def rename_account(
    account_id: UuidText, new: NewName, caller: Caller, request: Request
) -> AccountOut:
    account = hub().rename_account(
        RenameAccountCommand(caller.customer_id, AccountId(account_id), new.name, request.trace_id)
    )
    return account_out(account)


handler = api.handler()
