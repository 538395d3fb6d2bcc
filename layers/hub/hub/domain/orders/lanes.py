"""Where resting orders of one side in one symbol wait, the next to be reached in front.

Orders that wait for a fixed price stand in lanes. Trailing stops that have seen the same best price
share it, as a group, in which the smallest trail is the nearest; a price that beats several groups
makes one of them. What is reached is decided by the functions of the core (`stops`).
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol

from hub.domain.kernel import AccountId, OrderId
from hub.domain.orders.events import Condition
from hub.domain.orders.order import Side
from hub.domain.orders.stops import Trail, better_mark, is_marketable, is_reached

# So few orders that left are not worth clearing away.
_FEW = 64


class WaitingStop(NamedTuple):
    """A stop that has not triggered. With a `trail` it follows the best price, `mark`, and stands
    where the trail puts it."""

    price: Decimal
    trail: Trail | None
    mark: Decimal | None


class Resting(NamedTuple):
    """An order that waits for the market: for its stop, else for its print, else for its limit.

    With none of them it is the rest of a market order, which every quote reaches. `extended`
    orders trade outside the regular session too. `since` is the wall time of what was decided of
    the order last.
    """

    order_id: OrderId
    account_id: AccountId
    symbol: str
    side: Side
    limit: Decimal | None
    stop: WaitingStop | None = None
    at_print: Condition | None = None
    extended: bool = False
    since: datetime | None = None


class Kept:
    """An order in the book. Places find out by `place` that it is not theirs any more."""

    __slots__ = ("order", "place")

    def __init__(self, order: Resting) -> None:
        self.order = order
        self.place: Place | None = None


class Place(Protocol):
    def left(self, kept: Kept, /) -> None:
        """An order that stood here left."""


_Entry = tuple[Decimal, OrderId, int, Kept]
_serial = count()


class _Heap:
    """Orders by rank, the lowest on top. Those that left stay inside until they come up, or until
    they are the most."""

    __slots__ = ("_entries", "_gone", "_place")

    def __init__(self, place: "Place") -> None:
        self._entries: list[_Entry] = []
        self._gone = 0
        self._place = place

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, rank: Decimal, kept: Kept) -> None:
        # No two serials are the same, so the order itself is never compared.
        heappush(self._entries, (rank, kept.order.order_id, next(_serial), kept))

    def top(self) -> Kept | None:
        while self._entries and self._entries[0][3].place is not self._place:
            heappop(self._entries)
            self._gone -= 1
        return self._entries[0][3] if self._entries else None

    def pop(self) -> None:
        heappop(self._entries)

    def left(self) -> None:
        self._gone += 1
        if self._gone > _FEW and 2 * self._gone > len(self._entries):
            self._entries = [each for each in self._entries if each[3].place is self._place]
            heapify(self._entries)
            self._gone = 0

    def __iter__(self) -> Iterator[Kept]:
        return (each[3] for each in self._entries if each[3].place is self._place)


class Lane:
    """Limits, or fixed stops, of one side: what the price comes to first is on top."""

    __slots__ = ("_heap", "_is_met", "_low_first", "_side", "nearest")

    def __init__(self, side: Side, *, stops: bool) -> None:
        self._side = side
        self._is_met = is_reached if stops else is_marketable
        self._low_first = (side is Side.BUY) is stops
        self._heap = _Heap(self)
        self.nearest: Decimal | None = None

    def put(self, kept: Kept, price: Decimal) -> None:
        kept.place = self
        self._heap.push(price if self._low_first else -price, kept)
        self._look()

    def left(self, _kept: Kept, /) -> None:
        self._heap.left()

    def take(self, price: Decimal, reached: list[Kept]) -> None:
        while self.nearest is not None and self._is_met(self._side, self.nearest, price):
            # The nearest may be the price of an order that left.
            top = self._look()
            if top is not None and self._is_met(self._side, _price(top.order), price):
                self._heap.pop()
                top.place = None
                reached.append(top)
                self._look()

    def _look(self) -> Kept | None:
        top = self._heap.top()
        self.nearest = _price(top.order) if top else None
        return top


class Group:
    """Trailing stops of one side with the same best price."""

    __slots__ = ("_amounts", "_percents", "mark", "side")

    def __init__(self, side: Side, mark: Decimal) -> None:
        self.side = side
        self.mark = mark
        self._amounts = _Heap(self)
        self._percents = _Heap(self)

    def __len__(self) -> int:
        return len(self._amounts) + len(self._percents)

    def put(self, kept: Kept) -> None:
        amount, percent = trail_in(kept.order)
        kept.place = self
        if amount is not None:
            self._amounts.push(amount, kept)
        elif percent is not None:
            self._percents.push(percent, kept)

    def left(self, kept: Kept, /) -> None:
        by_amount = trail_in(kept.order).amount is not None
        (self._amounts if by_amount else self._percents).left()

    def nearest(self) -> Iterator[Decimal]:
        """The stop that is reached first, of either kind of trail."""
        for heap in (self._amounts, self._percents):
            if (top := heap.top()) is not None:
                yield trail_in(top.order).stop(self.side, self.mark)

    def take_in(self, other: "Group") -> None:
        for kept in list(other):
            self.put(kept)

    def take(self, price: Decimal, reached: list[Kept]) -> None:
        for heap in (self._amounts, self._percents):
            while (top := heap.top()) is not None:
                if not is_reached(self.side, trail_in(top.order).stop(self.side, self.mark), price):
                    break
                heap.pop()
                top.order = self.as_it_stands(top.order)
                top.place = None
                reached.append(top)

    def as_it_stands(self, order: Resting) -> Resting:
        trail = trail_in(order)
        stop = WaitingStop(trail.stop(self.side, self.mark), trail, self.mark)
        return order._replace(stop=stop)

    def __iter__(self) -> Iterator[Kept]:
        yield from self._amounts
        yield from self._percents


class Trails:
    """The groups of one side; the one whose mark is beaten first stands last."""

    __slots__ = ("_groups", "_moved", "_side", "_sign", "nearest")

    def __init__(self, side: Side, moved: dict[Group, None]) -> None:
        self._side = side
        self._sign = 1 if side is Side.BUY else -1
        self._groups: list[Group] = []
        self._moved = moved
        # No stop is nearer than this; it may be that of an order that left.
        self.nearest: Decimal | None = None

    def put(self, kept: Kept, mark: Decimal) -> Group:
        place = bisect_left(self._groups, self._sign * mark, key=self._rank)
        if place == len(self._groups) or self._groups[place].mark != mark:
            self._groups.insert(place, Group(self._side, mark))
        group = self._groups[place]
        group.put(kept)
        self._approach(trail_in(kept.order).stop(self._side, mark))
        return group

    @property
    def next_mark(self) -> Decimal | None:
        """What a price has to beat to move a stop."""
        return self._groups[-1].mark if self._groups else None

    def take(self, price: Decimal, reached: list[Kept]) -> None:
        if self.nearest is None or not is_reached(self._side, self.nearest, price):
            return
        self.nearest = None
        for group in self._groups:
            group.take(price, reached)
            for stop in group.nearest():
                self._approach(stop)
        self._groups = [group for group in self._groups if len(group)]

    def follow(self, price: Decimal) -> None:
        if not self._groups or not self._is_beaten(self._groups[-1], price):
            return
        beaten = self._groups.pop()
        while self._groups and self._is_beaten(self._groups[-1], price):
            beaten = self._merged(beaten, self._groups.pop())
        beaten.mark = price
        if self._groups and self._groups[-1].mark == price:
            # Those of this mark did not move; telling of them again does no harm.
            beaten = self._merged(beaten, self._groups.pop())
            beaten.mark = price
        self._groups.append(beaten)
        self._moved[beaten] = None
        for stop in beaten.nearest():
            self._approach(stop)

    def _is_beaten(self, group: Group, price: Decimal) -> bool:
        return better_mark(self._side, group.mark, price) != group.mark

    def _merged(self, one: Group, other: Group) -> Group:
        small, large = (one, other) if len(one) < len(other) else (other, one)
        large.take_in(small)
        self._moved.pop(small, None)
        return large

    def _approach(self, stop: Decimal) -> None:
        if self.nearest is None or is_reached(self._side, stop, self.nearest):
            self.nearest = stop

    def _rank(self, group: Group) -> Decimal:
        return self._sign * group.mark


class Bag:
    """Orders that wait for no price."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[OrderId, Kept] = {}

    def put(self, kept: Kept) -> None:
        kept.place = self
        self._waiting[kept.order.order_id] = kept

    def left(self, kept: Kept, /) -> None:
        del self._waiting[kept.order.order_id]

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, reached: list[Kept]) -> None:
        if self._waiting:
            reached.extend(self._waiting.values())
            self._waiting = {}


def _price(order: Resting) -> Decimal:
    price = order.stop.price if order.stop else order.limit
    assert price is not None
    return price


def trail_in(order: Resting) -> Trail:
    assert order.stop is not None
    assert order.stop.trail is not None
    return order.stop.trail


def mark_in(order: Resting) -> Decimal | None:
    return order.stop.mark if order.stop else None
