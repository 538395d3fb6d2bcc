"""GET /accounts/{account_id}/balance: the account's cash."""

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Money, Outgoing, UuidText

api = Api(hub)


class BalanceOut(Outgoing):
    """`total` is settled plus unsettled cash; of it `reserved` is claimed by open orders.

    `withdrawable` is settled cash that no open order needs.
    """

    account_id: str
    currency: str
    available: Money
    reserved: Money
    settled: Money
    unsettled: Money
    total: Money
    withdrawable: Money


@api.get("/accounts/{account_id}/balance", problems=(404,))
def get_balance(account_id: UuidText, caller: Caller) -> BalanceOut:
    account = hub().get_balance(caller.customer_id, AccountId(account_id))
    balance = account.balance
    return BalanceOut(
        account_id=account.account_id,
        currency=account.currency,
        available=balance.available,
        reserved=balance.reserved,
        settled=balance.settled,
        unsettled=balance.unsettled,
        total=balance.total,
        withdrawable=balance.withdrawable,
    )


handler = api.handler()
