"""Send the orders that were queued for a moment of the market on their way again, once it came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.application.books import Destination, queue_body
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.intake import may_trade
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.orders import Orders
from hub.application.ports.system import Clock, Ids
from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order

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
        calendar = self.calendars.around(EXCHANGE, market_time)
        sent = 0
        for page in self._pages(market_time):
            messages = [
                Message(
                    self.ids.new(),
                    order.account_id,
                    Destination.ORDERS_SUBMITTED,
                    queue_body(order.order_id, order.account_id, order.symbol, trace_id),
                )
                for order in page
                # Closing orders wait for a print that comes once the market is closed.
                if order.waits_for_print or may_trade(order, calendar, market_time)
            ]
            sent += len(self.publisher.publish(messages)) if messages else 0
        return sent

    def _pages(self, market_time: datetime) -> Iterator[list[Order]]:
        """All that are due, so that none is starved by those before it."""
        after: tuple[datetime, OrderId] | None = None
        while page := list(self.orders.queued(market_time, after, BATCH)):
            yield page
            last = page[-1]
            if len(page) < BATCH or last.works_from is None:
                return
            after = (last.works_from, last.order_id)
