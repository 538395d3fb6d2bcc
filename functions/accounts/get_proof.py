"""GET /accounts/{account_id}/proof: that the account's books hold, as of one moment."""

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Money, Outgoing, UuidText

api = Api(hub)


class ChainOut(Outgoing):
    """The audit chain's end: each hash is the SHA-256 of the one before and the link's text."""

    links: int
    head: str


class LedgerTotalOut(Outgoing):
    ledger: str
    currency: str
    total: Money


class InvariantOut(Outgoing):
    name: str
    sentence: str
    violations: int


class ProofOut(Outgoing):
    """`holds` where no invariant is broken. All ledger totals together are zero per currency."""

    account_id: str
    holds: bool
    chain: ChainOut
    events: int
    ledger: list[LedgerTotalOut]
    invariants: list[InvariantOut]


@api.get("/accounts/{account_id}/proof", problems=(404,))
def get_proof(account_id: UuidText, caller: Caller) -> ProofOut:
    proof = hub().get_proof(caller.customer_id, AccountId(account_id))
    return ProofOut(
        account_id=account_id,
        holds=not any(each.violations for each in proof.invariants),
        chain=ChainOut(links=proof.head.sequence, head=proof.head.hash),
        events=proof.events,
        ledger=[
            LedgerTotalOut(ledger=ledger, currency=currency, total=total)
            for (ledger, currency), total in proof.totals.items()
        ],
        invariants=[InvariantOut(**each._asdict()) for each in proof.invariants],
    )


handler = api.handler()
