"""Try an order of the ladder again, if that still makes sense: price it, decide it, book it.

Of one that is at an outside venue only the venue can say more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.orders.election import election_from
from hub.application.orders.execute_orders import (
    ExecuteOrders,
    ExecuteOrdersCommand,
    OrderToProcess,
)
from hub.application.orders.follow_order import FollowOrder, FollowOrderCommand
from hub.application.orders.price_orders import PriceOrders
from hub.application.orders.recovering import Recovering
from hub.application.relay import Relay
from hub.domain.kernel import OrderId, RejectedError
from hub.domain.orders.order import Order
from hub.domain.orders.recovery import Sense


class RetryOrderCommand(NamedTuple):
    order_id: OrderId
    message: Mapping[str, str]
    trace_id: str


class NotRecoverableError(RejectedError):
    code = "not_recoverable"


@dataclass(frozen=True, slots=True)
class RetryOrder:
    """Running it again changes nothing: what an order's state has decided stays decided."""

    recovering: Recovering
    price_orders: PriceOrders
    execute_orders: ExecuteOrders
    follow_order: FollowOrder
    relay: Relay

    def __call__(self, command: RetryOrderCommand) -> str:
        """In which state the order is now. Raises whatever its processing raises, and
        NotRecoverableError where a try makes no sense but the order is open."""
        order = self._order(command)
        moment = self.recovering.moment(command.trace_id)
        match self.recovering.sense(order, moment):
            case Sense.EXPIRED | Sense.UNFOUNDED as sense:
                raise NotRecoverableError(f"the order is {sense}")
            case Sense.TRY:
                self._process(order, command)
                order = self._order(command)
            case Sense.ENDED | Sense.WAITS:
                pass
        self.recovering.end(order, moment, f"it is {order.state}")
        return order.state

    def _order(self, command: RetryOrderCommand) -> Order:
        order = self.recovering.recoveries.order(command.order_id)
        assert order is not None, "a recovery is of an order"
        return order

    def _process(self, order: Order, command: RetryOrderCommand) -> None:
        if order.routed_at is not None:
            self.follow_order(FollowOrderCommand(order.order_id, command.trace_id))
            return
        view = self.price_orders([order.symbol])
        election = election_from(command.message)
        one = OrderToProcess(order.order_id, order.account_id, election)
        executed = self.execute_orders(ExecuteOrdersCommand([one], view, command.trace_id))
        self.relay.send(executed.messages)
