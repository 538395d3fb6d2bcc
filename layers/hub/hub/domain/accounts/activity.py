"""What happened in an account, as its owner sees it: told from the ledger, transaction by
transaction. Reservations move nothing that is the owner's, and so are no activity."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class ActivityKind(StrEnum):
    FILL = "fill"
    FEE = "fee"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    DIVIDEND = "dividend"
    SETTLEMENT = "settlement"
    RESET = "reset"


class Line(NamedTuple):
    """A transaction of the ledger of kind `of` is told as an activity."""

    of: str
    activity: ActivityKind


# Their order is the order of lines that one transaction is told in: only ever add at the end.
LINES = (
    Line("execution", ActivityKind.FEE),
    Line("execution", ActivityKind.FILL),
    Line("deposit", ActivityKind.DEPOSIT),
    Line("withdrawal", ActivityKind.WITHDRAWAL),
    Line("dividend", ActivityKind.DIVIDEND),
    Line("settlement", ActivityKind.SETTLEMENT),
    Line("reset", ActivityKind.RESET),
)


class Trade(NamedTuple):
    """What a fill, or the fee of one, is about."""

    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    settlement_date: date
    market_time: datetime


class Activity(NamedTuple):
    """`settled`, `unsettled` and `fees` are what the transaction as a whole moved of each."""

    transaction_id: str
    kind: ActivityKind
    line: int
    at: datetime
    reference: str
    settled: Decimal
    unsettled: Decimal
    fees: Decimal
    trade: Trade | None = None

    @property
    def activity_id(self) -> str:
        """The same whenever it is read."""
        fee = self.kind is ActivityKind.FEE
        return f"{self.transaction_id}-fee" if fee else self.transaction_id

    @property
    def amount(self) -> Decimal:
        """What it added to the account's cash. Of a settlement: what became settled."""
        match self.kind:
            case ActivityKind.FEE:
                return -self.fees
            case ActivityKind.SETTLEMENT:
                return self.settled
            case _:
                # A fill's fee is an activity of its own.
                return self.settled + self.unsettled + self.fees
