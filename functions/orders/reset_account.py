"""POST /accounts/{account_id}/reset: let a paper account begin again."""

from hub.application.orders.reset_account import ResetAccountCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.accounts import AccountOut, account_out
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import AmountIn, Incoming, UuidText

api = Api(hub)


class NewStart(Incoming):
    """Open orders are canceled, positions sold at the last quote, and the cash is what is asked."""

    starting_balance: AmountIn


@api.post("/accounts/{account_id}/reset", scope="customer", problems=(404, 409, 422, 503))
def reset_account(
    account_id: UuidText, start: NewStart, caller: Caller, request: Request
) -> AccountOut:
    account = hub().reset_account(
        ResetAccountCommand(
            caller.customer_id,
            AccountId(account_id),
            start.starting_balance,
            request.idempotency_key,
            request.trace_id,
        )
    )
    return account_out(account)


handler = api.handler()
