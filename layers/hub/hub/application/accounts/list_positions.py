"""Show what a customer holds, or has held, valued at the market."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.accounts.valuing import Valuing
from hub.application.cursors import cursor_after
from hub.application.ports.accounts import Accounts
from hub.application.ports.portfolios import Portfolios, PositionFilter
from hub.domain.accounts.portfolio import Holding
from hub.domain.kernel import AccountId


class ShownPosition(NamedTuple):
    account_id: AccountId
    holding: Holding
    last_traded_at: datetime | None


class PositionPage(NamedTuple):
    positions: Sequence[ShownPosition]
    as_of: datetime
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListPositions:
    accounts: Accounts
    portfolios: Portfolios
    valuing: Valuing

    def __call__(self, wanted: PositionFilter) -> PositionPage:
        """One page, by symbol. Raises NotFoundError, also for another customer's account."""
        if wanted.account_id is not None:
            own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        found = self.portfolios.positions(wanted._replace(limit=wanted.limit + 1))
        page, more = found[: wanted.limit], len(found) > wanted.limit
        holdings, as_of = self.valuing([each.held for each in page])
        shown = [
            ShownPosition(each.held.account_id, holding, each.last_traded_at)
            for each, holding in zip(page, holdings, strict=True)
        ]
        last = page[-1].held if more else None
        return PositionPage(
            shown, as_of, cursor_after(last.symbol, last.account_id) if last else None
        )
