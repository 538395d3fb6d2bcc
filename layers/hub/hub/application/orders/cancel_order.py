"""Cancel an open order and release what it reserved."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.books import Cause, audit_payload
from hub.application.ports.market import MarketData
from hub.application.ports.orders import Orders, RequestedCancel
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay
from hub.domain.kernel import CustomerId, NotFoundError, OrderId, RejectedError
from hub.domain.orders.order import Order


class CancelOrderCommand(NamedTuple):
    customer_id: CustomerId
    order_id: OrderId
    trace_id: str


class NotCancelableError(RejectedError):
    code = "order_not_cancelable"


@dataclass(frozen=True, slots=True)
class CancelOrder:
    orders: Orders
    market_data: MarketData
    clock: Clock
    ids: Ids
    relay: Relay

    def __call__(self, command: CancelOrderCommand) -> Order:
        """Raises NotFoundError, and NotCancelableError naming the state of a terminal order."""
        now = self.clock.now()
        cause = Cause(
            actor=command.customer_id,
            action="canceled",
            at=now,
            market_time=self.market_data.view([]).clock.held_at(now),
            trace_id=command.trace_id,
        )
        canceled = self.orders.cancel(
            RequestedCancel(
                order_id=command.order_id,
                customer_id=command.customer_id,
                transaction_id=self.ids.new(),
                cause=cause,
                audit_payload=audit_payload(cause, {"order_id": command.order_id}),
                message_id=self.ids.new(),
            )
        )
        if canceled:
            self.relay.send([canceled.message])
        order = self.orders.find(command.customer_id, command.order_id)
        if order is None:
            raise NotFoundError("there is no such order")
        if not canceled:
            raise NotCancelableError(
                f"the order is {order.state}", extra={"state": order.state.value}
            )
        return order
