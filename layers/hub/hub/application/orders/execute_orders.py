"""Decide and book a batch of orders in one transaction: execute, rest, queue or reject each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from hub.application.books import (
    Books,
    ExecutionRow,
    ObligationRow,
    canonical,
)
from hub.application.orders.election import Election
from hub.application.orders.steps import Moment, Steps, together_or_each
from hub.application.ports.market import Calendars, MarketView
from hub.application.ports.messages import Message
from hub.application.ports.orders import AccountsAtWork
from hub.application.ports.system import Clock, Ids
from hub.application.relay import messages_of
from hub.domain.accounts.balance import Amounts, Balance, InsufficientBuyingPowerError
from hub.domain.accounts.position import Position
from hub.domain.kernel import CURRENCY, AccountId, OrderId, notional, plain, ratio
from hub.domain.market.quote import Quote, quote_record
from hub.domain.orders.matching import (
    Match,
    Outcome,
    Touch,
    match_on_arrival,
    match_resting,
)
from hub.domain.orders.order import Order, Side, State
from hub.domain.orders.stops import Trail, better_mark, is_reached

EXCHANGE = "XNYS"
_ARRIVING = frozenset({State.PENDING_NEW, State.ACCEPTED})
_RESTING = frozenset({State.NEW, State.PARTIALLY_FILLED})
_ZERO = Decimal(0)


class OrderToProcess(NamedTuple):
    """`election` names the quote that reached the order, where the trigger book sent it."""

    order_id: OrderId
    account_id: AccountId
    election: Election | None = None


class ExecuteOrdersCommand(NamedTuple):
    orders: Sequence[OrderToProcess]
    view: MarketView
    trace_id: str


class ExecutedOrders(NamedTuple):
    """`failed` are unknown or cannot be booked; `messages` are to be announced."""

    failed: Sequence[OrderId]
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class ExecuteOrders:
    """Running it again changes nothing: what an order's state has decided stays decided."""

    accounts_at_work: AccountsAtWork
    calendars: Calendars
    clock: Clock
    ids: Ids

    def __call__(self, command: ExecuteOrdersCommand) -> ExecutedOrders:
        """Raises having done nothing.

        An order that breaks the whole transaction is found by trying each alone, so that it does
        not take the others with it.
        """
        if len(command.orders) == 1:
            return self._execute(command)
        done, broken = together_or_each(
            command.orders, lambda orders: self._execute(command._replace(orders=orders))
        )
        failed = [order.order_id for order in broken]
        return ExecutedOrders(
            failed + [each for batch in done for each in batch.failed],
            [each for batch in done for each in batch.messages],
        )

    def _execute(self, command: ExecuteOrdersCommand) -> ExecutedOrders:
        now = self.clock.now()
        market_time = command.view.clock.held_at(now)
        calendar = self.calendars.around(EXCHANGE, market_time)
        moment = Moment(now, market_time, calendar, command.trace_id)
        account_ids = sorted({order.account_id for order in command.orders})
        order_ids = [order.order_id for order in command.orders]
        with self.accounts_at_work.open(account_ids, order_ids) as books:
            elections = {each.order_id: each.election for each in command.orders}
            batch = _Batch(Steps(books, moment, self.ids), command.view, elections)
            failed = [each for each in elections if not batch.process(each)]
        return ExecutedOrders(failed, messages_of(books))


