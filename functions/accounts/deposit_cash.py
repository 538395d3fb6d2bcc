"""POST /accounts/{account_id}/deposits: put paper cash into an account."""

from hub.application.accounts.cash_moves import CashCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import AmountIn, Incoming, Money, Outgoing, UuidText

api = Api(hub)


class NewDeposit(Incoming):
    amount: AmountIn


class DepositOut(Outgoing):
    deposit_id: str
    account_id: str
    amount: Money
    available: Money


@api.post("/accounts/{account_id}/deposits", status=201, problems=(404, 409, 422))
def deposit_cash(
    account_id: UuidText, deposit: NewDeposit, caller: Caller, request: Request
) -> DepositOut:
    made = hub().deposit_cash(
        CashCommand(
            caller.customer_id,
            AccountId(account_id),
            deposit.amount,
            request.idempotency_key,
            request.trace_id,
        )
    )
    return DepositOut(
        deposit_id=made.reference,
        account_id=account_id,
        amount=made.amount,
        available=made.balance.available,
    )


handler = api.handler()
