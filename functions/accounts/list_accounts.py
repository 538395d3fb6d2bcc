"""GET /accounts: the caller's accounts; of an API key, its own."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing

api = Api(hub)


class AccountOut(Outgoing):
    account_id: str
    name: str
    kind: str
    currency: str
    created_at: Moment


class AccountList(Outgoing):
    accounts: list[AccountOut]


@api.get("/accounts")
def list_accounts(caller: Caller) -> AccountList:
    return AccountList(
        accounts=[
            AccountOut(
                account_id=account.account_id,
                name=account.name,
                kind=account.kind,
                currency=account.currency,
                created_at=account.created_at,
            )
            for account in hub().list_accounts(caller.customer_id)
            if caller.sees(account.account_id)
        ]
    )


handler = api.handler()
