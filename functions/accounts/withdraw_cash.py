"""POST /accounts/{account_id}/withdrawals: take settled cash out of an account."""

from hub.application.accounts.cash_moves import CashCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import AmountIn, Incoming, Money, Outgoing, UuidText

api = Api(hub)


class NewWithdrawal(Incoming):
    amount: AmountIn


class WithdrawalOut(Outgoing):
    """`withdrawable` is what is left to be withdrawn."""

    withdrawal_id: str
    account_id: str
    amount: Money
    withdrawable: Money


@api.post(
    "/accounts/{account_id}/withdrawals", status=201, scope="customer", problems=(404, 409, 422)
)
def withdraw_cash(
    account_id: UuidText, withdrawal: NewWithdrawal, caller: Caller, request: Request
) -> WithdrawalOut:
    made = hub().withdraw_cash(
        CashCommand(
            caller.customer_id,
            AccountId(account_id),
            withdrawal.amount,
            request.idempotency_key,
            request.trace_id,
        )
    )
    return WithdrawalOut(
        withdrawal_id=made.reference,
        account_id=account_id,
        amount=made.amount,
        withdrawable=made.balance.withdrawable,
    )


handler = api.handler()
