"""Resting limit orders by symbol and price, so that a quote finds those it reaches at once."""

from bisect import insort
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import AccountId, OrderId
from hub.domain.orders.matching import Touch
from hub.domain.orders.order import Side


class Resting(NamedTuple):
    """A limit order that waits for the market."""

    order_id: OrderId
    account_id: AccountId
    symbol: str
    side: Side
    limit: Decimal


class TriggerBook:
    """Per symbol and side a list with the limit that is reached first at its end."""

    def __init__(self) -> None:
        self._sides: dict[tuple[str, Side], list[tuple[Decimal, OrderId]]] = defaultdict(list)
        self._resting: dict[OrderId, Resting] = {}

    def __len__(self) -> int:
        return len(self._resting)

    def put(self, order: Resting) -> None:
        if self._resting.get(order.order_id) == order:
            return
        self._resting[order.order_id] = order
        insort(self._sides[order.symbol, order.side], (_rank(order), order.order_id))

    def take_reached(self, symbol: str, touch: Touch) -> list[Resting]:
        """Take out the orders whose limits this touch reaches: a buy's by the ask, a sale's by
        the bid, the best limit first."""
        return self._take(symbol, Side.BUY, touch.ask) + self._take(symbol, Side.SELL, -touch.bid)

    def _take(self, symbol: str, side: Side, bound: Decimal) -> list[Resting]:
        waiting = self._sides.get((symbol, side))
        reached = []
        while waiting and waiting[-1][0] >= bound:
            rank, order_id = waiting.pop()
            order = self._resting.get(order_id)
            # A limit that was changed meanwhile leaves its former place behind.
            if order is not None and _rank(order) == rank:
                del self._resting[order_id]
                reached.append(order)
        return reached


def _rank(order: Resting) -> Decimal:
    """Higher is reached sooner: a buy's limit, and a sale's turned round."""
    return order.limit if order.side is Side.BUY else -order.limit
