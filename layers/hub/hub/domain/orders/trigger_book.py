"""Resting orders by symbol and price, so that a market event finds those it reaches at once.

What is reached is decided by the functions of the core (`stops`); the book only chooses which
orders to ask about (see `lanes`). Most events reach nothing: between the bounds of its symbol a
price costs no more than the look at them.
"""

from collections.abc import KeysView, Sequence
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import OrderId
from hub.domain.orders.events import Condition, QuoteEvent, TradeEvent
from hub.domain.orders.lanes import (
    Bag,
    Group,
    Kept,
    Lane,
    Resting,
    Trails,
    WaitingStop,
    mark_in,
    trail_in,
)
from hub.domain.orders.order import Side
from hub.domain.orders.stops import better_mark, is_marketable, is_reached
from hub.domain.orders.venue import Basis, VenueProfile, elects_by_trades

_INFINITE = Decimal("Infinity")

__all__ = ["Due", "Resting", "TriggerBook", "WaitingStop"]


class Due(NamedTuple):
    """An order that what had happened already reached when it was put into the book."""

    order: Resting
    event: QuoteEvent | TradeEvent


class _Half:
    """The orders of one side in one symbol. Stops live in regular hours alone."""

    __slots__ = ("_always", "_buying", "_everything", "_regular", "_rests", "_stops", "_trails")

    def __init__(self, side: Side, moved: dict[Group, None]) -> None:
        self._buying = side is Side.BUY
        self._regular = Lane(side, stops=False)
        self._always = Lane(side, stops=False)
        self._rests = Bag()
        self._everything = Bag()
        self._stops = Lane(side, stops=True)
        self._trails = Trails(side, moved)

    def put(self, kept: Kept) -> None:
        order = kept.order
        if order.stop is not None:
            self._stops.put(kept, order.stop.price)
        elif order.limit is not None:
            (self._always if order.extended else self._regular).put(kept, order.limit)
        else:
            (self._everything if order.extended else self._rests).put(kept)

    def trail(self, kept: Kept, mark: Decimal) -> Group:
        return self._trails.put(kept, mark)

    def fill(self, price: Decimal, reached: list[Kept], *, regular: bool) -> None:
        self._always.take(price, reached)
        if regular:
            self._regular.take(price, reached)

    def fill_rests(self, reached: list[Kept], *, regular: bool) -> None:
        self._everything.take(reached)
        if regular:
            self._rests.take(reached)

    def bounds(self, *, rests: bool, fills: bool, elects: bool) -> tuple[Decimal, Decimal]:
        """Between which nothing happens to those that listen."""
        if rests and (self._rests or self._everything):
            return _INFINITE, -_INFINITE
        good: list[Decimal | None] = []
        bad: list[Decimal | None] = []
        if fills:
            good += (self._regular.nearest, self._always.nearest)
        if elects:
            good.append(self._trails.next_mark)
            bad += (self._stops.nearest, self._trails.nearest)
        low, high = (good, bad) if self._buying else (bad, good)
        return (
            max((each for each in low if each is not None), default=-_INFINITE),
            min((each for each in high if each is not None), default=_INFINITE),
        )

    def elect(self, price: Decimal, reached: list[Kept]) -> None:
        """Each stop is tested as it stood; those that trail follow after that."""
        self._stops.take(price, reached)
        self._trails.take(price, reached)
        self._trails.follow(price)


class _Bounds(NamedTuple):
    """Strictly between them a price reaches no order, and moves no stop."""

    low: Decimal
    high: Decimal


# Nothing lies between these: the orders have to be asked.
_UNKNOWN = _Bounds(_INFINITE, -_INFINITE)


