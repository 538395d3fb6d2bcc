"""The steps of orders within one transaction: each moves the order, and says so everywhere."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from hub.application.books import Books, Cause, Destination, domain_event, queue_body
from hub.application.ports.system import Ids
from hub.domain.kernel import UnavailableError
from hub.domain.market.calendar import Calendar
from hub.domain.orders.order import Order, State

logger = logging.getLogger(__name__)

Wanted = TypeVar("Wanted")
Done = TypeVar("Done")
_ZERO = Decimal(0)

_EVENTS = {
    State.ACCEPTED: "OrderQueued",
    State.NEW: "OrderEntered",
    State.PARTIALLY_FILLED: "OrderPartiallyExecuted",
    State.PENDING_CANCEL: "OrderCancelRequested",
    State.FILLED: "OrderExecuted",
    State.CANCELED: "OrderCanceled",
    State.REJECTED: "OrderFailed",
    State.EXPIRED: "OrderExpired",
    State.REPLACED: "OrderReplaced",
}


class Moment(NamedTuple):
    """What holds for all orders of the transaction."""

    now: datetime
    market_time: datetime
    calendar: Calendar
    trace_id: str
    actor: str = "venue"

    def cause(self, action: str) -> Cause:
        return Cause(self.actor, action, self.now, self.market_time, self.trace_id)


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
    ) -> Order:
        """The order ends without (further) fill: what it still reserved is free again."""
        self.release(order)
        return self.take(order, ended.reserving(_ZERO, _ZERO), action, detail)

    def acknowledge(self, order: Order) -> Order:
        """An order that ends before it came in is accepted on its way out."""
        if order.state is not State.PENDING_NEW:
            return order
        accepted = order.move(State.ACCEPTED, self.moment.now)
        return self.take(order, accepted, "acknowledged", {})

    def release(self, order: Order) -> None:
        """What the order reserves is free again in its account."""
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

    def note(self, order: Order, kind: str, action: str, detail: Mapping[str, object]) -> Order:
        """Something happened to the order that did not move it."""
        cause = self.moment.cause(action)
        account = self.books.accounts[order.account_id]
        self.books.record(account, kind, cause, detail, about=order)
        return self._tell(order, kind, cause, detail, {})

    def begin(self, order: Order, request_hash: bytes, detail: Mapping[str, object]) -> Order:
        """An order comes into being in the books, and not by being placed."""
        cause = self.moment.cause("submitted")
        account = self.books.accounts[order.account_id]
        self.books.add(order, request_hash)
        self.books.record(account, "OrderSubmitted", cause, detail, after=order)
        return self._tell(order, "OrderSubmitted", cause, detail, {"after": order.state})

    def route(self, order: Order, detail: Mapping[str, object]) -> None:
        """From now on an outside venue alone fills and ends the order. The books say so before that
        knows: who looks after the order finds it in them."""
        routed = replace(order, routed_at=self.moment.now, updated_at=self.moment.now)
        self._to_venue(self.note(routed, "OrderRouted", "routed", detail))

    def recall(self, order: Order) -> None:
        """The venue is asked to end the order."""
        wanted = order.move(State.PENDING_CANCEL, self.moment.now)
        self._to_venue(self.take(order, wanted, "cancel_requested", {}))

    def _to_venue(self, order: Order) -> None:
        account = self.books.accounts[order.account_id]
        body = queue_body(order.order_id, order.account_id, order.symbol, self.moment.trace_id)
        self.books.announce(
            account, self.ids.new(), Destination.ORDERS_ROUTED, body, self.moment.now
        )

    def take(
        self,
        before: Order,
        after: Order,
        action: str,
        detail: Mapping[str, object],
    ) -> Order:
        cause, kind = self.moment.cause(action), _EVENTS[after.state]
        account = self.books.accounts[after.account_id]
        self.books.record(account, kind, cause, detail, before=before, after=after)
        moved = {"before": before.state, "after": after.state}
        return self._tell(after, kind, cause, detail, moved)

    def _tell(
        self,
        order: Order,
        kind: str,
        cause: Cause,
        detail: Mapping[str, object],
        moved: Mapping[str, object],
    ) -> Order:
        account = self.books.accounts[order.account_id]
        self.books.change(order)
        self.books.audit(account, cause, {"order_id": order.order_id, **moved, **detail})
        told = {"order_id": order.order_id, "state": order.state, "symbol": order.symbol, **detail}
        body = domain_event(kind, account.account_id, told)
        self.books.announce(account, self.ids.new(), Destination.BUS, body, self.moment.now)
        return order


def together_or_each(
    orders: Sequence[Wanted], work: Callable[[Sequence[Wanted]], Done]
) -> tuple[list[Done], list[Wanted]]:
    """Work on all orders in one transaction or, when one of them breaks it, on each alone.

    What came of it, and the orders that cannot be worked on even alone, whose errors are logged.
    Raises UnavailableError: trying again may help, and what is done stays done.
    """
    try:
        return [work(orders)], []
    except UnavailableError:
        raise
    except Exception:
        logger.exception("%d orders are tried one by one", len(orders))
    done: list[Done] = []
    broken: list[Wanted] = []
    for order in orders:
        try:
            done.append(work([order]))
        except UnavailableError:
            raise
        except Exception:
            logger.exception("%s cannot be worked on", order)
            broken.append(order)
    return done, broken
