"""Settlement in PostgreSQL: lock and load in one round trip, write and commit in another."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.books import books_of, changes_of
from hub.adapters.postgres.connection import Database, Row
from hub.application.ports.settlement import (
    AccountRange,
    FoundViolation,
    Settlement,
    SettlementBooks,
    SettlementFilter,
    ViolationFilter,
)
from hub.domain.kernel import AccountId, InstrumentId
from hub.domain.settlement.good_faith import Trade
from hub.domain.settlement.settling import Obligation


@dataclass(frozen=True, slots=True)
class PostgresSettlementsAtWork:
    database: Database

    @contextmanager
    def open(self, account_ids: Sequence[AccountId], since: date) -> Iterator[SettlementBooks]:
        wanted = {"b_account_ids": list(account_ids), "b_order_ids": [], "b_since": since}
        load = (
            compiled.LOCK_ACCOUNTS,
            compiled.LOAD_BOOKS,
            compiled.LIST_OWED,
            compiled.LIST_TRADES,
            compiled.LIST_HELD,
        )
        with self.database.transaction([(each, wanted) for each in load]) as found:
            _, accounts, owed, trades, held = found
            at_work = SettlementBooks(books_of(accounts), _owed(owed), _trades(trades), _held(held))
            yield at_work
            if changes := changes_of(at_work.books):
                changes |= arrays(
                    "settled", "execution_id settled_at settled_amount", at_work.settled
                )
                changes |= arrays(
                    "violation",
                    "sale_id purchase_id account_id instrument_id quantity unsettled_used sold_on "
                    "clears_on found_at",
                    at_work.violations,
                )
                self.database.commit_with(compiled.WRITE_SETTLEMENT, changes)
            else:
                self.database.give_up()


def _owed(rows: Sequence[Row]) -> dict[AccountId, list[Obligation]]:
    owed: dict[AccountId, list[Obligation]] = defaultdict(list)
    for account_id, *obligation in rows:
        owed[account_id].append(Obligation(*obligation))
    return owed


def _trades(rows: Sequence[Row]) -> dict[AccountId, list[Trade]]:
    trades: dict[AccountId, list[Trade]] = defaultdict(list)
    for account_id, *trade in rows:
        trades[account_id].append(Trade(*trade))
    return trades


def _held(rows: Sequence[Row]) -> dict[AccountId, dict[InstrumentId, Decimal]]:
    held: dict[AccountId, dict[InstrumentId, Decimal]] = defaultdict(dict)
    for account_id, instrument_id, quantity in rows:
        held[account_id][instrument_id] = quantity
    return held


@dataclass(frozen=True, slots=True)
class PostgresSettlements:
    database: Database

    def is_due(self, as_of: date) -> bool:
        (row,) = self.database.rows(compiled.IS_ANYTHING_DUE, {"b_as_of": as_of})
        return bool(row[0])

    def due_ranges(self, as_of: date, size: int) -> Sequence[AccountRange]:
        rows = self.database.rows(compiled.LIST_DUE_RANGES, {"b_as_of": as_of, "b_size": size})
        firsts = [AccountId(row[0]) for row in rows]
        ends: list[AccountId | None] = [*firsts[1:], None]
        return [AccountRange(*each) for each in zip(firsts, ends[: len(firsts)], strict=True)]

    def due_accounts(self, where: AccountRange, as_of: date, limit: int) -> Sequence[AccountId]:
        rows = self.database.rows(
            compiled.LIST_DUE_ACCOUNTS,
            {
                "b_first": where.first,
                "b_before": where.before,
                "b_as_of": as_of,
                "b_limit": limit,
            },
        )
        return [AccountId(row[0]) for row in rows]

    def page(self, wanted: SettlementFilter) -> Sequence[Settlement]:
        day, after = wanted.before or (None, None)
        rows = self.database.rows(
            compiled.LIST_SETTLEMENTS,
            {
                "b_user_id": wanted.customer_id,
                "b_account_id": wanted.account_id,
                "b_settled": wanted.settled,
                "b_first": wanted.first,
                "b_last": wanted.last,
                "b_day": day,
                "b_after": after,
                "b_limit": wanted.limit,
            },
        )
        return [Settlement(*row) for row in rows]

    def violations(self, wanted: ViolationFilter) -> Sequence[FoundViolation]:
        day, sale_id, purchase_id = wanted.before or (None, None, None)
        rows = self.database.rows(
            compiled.LIST_VIOLATIONS,
            {
                "b_user_id": wanted.customer_id,
                "b_account_id": wanted.account_id,
                "b_day": day,
                "b_sale_id": sale_id,
                "b_purchase_id": purchase_id,
                "b_limit": wanted.limit,
            },
        )
        return [FoundViolation(*row) for row in rows]