class _Board:
    """The orders of one symbol, and the latest of its market.

    The bounds (of asks, bids and prints) hold until an order is put.
    """

    __slots__ = (
        "asks",
        "at_print",
        "bids",
        "buys",
        "by_trades",
        "prints",
        "quote",
        "sells",
        "trade",
    )

    def __init__(self, moved: dict[Group, None], *, by_trades: bool) -> None:
        self.buys = _Half(Side.BUY, moved)
        self.sells = _Half(Side.SELL, moved)
        self.at_print = {Condition.OPENING: Bag(), Condition.CLOSING: Bag()}
        self.by_trades = by_trades
        # Each with whether it came in regular hours.
        self.quote: tuple[QuoteEvent, bool] | None = None
        self.trade: tuple[TradeEvent, bool] | None = None
        self.unsettle()

    def unsettle(self) -> None:
        self.asks = self.bids = self.prints = _UNKNOWN

    def half(self, side: Side) -> _Half:
        return self.buys if side is Side.BUY else self.sells


class TriggerBook:
    """Which events elect stops and fill limits is as in `matching`, by the profile."""

    def __init__(self, profile: VenueProfile) -> None:
        self._profile = profile
        self._fills_by_trades = profile.basis is not Basis.QUOTE
        self._boards: dict[str, _Board] = {}
        self._known: dict[OrderId, Kept] = {}
        self._due: dict[OrderId, Due] = {}
        self._moved: dict[Group, None] = {}
        self._told: list[Group] = []

    def __len__(self) -> int:
        return len(self._known) + len(self._due)

    def order_ids(self) -> KeysView[OrderId]:
        """Of those that wait, not of those that are due."""
        return self._known.keys()

    def put(self, order: Resting, *, has_met: bool = False) -> None:
        """Take in an order, or what became of it. One that the latest quote or trade of its symbol
        reaches is not kept but due; one that trails follows it. An order that `has_met` these was
        decided after them; one for a print waits for the next."""
        known = self._known.get(order.order_id)
        if known is not None:
            if _is_ahead(known, order):
                return
            self.drop(order.order_id)
        self._due.pop(order.order_id, None)
        board = self._board(order.symbol)
        for seen in () if has_met or order.at_print else (board.quote, board.trade):
            if seen is not None and self._is_met(order, board, *seen):
                self._due[order.order_id] = Due(order, seen[0])
                return
        board.unsettle()
        kept = self._known[order.order_id] = Kept(order)
        if order.stop is not None and order.stop.mark is not None:
            self._trail(board, kept, order.stop.mark)
        elif order.stop is None and order.at_print is not None:
            board.at_print[order.at_print].put(kept)
        else:
            board.half(order.side).put(kept)

    def drop(self, order_id: OrderId) -> None:
        """Forget an order, if it is known."""
        self._due.pop(order_id, None)
        kept = self._known.pop(order_id, None)
        if kept is not None and kept.place is not None:
            place, kept.place = kept.place, None
            place.left(kept)

    def take_due(self) -> list[Due]:
        """Take out what was reached as it was put, with the event that reached it."""
        due = list(self._due.values())
        self._due.clear()
        return due

    def on_quote(self, symbol: str, quote: QuoteEvent, *, regular: bool = True) -> list[Resting]:
        """Take out what the quote reaches, each as it stood before; what trails follows it."""
        board = self._boards.get(symbol) or self._board(symbol)
        board.quote = (quote, regular)
        (low_ask, high_ask), (low_bid, high_bid) = board.asks, board.bids
        if low_ask < quote.ask < high_ask and low_bid < quote.bid < high_bid:
            return []
        reached: list[Kept] = []
        elects = regular and not board.by_trades
        for half, price in ((board.buys, quote.ask), (board.sells, quote.bid)):
            half.fill_rests(reached, regular=regular)
            if not self._fills_by_trades:
                half.fill(price, reached, regular=regular)
            if elects:
                half.elect(price, reached)
        fills, listen = not self._fills_by_trades, not board.by_trades
        board.asks = _Bounds(*board.buys.bounds(rests=True, fills=fills, elects=listen))
        board.bids = _Bounds(*board.sells.bounds(rests=True, fills=fills, elects=listen))
        return self._taken(reached) if reached else []

    def on_trade(self, symbol: str, trade: TradeEvent, *, regular: bool = True) -> list[Resting]:
        """The same for a trade. From its first trade on, it is known that the symbol has them."""
        board = self._boards.get(symbol) or self._board(symbol)
        if board.trade is None:
            board.by_trades = elects_by_trades(self._profile, feed_has_trades=True)
            board.unsettle()
        board.trade = (trade, regular)
        is_regular = trade.condition is Condition.REGULAR
        if is_regular and board.prints.low < trade.price < board.prints.high:
            return []
        reached: list[Kept] = []
        if not is_regular:
            board.at_print[trade.condition].take(reached)
        elects = regular and board.by_trades
        for half in (board.buys, board.sells):
            if self._fills_by_trades:
                half.fill_rests(reached, regular=regular)
                half.fill(trade.price, reached, regular=regular)
            if elects:
                half.elect(trade.price, reached)
        fills = self._fills_by_trades
        halves = (board.buys, board.sells)
        both = [half.bounds(rests=fills, fills=fills, elects=board.by_trades) for half in halves]
        board.prints = _Bounds(max(low for low, _ in both), min(high for _, high in both))
        return self._taken(reached) if reached else []

    def moved(self, at_most: int | None = None) -> Sequence[Resting]:
        """The trailing stops that moved since `forget_moved`, to be saved: all of them, or of so
        many groups that there are `at_most` or little more."""
        found: list[Resting] = []
        self._told = []
        for group in self._moved:
            if at_most is not None and len(found) >= at_most:
                break
            self._told.append(group)
            found += (group.as_it_stands(each.order) for each in _behind(group))
        return found

    def forget_moved(self) -> None:
        """What `moved` told last is saved."""
        for group in self._told:
            for kept in _behind(group):
                kept.order = group.as_it_stands(kept.order)
            self._moved.pop(group, None)
        self._told = []

    def _board(self, symbol: str) -> _Board:
        board = self._boards.get(symbol)
        if board is None:
            by_trades = elects_by_trades(self._profile, feed_has_trades=False)
            board = self._boards[symbol] = _Board(self._moved, by_trades=by_trades)
        return board

    def _is_met(
        self, order: Resting, board: _Board, event: QuoteEvent | TradeEvent, regular: bool
    ) -> bool:
        is_trade = isinstance(event, TradeEvent)
        price = event.price if isinstance(event, TradeEvent) else _opposite(event, order.side)
        if order.stop is not None:
            listens = regular and board.by_trades is is_trade
            return listens and is_reached(order.side, order.stop.price, price)
        if order.at_print is not None:
            return isinstance(event, TradeEvent) and event.condition is order.at_print
        if not regular and not order.extended:
            return False
        if order.limit is None:
            return self._fills_by_trades or not is_trade
        fills = self._fills_by_trades is is_trade
        return fills and is_marketable(order.side, order.limit, price)

    def _trail(self, board: _Board, kept: Kept, saved: Decimal) -> None:
        """A stop that trails follows what it is late for."""
        order, mark = kept.order, saved
        if board.by_trades and board.trade is not None and board.trade[1]:
            mark = better_mark(order.side, mark, board.trade[0].price)
        if not board.by_trades and board.quote is not None and board.quote[1]:
            mark = better_mark(order.side, mark, _opposite(board.quote[0], order.side))
        group = board.half(order.side).trail(kept, mark)
        if mark != saved:
            self._moved[group] = None

    def _taken(self, reached: list[Kept]) -> list[Resting]:
        for kept in reached:
            kept.place = None
            del self._known[kept.order.order_id]
        return [kept.order for kept in reached]


def _is_ahead(known: Kept, order: Resting) -> bool:
    """Whether the book knows of the order what `order` says, or more: how far its stop came."""
    if known.order == order:
        return True
    now, place = order.stop, known.place
    if now is None or now.mark is None or not isinstance(place, Group):
        return False
    same = known.order._replace(stop=None) == order._replace(stop=None)
    furthest = better_mark(order.side, place.mark, now.mark) == place.mark
    return same and trail_in(known.order) == now.trail and furthest


def _behind(group: Group) -> list[Kept]:
    """Those of which something else was saved than where the group stands."""
    return [each for each in group if mark_in(each.order) != group.mark]


def _opposite(quote: QuoteEvent, side: Side) -> Decimal:
    return quote.ask if side is Side.BUY else quote.bid
