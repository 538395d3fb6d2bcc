"""What the handlers of accounts take and show."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from hub.entrypoints.wire import Moment, Outgoing

if TYPE_CHECKING:
    from hub.application.ports.accounts import AccountSummary
    from hub.domain.accounts.portfolio import Holding

AccountName = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["Savings"])
]


class AccountOut(Outgoing):
    """`closed_at` is null while the account is open, `reset_at` of one that was never reset."""

    account_id: str
    name: str
    kind: str
    currency: str
    created_at: Moment
    closed_at: Moment | None
    reset_at: Moment | None


def age_seconds(holding: "Holding", as_of: datetime) -> int | None:
    """How old the price is, in market time."""
    if holding.priced_at is None:
        return None
    return max(int((as_of - holding.priced_at).total_seconds()), 0)


def account_out(account: "AccountSummary") -> AccountOut:
    return AccountOut(
        account_id=account.account_id,
        name=account.name,
        kind=account.kind,
        currency=account.currency,
        created_at=account.created_at,
        closed_at=account.closed_at,
        reset_at=account.reset_at,
    )
