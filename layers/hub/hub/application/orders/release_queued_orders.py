"""At the open, send the orders that were queued while the market was closed on their way again."""

from dataclasses import dataclass

from hub.application.books import Destination
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.submit_order import queue_body
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.orders import Orders
from hub.application.ports.system import Clock, Ids

BATCH = 500


@dataclass(frozen=True, slots=True)
class ReleaseQueuedOrders:
    """Runs as often as it likes: an order that is on its way twice is executed once."""

    orders: Orders
    market_data: MarketData
    calendars: Calendars
    clock: Clock
    ids: Ids
    publisher: Publisher

    def __call__(self, trace_id: str) -> int:
        """How many orders were sent."""
        now, market = self.clock.now(), self.market_data.view([]).clock
        if market.source_stopped(now):
            return 0
        market_time = market.held_at(now)
        if self.calendars.around(EXCHANGE, market_time).session_at(market_time) is None:
            return 0
        messages = [
            Message(
                self.ids.new(),
                order.account_id,
                Destination.ORDERS_SUBMITTED,
                queue_body(order.order_id, order.account_id, order.symbol, trace_id),
            )
            for order in self.orders.queued(BATCH)
        ]
        return len(self.publisher.publish(messages)) if messages else 0