@dataclass(frozen=True, slots=True)
class _Batch:
    """The orders of one transaction, each meeting the market of the same moment."""

    steps: Steps
    view: MarketView
    elections: Mapping[OrderId, Election | None]

    @property
    def books(self) -> Books:
        return self.steps.books

    @property
    def moment(self) -> Moment:
        return self.steps.moment

    def process(self, order_id: OrderId) -> bool:
        """Whether the order is known. One that cannot trade now waits for when it can."""
        order = self.books.orders.get(order_id)
        if order is None:
            return False
        if order.state not in _ARRIVING | _RESTING:
            return True
        quote = self.view.quotes.get(order.symbol)
        if self.moment.calendar.session_at(self.moment.market_time) is None:
            opening = self.moment.calendar.next_session(self.moment.market_time)
            detail = {"opens_at": opening.open.isoformat() if opening else None}
            self._wait(order, "queued", detail)
        elif quote is None or quote.is_stale(self.view.clock, self.moment.now):
            self._wait(order, "no_fresh_quote", {})
        else:
            self._meet(order, quote)
        return True

    def _wait(self, order: Order, action: str, detail: Mapping[str, object]) -> None:
        """`accepted` orders are sent again each minute that the market is open."""
        if order.state is State.PENDING_NEW:
            waiting = order.move(State.ACCEPTED, self.moment.now)
            order = self.steps.take(order, waiting, action, detail)
        if order.state is State.ACCEPTED and not order.may_wait:
            ended = order.move(State.CANCELED, self.moment.now)
            self.steps.end(order, ended, "does_not_wait", detail)

    def _meet(self, order: Order, quote: Quote) -> None:
        touch = Touch(quote.bid, quote.ask)
        seen = {"quote": quote_record(quote)}
        arriving = order.state in _ARRIVING
        if arriving:
            live = order.move(State.NEW, self.moment.now)
            order = self.steps.take(order, live, "entered", seen)
        if order.waits_for_trigger:
            order = self._test_stop(order, touch, seen)
            if order.waits_for_trigger:
                if arriving:
                    self._follow(order, touch)
                return
            arriving = True
        match = match_on_arrival(order, touch) if arriving else match_resting(order, touch)
        if match.outcome is Outcome.FILL:
            self._fill(order, match, quote)
        elif match.outcome is Outcome.CANCEL:
            ended = order.move(State.CANCELED, self.moment.now)
            self.steps.end(order, ended, "not_marketable", seen)

    def _test_stop(self, order: Order, touch: Touch, seen: Mapping[str, object]) -> Order:
        """The order, triggered if its stop was reached: by the quote that sent it here, though the
        market may have turned since, or by the present one."""
        election = self.elections.get(order.order_id)
        if election is not None:
            order = _as_elected(order, election)
        assert order.stop_price is not None
        reached = [touch] if election is None else [election.touch, touch]
        if not any(is_reached(order.side, order.stop_price, each) for each in reached):
            return order
        detail = {**seen, "stop_price": plain(order.stop_price, 2)}
        if election is not None:
            detail["elected_by"] = election.quote_id
        return self.steps.note(order.trigger(self.moment.now), "OrderTriggered", detail)

    def _follow(self, order: Order, touch: Touch) -> None:
        """A trailing stop that comes to rest starts from the present market. From then on the
        trigger book moves its mark, and does so without the account's lock."""
        if order.water_mark is None:
            return
        mark = better_mark(order.side, order.water_mark, touch)
        trail = Trail(order.trail_price, order.trail_percent)
        self.books.change(order.trail(mark, trail.stop(order.side, mark)))

    def _fill(self, order: Order, match: Match, quote: Quote) -> None:
        account = self.books.accounts[order.account_id]
        value = notional(match.price, match.quantity)
        released = ratio(order.reserved_cash, match.quantity, order.open_quantity)
        try:
            balance, amounts = _cash_moves(order, account.balance, value, released)
        except InsufficientBuyingPowerError as error:
            ended = order.reject(error.code, error.detail, self.moment.now)
            seen = {"quote": quote_record(quote), **error.extra}
            self.steps.end(order, ended, "rejected", seen)
            return
        execution = self._execution(order, match, value, quote)
        self.books.executions.append(execution)
        if order.side is Side.SELL:
            self.books.obligations.append(_obligation(execution))
        filled = order.fill(match.quantity, match.price, self.moment.now).reserving(
            order.reserved_cash - released, order.reserved_quantity - _sold(order, match)
        )
        position = account.positions.get(order.instrument_id, Position())
        self.books.hold(account, order.instrument_id, _moved(position, order.side, match, value))
        self.books.post(
            account,
            balance,
            amounts,
            transaction_id=self.steps.ids.new(),
            kind="execution",
            reference=execution.execution_id,
            at=self.moment.now,
        )
        self.steps.take(order, filled, "executed", _fill_detail(execution, quote))

    def _execution(self, order: Order, match: Match, value: Decimal, quote: Quote) -> ExecutionRow:
        session = self.moment.calendar.session_at(self.moment.market_time)
        traded = session.day if session else self.moment.market_time.date()
        return ExecutionRow(
            execution_id=self.steps.ids.new(),
            order_id=order.order_id,
            fill_sequence=order.fills + 1,
            account_id=order.account_id,
            instrument_id=order.instrument_id,
            side=order.side,
            quantity=match.quantity,
            price=match.price,
            value=value,
            settlement_date=self.moment.calendar.settlement_date(traded),
            quote_id=quote.quote_id,
            quote=canonical(quote_record(quote)),
            market_time=self.moment.market_time,
            executed_at=self.moment.now,
        )


def _as_elected(order: Order, election: Election) -> Order:
    """A trailing stop stood where its election says, which is onward of what was saved of it."""
    if order.water_mark is None or election.mark is None or election.stop is None:
        return order
    onward = (
        election.mark <= order.water_mark
        if order.side is Side.BUY
        else election.mark >= order.water_mark
    )
    return order.trail(election.mark, election.stop) if onward else order


def _cash_moves(
    order: Order, balance: Balance, value: Decimal, released: Decimal
) -> tuple[Balance, Amounts]:
    if order.side is Side.BUY:
        return balance.buy(value, released)
    return balance.sell(value)


def _moved(position: Position, side: Side, match: Match, value: Decimal) -> Position:
    if side is Side.BUY:
        return position.buy(match.quantity, value)
    return position.sell(match.quantity, value)


def _sold(order: Order, match: Match) -> Decimal:
    return match.quantity if order.side is Side.SELL else _ZERO


def _obligation(execution: ExecutionRow) -> ObligationRow:
    return ObligationRow(
        execution.execution_id,
        execution.account_id,
        CURRENCY,
        execution.value,
        execution.settlement_date,
    )


def _fill_detail(execution: ExecutionRow, quote: Quote) -> dict[str, object]:
    return {
        "execution_id": execution.execution_id,
        "quantity": plain(execution.quantity),
        "price": plain(execution.price, 2),
        "value": plain(execution.value, 2),
        "settlement_date": execution.settlement_date.isoformat(),
        "quote": quote_record(quote),
    }
