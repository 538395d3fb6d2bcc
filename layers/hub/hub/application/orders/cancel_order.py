"""Cancel an open order and release what it reserved; what hangs on it goes with it.

An order that is at a venue is asked back: until that answers it is `pending_cancel`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.books import Cause, audit_payload
from hub.application.orders.canceling import NotCancelableError, OrdersAtWork, cancel_now
from hub.application.ports.orders import Orders, RequestedCancel
from hub.application.relay import Relay
from hub.domain.kernel import CustomerId, NotFoundError, OrderId
from hub.domain.orders.order import CANCELABLE, Order


class CancelOrderCommand(NamedTuple):
    customer_id: CustomerId
    order_id: OrderId
    trace_id: str


@dataclass(frozen=True, slots=True)
class CancelOrder:
    orders: Orders
    at_work: OrdersAtWork
    relay: Relay

    def __call__(self, command: CancelOrderCommand) -> Order:
        """Raises NotFoundError, and NotCancelableError naming the state of a terminal order."""
        canceled = self._alone(command)
        order = self.orders.find(command.customer_id, command.order_id)
        if order is None:
            raise NotFoundError("there is no such order")
        if canceled:
            return order
        alone = order.group_id is None and order.routed_at is None
        if alone or order.state not in CANCELABLE:
            raise NotCancelableError(
                f"the order is {order.state}", extra={"state": order.state.value}
            )
        return self._in_books(command, order)

    def _alone(self, command: CancelOrderCommand) -> bool:
        """In one step, which nearly every order can take: whether this one could."""
        moment = self.at_work.moment(command.customer_id, command.trace_id)
        cause = Cause(
            command.customer_id, "canceled", moment.now, moment.market_time, command.trace_id
        )
        canceled = self.orders.cancel(
            RequestedCancel(
                order_id=command.order_id,
                customer_id=command.customer_id,
                transaction_id=self.at_work.ids.new(),
                cause=cause,
                audit_payload=audit_payload(cause, {"order_id": command.order_id}),
                message_id=self.at_work.ids.new(),
            )
        )
        if canceled:
            self.relay.send([canceled.message])
        return canceled is not None

    def _in_books(self, command: CancelOrderCommand, order: Order) -> Order:
        moment = self.at_work.moment(command.customer_id, command.trace_id)
        with self.at_work.open([order], moment) as booking:
            cancel_now(booking, order.order_id)
        self.at_work.tell(booking)
        return booking.books.orders[order.order_id]
