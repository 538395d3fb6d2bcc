"""Replace a working order by a changed one, in one transaction: both happen, or neither."""

from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from hub.application.books import Destination, canonical, queue_body
from hub.application.orders.booking import Booking
from hub.application.orders.canceling import OrdersAtWork
from hub.application.orders.intake import cash_needed, price_heard
from hub.application.orders.lifetime import lifetime
from hub.application.orders.submit_order import limit_broken
from hub.application.ports.orders import Orders
from hub.domain.accounts.position import Position
from hub.domain.kernel import CustomerId, NotFoundError, OrderId, UnavailableError, notional, plain
from hub.domain.market.quote import Quote, quote_record
from hub.domain.orders.entry_rules import NewOrder, check_form, check_price, check_value
from hub.domain.orders.events import Touch
from hub.domain.orders.order import Order, OrderType, Side
from hub.domain.orders.replacing import Changes, check_changes, check_replaceable, replacement

_ZERO = Decimal(0)


class ReplaceOrderCommand(NamedTuple):
    customer_id: CustomerId
    order_id: OrderId
    changes: Changes
    trace_id: str


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    orders: Orders
    at_work: OrdersAtWork

    def __call__(self, command: ReplaceOrderCommand) -> Order:
        """The new order. Whatever is refused has changed nothing: NotFoundError, InvalidInputError
        for a change that does not fit, RejectedError for an order that cannot be changed any more,
        ForbiddenError where the account lacks what the new order needs."""
        found = self.orders.find(command.customer_id, command.order_id)
        if found is None:
            raise NotFoundError("there is no such order")
        check_replaceable(found)
        check_changes(found, command.changes)
        quote = self._quote(found)
        moment = self.at_work.moment(command.customer_id, command.trace_id)
        with self.at_work.open([found], moment) as booking:
            new = self._replace(booking, command, quote)
        self.at_work.tell(booking)
        return booking.books.orders[new.order_id]

    def _quote(self, order: Order) -> Quote:
        quote = self.at_work.market_data.view([order.symbol]).quotes.get(order.symbol)
        if quote is None:
            raise UnavailableError(f"{order.symbol} has no price", code="no_market_data")
        return quote

    def _replace(self, booking: Booking, command: ReplaceOrderCommand, quote: Quote) -> Order:
        order, steps = booking.books.orders[command.order_id], booking.steps
        new_id, seen = OrderId(steps.ids.new()), {"quote": quote_record(quote)}
        old, new = replacement(order, command.changes, new_id, steps.moment.now)
        new = self._dated(new, booking, command.changes)
        self._check(new, quote)
        order = booking.gather(order)
        steps.release(order)
        steps.take(order, old.reserving(_ZERO, _ZERO), "replaced", {"replaced_by": new_id, **seen})
        changes = {
            name: plain(value) if isinstance(value, Decimal) else str(value)
            for name, value in command.changes._asdict().items()
            if value is not None
        }
        request_hash = sha256(canonical({"replaces": order.order_id, **changes}).encode()).digest()
        detail = {"replaces": order.order_id, "changes": changes, **seen}
        new = self._reserve(booking, steps.begin(new, request_hash, detail), quote)
        booking.follow_up(new, None)
        account = booking.books.accounts[new.account_id]
        body = queue_body(new.order_id, new.account_id, new.symbol, command.trace_id)
        now = steps.moment.now
        booking.books.announce(account, steps.ids.new(), Destination.ORDERS_SUBMITTED, body, now)
        return new

    @staticmethod
    def _dated(new: Order, booking: Booking, changes: Changes) -> Order:
        if changes.time_in_force is None and changes.expire_date is None:
            return new
        moment = booking.steps.moment
        life = lifetime(_as_asked(new), moment.calendar, moment.market_time)
        return replace(new, expires_at=life.expires_at, works_from=life.works_from)

    def _check(self, new: Order, quote: Quote) -> None:
        """The new order satisfies what every order does."""
        asked, terms, touch = _as_asked(new), self.at_work.terms, Touch(quote.bid, quote.ask)
        check_form(asked)
        if new.waits_for_trigger or new.type is OrderType.LIMIT:
            heard = price_heard(quote, new.side, terms.profile)
            check_price(asked, touch, terms.limits, terms.profile, heard)
        check_value(asked, touch, terms.limits)

    def _reserve(self, booking: Booking, new: Order, quote: Quote) -> Order:
        cash, quantity = _ZERO, new.quantity
        if new.side is Side.BUY:
            day, limits = booking.steps.moment.market_time.date(), self.at_work.terms.limits
            together = [each for each in booking.books.group(new) if each.is_exit and each.is_open]
            orders = together if new.is_exit else [new]
            sized = [each.resize(each.filled_quantity + new.quantity) for each in orders]
            cash = max(
                cash_needed(each, quote.ask, limits, booking.schedule, day) for each in sized
            )
            quantity = _ZERO
        self._check_limits(booking, new, cash or notional(quote.bid, new.quantity), quote)
        return booking.reserve(new, cash, quantity)

    @staticmethod
    def _check_limits(booking: Booking, new: Order, value: Decimal, quote: Quote) -> None:
        account = booking.books.accounts[new.account_id]
        limits, held = account.limits, account.positions.get(new.instrument_id, Position())
        if limits.max_order_value is not None and value > limits.max_order_value:
            raise limit_broken("max_order_value")
        exposure = notional(quote.ask, held.quantity) + value
        if (
            new.side is Side.BUY
            and limits.max_position_value is not None
            and exposure > limits.max_position_value
        ):
            raise limit_broken("max_position_value")


def _as_asked(order: Order) -> NewOrder:
    """The order as if it was asked for alone."""
    trailing = order.type is OrderType.TRAILING_STOP
    return NewOrder(
        order.symbol,
        order.side,
        order.type,
        order.time_in_force,
        order.quantity,
        order.limit_price,
        None if trailing else order.stop_price,
        order.trail_price,
        order.trail_percent,
        expire_date=order.expire_date,
        extended_hours=order.extended_hours,
        post_only=order.post_only,
    )
