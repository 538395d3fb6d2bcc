"""GET /accounts/{account_id}/ledger: the books of an account, both sides of each transaction."""

from hub.application.ports.accounts import LedgerFilter
from hub.bootstrap import hub
from hub.domain.accounts.ledger import Ledger
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor
from hub.entrypoints.wire import Moment, MomentIn, Money, Outgoing, PageSize, UuidText

api = Api(hub)


class EntryOut(Outgoing):
    ledger: Ledger
    currency: str
    amount: Money


class TransactionOut(Outgoing):
    """Its entries sum to zero. `kind` and `reference` together happen once per account."""

    transaction_id: str
    kind: str
    reference: str
    at: Moment
    entries: list[EntryOut]


class LedgerOut(Outgoing):
    """Newest first. `next_cursor` asks for the page after this one; it is null on the last."""

    transactions: list[TransactionOut]
    next_cursor: str | None


@api.get("/accounts/{account_id}/ledger", problems=(404,))
def list_ledger(  # noqa: PLR0917  # its parameters are the query's
    account_id: UuidText,
    caller: Caller,
    ledger: Ledger | None = None,
    after: MomentIn | None = None,
    until: MomentIn | None = None,
    limit: PageSize = 50,
    cursor: Cursor | None = None,
) -> LedgerOut:
    wanted = LedgerFilter(caller.customer_id, AccountId(account_id), (), after, until, None, limit)
    page = hub().list_ledger(wanted, ledger, cursor)
    return LedgerOut(
        transactions=[
            TransactionOut(
                transaction_id=each.transaction_id,
                kind=each.kind,
                reference=each.reference,
                at=each.at,
                entries=[EntryOut(**entry._asdict()) for entry in each.entries],
            )
            for each in page.transactions
        ],
        next_cursor=page.next_cursor,
    )


handler = api.handler()
