"""Settle what is due to a page of accounts: unsettled cash becomes settled cash, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hub.application.books import AccountBook, Cause, Destination, domain_event
from hub.application.orders.steps import together_or_each
from hub.application.ports.settlement import (
    AccountRange,
    SettledRow,
    SettlementBooks,
    Settlements,
    SettlementsAtWork,
    ViolationRow,
)
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import AccountId, InstrumentId, plain
from hub.domain.settlement.good_faith import Trade, Violation, good_faith_violations
from hub.domain.settlement.settling import Settled, settle

KIND = "settlement"
# Orders of these accounts wait while they settle.
BATCH = 50
PAGE = 500
# What was spent before these days has settled: no cycle is as long, holidays and all.
_LOOK_BACK = timedelta(days=21)
_ZERO = Decimal(0)


class SettleAccountsCommand(NamedTuple):
    where: AccountRange
    as_of: date
    market_time: datetime
    trace_id: str


class SettledAccounts(NamedTuple):
    """`failed` cannot be settled even alone. `next` is the range that is left; None is the end."""

    settled: int
    amount: Decimal
    failed: Sequence[AccountId]
    next: AccountRange | None


class _Done(NamedTuple):
    settled: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SettleAccounts:
    """Running it again changes nothing: what has settled is owed no more."""

    settlements: Settlements
    settlements_at_work: SettlementsAtWork
    clock: Clock
    ids: Ids
    relay: Relay

    def __call__(self, command: SettleAccountsCommand) -> SettledAccounts:
        """Raises UnavailableError: trying again may help, and what is done stays done.

        An account that breaks the transaction of its batch is found by trying each alone.
        """
        due = self.settlements.due_accounts(command.where, command.as_of, PAGE + 1)
        page, after = due[:PAGE], due[PAGE:]
        done: list[_Done] = []
        failed: list[AccountId] = []
        for start in range(0, len(page), BATCH):
            good, broken = together_or_each(
                page[start : start + BATCH], lambda accounts: self._settle(accounts, command)
            )
            done += good
            failed += broken
        return SettledAccounts(
            sum(each.settled for each in done),
            sum((each.amount for each in done), _ZERO),
            failed,
            AccountRange(after[0], command.where.before) if after else None,
        )

    def _settle(self, account_ids: Sequence[AccountId], command: SettleAccountsCommand) -> _Done:
        since = command.as_of - _LOOK_BACK
        with self.settlements_at_work.open(account_ids, since) as at_work:
            batch = _Batch(at_work, command, self.clock.now(), self.ids)
            for account in at_work.books.accounts.values():
                batch.settle(account)
        self.relay.send(messages_of(at_work.books))
        amount = sum((each.settled_amount for each in at_work.settled), _ZERO)
        return _Done(len(at_work.settled), amount)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The accounts of one transaction."""

    at_work: SettlementBooks
    command: SettleAccountsCommand
    now: datetime
    ids: Ids

    def settle(self, account: AccountBook) -> None:
        owed = self.at_work.owed.get(account.account_id, ())
        done = settle(account.balance.unsettled, owed, self.command.as_of)
        if not done:
            return
        before = account.balance
        for each in done:
            self._book(account, each)
        self._tell(
            account,
            "CashSettled",
            "settled",
            {
                "as_of": self.command.as_of.isoformat(),
                "amount": plain(sum((each.moved for each in done), _ZERO), 2),
                "executions": [each.obligation.execution_id for each in done],
                "before": _shown(before),
                "after": _shown(account.balance),
            },
        )
        self._look_for_violations(account, done)

    def _book(self, account: AccountBook, settled: Settled) -> None:
        execution_id = settled.obligation.execution_id
        balance, amounts = account.balance.settle(settled.moved)
        self.at_work.books.post(
            account,
            balance,
            amounts,
            transaction_id=self.ids.new(),
            kind=KIND,
            reference=execution_id,
            at=self.now,
        )
        self.at_work.settled.append(SettledRow(execution_id, self.now, settled.moved))

    def _look_for_violations(self, account: AccountBook, done: Sequence[Settled]) -> None:
        """Each sale is judged when it settles: all that matters to it has happened by then."""
        trades = self.at_work.trades.get(account.account_id, ())
        sold_on = {each.execution_id: each.trade_date for each in trades if each.is_sale}
        judged = {each.obligation.execution_id for each in done}
        for found in good_faith_violations(trades, self._held_before(account, trades)):
            if found.sale_id in judged:
                self._record(account, found, sold_on[found.sale_id])

    def _held_before(
        self, account: AccountBook, trades: Sequence[Trade]
    ) -> dict[InstrumentId, Decimal]:
        """What was held before all these trades."""
        held = dict(self.at_work.held.get(account.account_id, {}))
        for each in trades:
            moved = each.quantity if each.is_sale else -each.quantity
            held[each.instrument_id] = held.get(each.instrument_id, _ZERO) + moved
        return held

    def _record(self, account: AccountBook, found: Violation, sold_on: date) -> None:
        self.at_work.violations.append(
            ViolationRow(
                found.sale_id,
                found.purchase_id,
                account.account_id,
                found.instrument_id,
                found.quantity,
                found.unsettled_used,
                sold_on,
                found.clears_on,
                self.now,
            )
        )
        self._tell(
            account,
            "GoodFaithViolated",
            "judged",
            {
                "sale_id": found.sale_id,
                "purchase_id": found.purchase_id,
                "quantity": plain(found.quantity),
                "unsettled_used": plain(found.unsettled_used, 2),
                "sold_on": sold_on.isoformat(),
                "clears_on": found.clears_on.isoformat(),
            },
        )

    def _tell(
        self, account: AccountBook, kind: str, action: str, detail: dict[str, object]
    ) -> None:
        command, books = self.command, self.at_work.books
        cause = Cause(KIND, action, self.now, command.market_time, command.trace_id)
        books.record(account, kind, cause, detail)
        books.audit(account, cause, detail)
        body = domain_event(kind, account.account_id, detail)
        books.announce(account, self.ids.new(), Destination.BUS, body, self.now)


def _shown(balance: Balance) -> dict[str, str]:
    return {"settled": plain(balance.settled, 2), "unsettled": plain(balance.unsettled, 2)}
