"""What customers hold, read for being valued and shown."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from hub.application.ports.accounts import HeldPosition
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.lots import Lot
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId


class Owned(NamedTuple):
    """The balances of a customer's accounts, and every position in them that is not empty."""

    balances: Sequence[tuple[AccountId, Balance]]
    held: Sequence[HeldPosition]


class PositionFilter(NamedTuple):
    """`held` asks for open positions, or for closed ones; None for both.

    `after` is the place, a symbol and an account, where the last page ended.
    """

    customer_id: CustomerId
    account_id: AccountId | None
    held: bool | None
    after: tuple[str, str] | None
    limit: int


class TradedPosition(NamedTuple):
    held: HeldPosition
    last_traded_at: datetime | None


class LotFilter(NamedTuple):
    """`before` is where the last page ended: moment and id of a lot, and how many shares were
    bought from then on."""

    customer_id: CustomerId
    account_id: AccountId
    symbol: str
    before: tuple[datetime, str, Decimal] | None
    limit: int


class HeldLots(NamedTuple):
    position: Position
    lots: Sequence[Lot]


class Portfolios(Protocol):
    def owned(self, customer_id: CustomerId, account_id: AccountId | None) -> Owned:
        """In one round trip. No balances: the account is not the customer's."""

    def positions(self, wanted: PositionFilter) -> Sequence[TradedPosition]:
        """By symbol, then account."""

    def lots(self, wanted: LotFilter) -> HeldLots | None:
        """Newest first; None where nothing is held."""
