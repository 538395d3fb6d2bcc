"""Resting orders by symbol and price, so that a quote finds those it reaches at once."""

from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple

from hub.domain.kernel import AccountId, OrderId
from hub.domain.orders.events import Condition, Touch
from hub.domain.orders.order import Side
from hub.domain.orders.stops import Trail, better_mark, is_reached


class WaitingStop(NamedTuple):
    """A stop that has not triggered. With a `trail` it follows the best price, `mark`."""

    price: Decimal
    trail: Trail | None
    mark: Decimal | None


class Resting(NamedTuple):
    """An order that waits for the market: for its stop, or, without one, for its limit."""

    order_id: OrderId
    account_id: AccountId
    symbol: str
    side: Side
    limit: Decimal | None
    stop: WaitingStop | None = None
    at_print: Condition | None = None
    extended: bool = False


class _Queue(Enum):
    """Lists of one symbol; in each, what is reached first stands last."""

    BUY_LIMITS = auto()
    SELL_LIMITS = auto()
    BUY_STOPS = auto()
    SELL_STOPS = auto()


class TriggerBook:
    """Limits and stops in order of price; trailing stops, which move, one by one."""

    def __init__(self) -> None:
        self._queues: dict[tuple[str, _Queue], list[tuple[Decimal, OrderId]]] = defaultdict(list)
        self._trailing: dict[str, set[OrderId]] = defaultdict(set)
        self._resting: dict[OrderId, Resting] = {}
        self._moved: set[OrderId] = set()

    def __len__(self) -> int:
        return len(self._resting)

    def put(self, order: Resting) -> None:
        if order.limit is None and order.stop is None:
            return
        known = self._resting.get(order.order_id)
        if known == order or (known and _trails(known) and _trails(order)):
            # A trailing stop is ahead of what was saved of it.
            return
        self._resting[order.order_id] = order
        if _trails(order):
            self._trailing[order.symbol].add(order.order_id)
        else:
            queue, rank = _place(order)
            insort(self._queues[order.symbol, queue], (rank, order.order_id))

    def take_reached(self, symbol: str, touch: Touch) -> list[Resting]:
        """Take out what this touch reaches, each tested against its stop as it stood, and let the
        trailing stops that it does not reach follow it."""
        reached = self._take(symbol, _Queue.BUY_LIMITS, touch.ask)
        reached += self._take(symbol, _Queue.SELL_LIMITS, -touch.bid)
        reached += self._take(symbol, _Queue.BUY_STOPS, -touch.ask)
        reached += self._take(symbol, _Queue.SELL_STOPS, touch.bid)
        return reached + self._trail(symbol, touch)

    def moved(self) -> Sequence[Resting]:
        """The trailing stops that moved since `forget_moved`, to be saved."""
        return [self._resting[each] for each in self._moved if each in self._resting]

    def forget_moved(self) -> None:
        """What moved is saved."""
        self._moved.clear()

    def _take(self, symbol: str, queue: _Queue, bound: Decimal) -> list[Resting]:
        waiting = self._queues.get((symbol, queue))
        reached = []
        while waiting and waiting[-1][0] >= bound:
            rank, order_id = waiting.pop()
            order = self._resting.get(order_id)
            # An order that was changed meanwhile leaves its former place behind.
            if order is not None and not _trails(order) and _place(order) == (queue, rank):
                del self._resting[order_id]
                reached.append(order)
        return reached

    def _trail(self, symbol: str, touch: Touch) -> list[Resting]:
        reached = []
        for order_id in sorted(self._trailing.get(symbol, ())):
            order = self._resting[order_id]
            assert order.stop is not None
            if is_reached(order.side, order.stop.price, touch.opposite(order.side)):
                self._trailing[symbol].discard(order_id)
                del self._resting[order_id]
                reached.append(order)
                continue
            moved = _followed(order.side, order.stop, touch)
            if moved != order.stop:
                self._resting[order_id] = order._replace(stop=moved)
                self._moved.add(order_id)
        return reached


def _followed(side: Side, stop: WaitingStop, touch: Touch) -> WaitingStop:
    assert stop.trail is not None
    assert stop.mark is not None
    mark = better_mark(side, stop.mark, touch.opposite(side))
    return WaitingStop(stop.trail.stop(side, mark), stop.trail, mark)


def _trails(order: Resting) -> bool:
    return order.stop is not None and order.stop.trail is not None


def _place(order: Resting) -> tuple[_Queue, Decimal]:
    """The order's list and its rank there: the higher is reached sooner."""
    buying = order.side is Side.BUY
    if order.stop is not None:
        price = order.stop.price
        return (_Queue.BUY_STOPS, -price) if buying else (_Queue.SELL_STOPS, price)
    assert order.limit is not None
    return (_Queue.BUY_LIMITS, order.limit) if buying else (_Queue.SELL_LIMITS, -order.limit)
