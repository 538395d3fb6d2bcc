"""Books what the matching core decides: cash, shares, fees and reservations of each step.

With an order of a group the others follow at once, in the same transaction (see `contingency`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from hub.application.books import AccountBook, Books, ExecutionRow, ObligationRow, canonical
from hub.application.orders.election import Election
from hub.application.orders.intake import VenueTerms, cash_needed
from hub.application.orders.steps import Steps
from hub.domain.accounts.balance import Amounts, Balance, InsufficientBuyingPowerError
from hub.domain.accounts.fees import Fee, FeeRule, fees_of, total
from hub.domain.accounts.position import Position
from hub.domain.kernel import CURRENCY, notional, plain, ratio
from hub.domain.market.quote import Quote, quote_record
from hub.domain.market.trade import Trade, trade_record
from hub.domain.orders.contingency import Consequence, Follows, consequences
from hub.domain.orders.events import Market, QuoteEvent, TradeEvent
from hub.domain.orders.matching import Action, Step, arrive, sized, take_step
from hub.domain.orders.matching import Steps as CoreSteps
from hub.domain.orders.order import Order, Side, State

_ZERO = Decimal(0)


class Seen(NamedTuple):
    """The market that an order meets, and the records that tell of it afterwards."""

    market: Market
    quote: Quote
    trade: Trade | None
    event: QuoteEvent | TradeEvent

    @property
    def event_id(self) -> str:
        """Of what the order meets: the trade if it is one that reached it, else the quote."""
        return self.trade.trade_id if self.trade is not None else self.quote.quote_id

    @property
    def record(self) -> dict[str, Any]:
        seen: dict[str, Any] = {"quote": quote_record(self.quote)}
        if self.trade is not None:
            seen["trade"] = trade_record(self.trade)
        return seen


class _Payment(NamedTuple):
    """What a fill costs, frees, and makes of the account's cash."""

    value: Decimal
    fees: Sequence[Fee]
    cost: Decimal
    released: Decimal
    balance: Balance
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Booking:
    """Of one transaction. `schedule` are the fees of its market."""

    steps: Steps
    terms: VenueTerms
    schedule: Sequence[FeeRule]

    @property
    def books(self) -> Books:
        return self.steps.books

    def carry_out(
        self, order: Order, decided: CoreSteps, seen: Seen, *, arriving: bool = False
    ) -> None:
        """What the core decided for the order happens. While an order rests the trigger book alone
        moves its trailing stop, and does so without the account's lock."""
        for step in decided:
            now = self.books.orders[order.order_id]
            match step.action:
                case Action.TRIGGER:
                    self.trigger(now, seen.record)
                case Action.TRAIL if arriving:
                    self.books.change(take_step(now, step, self.steps.moment.now))
                case Action.FILL:
                    if not self._fill(now, step, seen):
                        if step.supply is not None:
                            step.supply.take(now.side, -step.quantity)
                        return
                case Action.CANCEL | Action.REJECT:
                    ended = take_step(now, step, self.steps.moment.now)
                    self.end(now, ended, step.reason, seen.record, seen)

    def trigger(self, order: Order, detail: Mapping[str, object]) -> Order:
        """The order's stop was reached."""
        triggered = order.trigger(self.steps.moment.now)
        stop = plain(order.stop_price or _ZERO, 2)
        detail = {**detail, "stop_price": stop}
        return self.steps.note(triggered, "OrderTriggered", "triggered", detail)

    def as_elected(self, order: Order, election: Election) -> Order:
        """A trailing stop stood where its election says, which is onward of what was saved."""
        if order.water_mark is None or election.mark is None or election.stop is None:
            return order
        onward = (
            election.mark <= order.water_mark
            if order.side is Side.BUY
            else election.mark >= order.water_mark
        )
        if onward:
            order = order.trail(election.mark, election.stop)
            self.books.change(order)
        return order

    def end(
        self,
        order: Order,
        ended: Order,
        action: str,
        detail: Mapping[str, object],
        seen: Seen | None = None,
    ) -> None:
        """The order ends without (further) fill, and its group follows."""
        self.follow_up(self.steps.end(order, ended, action, detail), seen)

    def follow_up(self, order: Order, seen: Seen | None) -> None:
        """What the order has become has its consequences for the others of its group."""
        found = consequences(order, self.books.group(order))
        self._activate([each for each in found if each.kind is Follows.ACTIVATE], seen)
        for kind, other, quantity in found:
            now = self.books.orders[other.order_id]
            because = {"because_of": order.order_id}
            if kind is Follows.CANCEL and now.is_open:
                now = self.steps.acknowledge(now)
                ended = now.move(State.CANCELED, self.steps.moment.now)
                self.end(now, ended, "group_ended", because, seen)
            elif kind is Follows.RESIZE and now.is_open:
                self.resize(now, quantity, because)

    def fill_as_told(self, order: Order, quantity: Decimal, price: Decimal, seen: Seen) -> None:
        """A fill that no quote of the market has decided. Raises InsufficientBuyingPowerError,
        which is no reason to end the order."""
        order = self._with_reservation(sized(order, price), quantity)
        step = Step(Action.FILL, quantity, price)
        self._book_fill(order, step, seen, self._payment(order, step))

    def resize(self, order: Order, quantity: Decimal, detail: Mapping[str, object]) -> None:
        sized_ = replace(order.resize(quantity), updated_at=self.steps.moment.now)
        detail = {**detail, "quantity": plain(quantity)}
        self.steps.note(sized_, "OrderResized", "resized", detail)

    def gather(self, order: Order) -> Order:
        """The order with the reservation that it shares with the other exit of its group."""
        return self._with_reservation(order, order.open_quantity)

    def reserve(self, order: Order, cash: Decimal, quantity: Decimal) -> Order:
        """Claim cash or shares for the order. Raises ForbiddenError where the account lacks it."""
        account = self.books.accounts[order.account_id]
        if quantity:
            position = account.positions.get(order.instrument_id, Position()).reserve(quantity)
            self.books.hold(account, order.instrument_id, position)
        if cash:
            balance, amounts = account.balance.reserve(cash)
            self.books.post(
                account,
                balance,
                amounts,
                transaction_id=self.steps.ids.new(),
                kind="reserve",
                reference=order.order_id,
                at=self.steps.moment.now,
            )
        order = order.reserving(cash, quantity)
        self.books.change(order)
        return order

    def _activate(self, found: Sequence[Consequence], seen: Seen | None) -> None:
        """The exits of an entry come to life, with one reservation for all."""
        if not found:
            return
        exits = [self.books.orders[each.order.order_id] for each in found]
        quantity = self._quantity_for(exits[0], found[0].quantity)
        cash = self._cash_for(exits, quantity, seen)
        account = self.books.accounts[exits[0].account_id]
        if not quantity or cash > account.balance.available:
            for each in exits:
                ended = each.move(State.CANCELED, self.steps.moment.now)
                self.steps.end(each, ended, "nothing_to_exit", {})
            return
        selling = exits[0].side is Side.SELL
        for place, each in enumerate(exits):
            live = each.resize(quantity).move(State.NEW, self.steps.moment.now)
            detail = {"quantity": plain(quantity), **(seen.record if seen else {})}
            entered = self.steps.take(each, live, "activated", detail)
            if place == 0:
                self.reserve(entered, cash, quantity if selling else _ZERO)
        for each in exits if seen is not None else ():
            now = self.books.orders[each.order_id]
            if seen is not None and now.state is State.NEW:
                decided = arrive(now, seen.market, self.terms.profile)
                self.carry_out(now, decided, seen, arriving=True)

    def _quantity_for(self, exit_: Order, wanted: Decimal) -> Decimal:
        """As much as the entry brought; less where it has been sold in another way meanwhile."""
        if exit_.side is Side.BUY:
            return wanted
        account = self.books.accounts[exit_.account_id]
        return min(wanted, account.positions.get(exit_.instrument_id, Position()).sellable)

    def _cash_for(self, exits: Sequence[Order], quantity: Decimal, seen: Seen | None) -> Decimal:
        if exits[0].side is Side.SELL or not quantity:
            return _ZERO
        ask = seen.quote.ask if seen else exits[0].market_price
        day, limits = self.steps.moment.market_time.date(), self.terms.limits
        return max(
            cash_needed(each.resize(quantity), ask, limits, self.schedule, day) for each in exits
        )

    def _fill(self, order: Order, step: Step, seen: Seen) -> bool:
        """Whether it could be paid for. An order that the account cannot pay ends here."""
        order = self._with_reservation(sized(order, step.price), step.quantity)
        try:
            payment = self._payment(order, step)
        except InsufficientBuyingPowerError as error:
            self._end_unpaid(order, error, seen)
            return False
        self._book_fill(order, step, seen, payment)
        return True

    def _payment(self, order: Order, step: Step) -> _Payment:
        """What the fill moves. Raises InsufficientBuyingPowerError."""
        account = self.books.accounts[order.account_id]
        value = notional(step.price, step.quantity)
        fees = fees_of(self.schedule, order.side, step.quantity, value, self._trade_date())
        cost = total(fees)
        released = ratio(order.reserved_cash, step.quantity, order.open_quantity)
        if order.side is Side.BUY:
            return _Payment(
                value, fees, cost, released, *account.balance.buy(value, released, cost)
            )
        cost = min(cost, value)
        return _Payment(value, fees, cost, released, *account.balance.sell(value, cost))

    def _book_fill(self, order: Order, step: Step, seen: Seen, payment: _Payment) -> None:
        account = self.books.accounts[order.account_id]
        value, fees, cost, released, balance, amounts = payment
        execution = self._execution(order, step, value, cost, seen)
        self.books.executions.append(execution)
        if order.side is Side.SELL:
            self.books.obligations.append(_obligation(execution))
        self._move_shares(account, order, step.quantity, value)
        self.books.post(
            account,
            balance,
            amounts,
            transaction_id=self.steps.ids.new(),
            kind="execution",
            reference=execution.execution_id,
            at=self.steps.moment.now,
        )
        selling = step.quantity if order.side is Side.SELL else _ZERO
        filled = take_step(order, step, self.steps.moment.now)
        filled = replace(filled, fees=order.fees + cost, met_event=seen.event_id).reserving(
            order.reserved_cash - released, order.reserved_quantity - selling
        )
        filled = self._without_surplus(filled)
        taken = self.steps.take(order, filled, "executed", _fill_detail(execution, fees, seen))
        self.follow_up(taken, seen)

    def _with_reservation(self, order: Order, quantity: Decimal) -> Order:
        """Exits that stand side by side share one reservation: it goes to the one that fills."""
        if order.reserved_cash or order.reserved_quantity >= quantity:
            return order
        holders = [
            each
            for each in self.books.group(order)
            if each.order_id != order.order_id
            and each.is_exit
            and (each.reserved_quantity or each.reserved_cash)
        ]
        for holder in holders:
            order = order.reserving(
                order.reserved_cash + holder.reserved_cash,
                order.reserved_quantity + holder.reserved_quantity,
            )
            self.books.change(holder.reserving(_ZERO, _ZERO))
        self.books.change(order)
        return order

    def _without_surplus(self, order: Order) -> Order:
        """A sale of a notional may come out with fewer shares than it reserved."""
        if not order.is_terminal or not order.reserved_quantity:
            return order
        account = self.books.accounts[order.account_id]
        position = account.positions[order.instrument_id].release(order.reserved_quantity)
        self.books.hold(account, order.instrument_id, position)
        return order.reserving(order.reserved_cash, _ZERO)

    def _move_shares(
        self, account: AccountBook, order: Order, quantity: Decimal, value: Decimal
    ) -> None:
        position = account.positions.get(order.instrument_id, Position())
        moved = position.buy if order.side is Side.BUY else position.sell
        self.books.hold(account, order.instrument_id, moved(quantity, value))

    def _end_unpaid(self, order: Order, error: InsufficientBuyingPowerError, seen: Seen) -> None:
        now = self.steps.moment.now
        if order.filled_quantity:
            ended = replace(
                order.move(State.CANCELED, now), reason_code=error.code, reason=error.detail
            )
        else:
            ended = order.reject(error.code, error.detail, now)
        self.end(order, ended, "rejected", {**seen.record, **error.extra}, seen)

    def _trade_date(self) -> date:
        session = self.steps.moment.calendar.extended_session_at(self.steps.moment.market_time)
        return session.day if session else self.steps.moment.market_time.date()

    def _execution(
        self, order: Order, step: Step, value: Decimal, fees: Decimal, seen: Seen
    ) -> ExecutionRow:
        profile, moment, traded = self.terms.profile, self.steps.moment, self._trade_date()
        return ExecutionRow(
            execution_id=self.steps.ids.new(),
            order_id=order.order_id,
            fill_sequence=order.fills + 1,
            account_id=order.account_id,
            instrument_id=order.instrument_id,
            side=order.side,
            quantity=step.quantity,
            price=step.price,
            value=value,
            fees=fees,
            trade_date=traded,
            settlement_date=moment.calendar.settlement_date(traded),
            quote_id=seen.quote.quote_id,
            quote=canonical(quote_record(seen.quote)),
            trade=canonical(trade_record(seen.trade)) if seen.trade else None,
            seed=profile.seed if profile.partial_fills else None,
            market_time=moment.market_time,
            executed_at=moment.now,
        )


def _obligation(execution: ExecutionRow) -> ObligationRow:
    return ObligationRow(
        execution.execution_id,
        execution.account_id,
        CURRENCY,
        execution.value - execution.fees,
        execution.settlement_date,
    )


def _fill_detail(execution: ExecutionRow, fees: Sequence[Fee], seen: Seen) -> dict[str, object]:
    return {
        "execution_id": execution.execution_id,
        "quantity": plain(execution.quantity),
        "price": plain(execution.price, 2),
        "value": plain(execution.value, 2),
        "fees": {fee.kind: plain(fee.amount, 2) for fee in fees},
        "settlement_date": execution.settlement_date.isoformat(),
        **seen.record,
    }
