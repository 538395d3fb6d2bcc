"""Find the orders at an outside venue that have something to be done, and send them on their way.

One request tells where all orders stand there. Those of ours that stand elsewhere are looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.application.books import Destination, queue_body
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.system import Ids
from hub.application.ports.venue import RoutedOrders, Venue
from hub.domain.orders.order import Order, State

PAGE = 500


@dataclass(frozen=True, slots=True)
class FollowRoutedOrders:
    """Runs as often as it likes: who looks at an order finds out by itself what is to be done."""

    routed: RoutedOrders
    venue: Venue
    ids: Ids
    publisher: Publisher

    def __call__(self, trace_id: str) -> int:
        """How many orders were sent to be looked at. Raises UnavailableError."""
        page = self.routed.open(None, PAGE)
        if not page:
            return 0
        standing = self.venue.working()
        sent = 0
        for orders in self._pages(page):
            moved = [
                self._message(order, trace_id)
                for order in orders
                if order.state is State.PENDING_CANCEL
                or standing.get(order.order_id) != order.filled_quantity
            ]
            sent += len(self.publisher.publish(moved)) if moved else 0
        return sent

    def _pages(self, page: Sequence[Order]) -> Iterator[Sequence[Order]]:
        while page:
            yield page
            last = page[-1]
            if len(page) < PAGE or last.routed_at is None:
                return
            page = self.routed.open((last.routed_at, last.order_id), PAGE)

    def _message(self, order: Order, trace_id: str) -> Message:
        body = queue_body(order.order_id, order.account_id, order.symbol, trace_id)
        return Message(self.ids.new(), order.account_id, Destination.ORDERS_ROUTED, body)
