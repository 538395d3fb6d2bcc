"""The steps of orders within one transaction: each moves the order, and says so everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub.application.books import Books, Cause, Destination, domain_event
from hub.application.ports import Ids
from hub.domain.market.calendar import Calendar
from hub.domain.orders.order import Order, State

_ZERO = Decimal(0)

_EVENTS = {
    State.ACCEPTED: "OrderQueued",
    State.NEW: "OrderEntered",
    State.PARTIALLY_FILLED: "OrderPartiallyExecuted",
    State.FILLED: "OrderExecuted",
    State.CANCELED: "OrderCanceled",
    State.REJECTED: "OrderFailed",
    State.EXPIRED: "OrderExpired",
}


class Moment(NamedTuple):
    """What holds for all orders of the transaction."""

    now: datetime
    market_time: datetime
    calendar: Calendar
    trace_id: str

    def cause(self, action: str) -> Cause:
        return Cause("venue", action, self.now, self.market_time, self.trace_id)


@dataclass(frozen=True, slots=True)
class Steps:
    """Order, reservation, event, audit link and announcement always go together."""

    books: Books
    moment: Moment
    ids: Ids

    def end(
        self,
        order: Order,
        ended: Order,
        action: str,
        detail: Mapping[str, object],
    ) -> None:
        """The order ends without (further) fill: what it still reserved is free again."""
        account = self.books.accounts[order.account_id]
        if order.reserved_quantity:
            position = account.positions[order.instrument_id].release(order.reserved_quantity)
            self.books.hold(account, order.instrument_id, position)
        balance, amounts = account.balance.release(order.reserved_cash)
        self.books.post(
            account,
            balance,
            amounts,
            transaction_id=self.ids.new(),
            kind="release",
            reference=order.order_id,
            at=self.moment.now,
        )
        self.take(order, ended.reserving(_ZERO, _ZERO), action, detail)

    def note(self, order: Order, kind: str, detail: Mapping[str, object]) -> Order:
        """Something happened to the order that did not move it."""
        account = self.books.accounts[order.account_id]
        cause = self.moment.cause("triggered")
        self.books.change(order)
        self.books.record(account, kind, cause, detail, about=order)
        self.books.audit(account, cause, {"order_id": order.order_id, **detail})
        told = {"order_id": order.order_id, "state": order.state, "symbol": order.symbol, **detail}
        body = domain_event(kind, account.account_id, told)
        self.books.announce(account, self.ids.new(), Destination.BUS, body, self.moment.now)
        return order

    def take(
        self,
        before: Order,
        after: Order,
        action: str,
        detail: Mapping[str, object],
    ) -> Order:
        account = self.books.accounts[after.account_id]
        cause = self.moment.cause(action)
        kind = _EVENTS[after.state]
        self.books.change(after)
        self.books.record(account, kind, cause, detail, before=before, after=after)
        self.books.audit(
            account,
            cause,
            {"order_id": after.order_id, "before": before.state, "after": after.state, **detail},
        )
        told = {"order_id": after.order_id, "state": after.state, "symbol": after.symbol, **detail}
        body = domain_event(kind, account.account_id, told)
        self.books.announce(account, self.ids.new(), Destination.BUS, body, self.moment.now)
        return after
