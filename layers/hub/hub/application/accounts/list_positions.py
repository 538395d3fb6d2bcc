"""Show what a customer holds, valued at the market."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.application.accounts.list_accounts import own_accounts
from hub.application.ports.accounts import Accounts, HeldPosition
from hub.application.ports.market import MarketData
from hub.application.ports.system import Clock
from hub.domain.accounts.portfolio import Holding
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class ListPositions:
    accounts: Accounts
    market_data: MarketData
    clock: Clock

    def __call__(
        self, customer_id: CustomerId, account_id: AccountId | None
    ) -> Sequence[tuple[AccountId, Holding]]:
        """Raises NotFoundError, also for another customer's account."""
        if account_id is not None:
            own_accounts(self.accounts, customer_id, account_id)
        held = self.accounts.positions(customer_id, account_id)
        holdings, _ = valued(held, self.market_data, self.clock.now())
        return [(each.account_id, holding) for each, holding in zip(held, holdings, strict=True)]


def valued(
    held: Sequence[HeldPosition], market_data: MarketData, now: datetime
) -> tuple[list[Holding], datetime]:
    """Each position at the last price; at its average cost where no price is known at all."""
    view = market_data.view(sorted({each.symbol for each in held}))
    holdings = []
    for each in held:
        quote, position = view.quotes.get(each.symbol), each.position
        holdings.append(
            Holding(
                each.symbol,
                each.name,
                each.category,
                position.quantity,
                position.average_price,
                position.cost,
                quote.last if quote else position.average_price,
                quote is None or quote.is_stale(view.clock, now),
            )
        )
    return holdings, view.clock.held_at(now)
