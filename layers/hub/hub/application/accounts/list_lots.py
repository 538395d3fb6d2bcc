"""Show the open lots of a position: what of each purchase is still held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from hub.application.accounts.list_accounts import only_account, own_accounts
from hub.application.accounts.valuing import Valuing
from hub.application.cursors import (
    cursor_after,
    moment_and_id,
    places_of,
    unreadable,
)
from hub.application.ports.accounts import Accounts, HeldPosition
from hub.application.ports.portfolios import LotFilter, Portfolios
from hub.domain.accounts.lots import Lot
from hub.domain.accounts.portfolio import Holding
from hub.domain.kernel import AccountId, CustomerId, InstrumentId, NotFoundError

_MOST_SHARES = Decimal("1e11")


class ListLotsCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId | None
    symbol: str
    limit: int
    cursor: str | None


class LotPage(NamedTuple):
    """`holding` is the position as a whole, at average cost."""

    account_id: AccountId
    holding: Holding
    lots: Sequence[Lot]
    as_of: datetime
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListLots:
    accounts: Accounts
    portfolios: Portfolios
    valuing: Valuing

    def __call__(self, command: ListLotsCommand) -> LotPage:
        """One page, newest first. Raises NotFoundError, also for another's account, and
        InvalidInputError where the customer has several accounts and names none."""
        customer_id, account_id, symbol, limit, cursor = command
        before = _place(cursor) if cursor else None
        account_id = account_id or only_account(self.accounts, customer_id)
        own_accounts(self.accounts, customer_id, account_id)
        found = self.portfolios.lots(LotFilter(customer_id, account_id, symbol, before, limit + 1))
        if found is None:
            raise NotFoundError(f"there is no position in {symbol}")
        held = HeldPosition(account_id, InstrumentId(""), symbol, "", "", found.position)
        (holding,), as_of = self.valuing([held])
        page, more = found.lots[:limit], len(found.lots) > limit
        return LotPage(account_id, holding, page, as_of, _cursor(page[-1]) if more else None)


def _cursor(last: Lot) -> str:
    bought = last.purchase
    covered = bought.newer + bought.quantity
    return cursor_after(bought.executed_at.isoformat(), bought.execution_id, str(covered))


def _place(cursor: str) -> tuple[datetime, str, Decimal]:
    moment, execution_id, text = places_of(cursor, 3)
    try:
        covered = Decimal(text)
    except InvalidOperation as error:
        raise unreadable() from error
    if not 0 < covered < _MOST_SHARES:
        raise unreadable()
    return (*moment_and_id(moment, execution_id), covered)
