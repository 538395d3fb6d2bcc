"""What customers hold, read from PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.accounts import HeldPosition
from hub.application.ports.portfolios import (
    HeldLots,
    LotFilter,
    Owned,
    PositionFilter,
    TradedPosition,
)
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.lots import Purchase, open_lot
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class PostgresPortfolios:
    database: Database

    def owned(self, customer_id: CustomerId, account_id: AccountId | None) -> Owned:
        rows = self.database.rows(
            compiled.LOAD_PORTFOLIO, {"b_user_id": customer_id, "b_account_id": account_id}
        )
        balances = {row[0]: Balance(*row[1:4]) for row in rows}
        held = [
            HeldPosition(row[0], row[4], row[5], row[6], row[7], Position(*row[8:]))
            for row in rows
            if row[4] is not None
        ]
        return Owned(list(balances.items()), held)

    def positions(self, wanted: PositionFilter) -> Sequence[TradedPosition]:
        after, after_id = wanted.after or (None, None)
        rows = self.database.rows(
            compiled.PAGE_POSITIONS,
            {
                "b_user_id": wanted.customer_id,
                "b_account_id": wanted.account_id,
                "b_held": wanted.held,
                "b_after": after,
                "b_after_id": after_id,
                "b_limit": wanted.limit,
            },
        )
        return [
            TradedPosition(
                HeldPosition(row[0], row[1], row[2], row[3], row[4], Position(*row[5:9])), row[9]
            )
            for row in rows
        ]

    def lots(self, wanted: LotFilter) -> HeldLots | None:
        before, before_id, covered = wanted.before or (None, None, 0)
        rows = self.database.rows(
            compiled.WALK_LOTS,
            {
                "b_user_id": wanted.customer_id,
                "b_account_id": wanted.account_id,
                "b_symbol": wanted.symbol,
                "b_before": before,
                "b_before_id": before_id,
                "b_covered": covered,
                "b_limit": wanted.limit,
            },
        )
        if not rows:
            return None
        position = Position(*rows[0][:4])
        purchases = [Purchase(*row[4:]) for row in rows if row[4] is not None]
        return HeldLots(position, [open_lot(each, position.quantity) for each in purchases])
