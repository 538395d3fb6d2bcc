"""The trigger book against a loop that lets every order meet every event in the matching core."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.domain.kernel import OrderId
from hub.domain.orders.events import Condition, Market, QuoteEvent, TradeEvent
from hub.domain.orders.matching import Action, Steps, meet_quote, meet_trade, take_step
from hub.domain.orders.order import Order, OrderType, Side, State, TimeInForce
from hub.domain.orders.stops import trail_of
from hub.domain.orders.trigger_book import Resting, TriggerBook, WaitingStop
from hub.domain.orders.venue import Basis, Liquidity, TriggerSource, VenueProfile
from tests.fixtures.values import AT, an_order

# So few prices that marks, limits and stops often meet.
PRICE = st.integers(180, 220).map(lambda units: Decimal(units) / 2)
SIDE = st.sampled_from(list(Side))
SIZE = Decimal(1000)
PROFILES = [
    VenueProfile(basis=basis, liquidity=Liquidity.UNLIMITED, triggers=triggers)
    for basis in (Basis.QUOTE, Basis.LAST)
    for triggers in TriggerSource
]
PRINTS = {TimeInForce.OPG: Condition.OPENING, TimeInForce.CLS: Condition.CLOSING}


@st.composite
def waiting_orders(draw: st.DrawFn) -> Order:
    """A working order of any kind that rests."""
    kind = draw(st.sampled_from(list(OrderType)))
    terms: dict[str, Any] = {"type": kind, "side": draw(SIDE), "state": State.NEW}
    if kind in {OrderType.LIMIT, OrderType.STOP_LIMIT}:
        terms["limit_price"] = draw(PRICE)
    if kind in {OrderType.STOP, OrderType.STOP_LIMIT}:
        terms["stop_price"] = draw(PRICE)
    if kind in {OrderType.LIMIT, OrderType.MARKET}:
        terms["time_in_force"] = draw(
            st.sampled_from([TimeInForce.DAY, TimeInForce.OPG, TimeInForce.CLS])
        )
    if kind is OrderType.LIMIT and terms["time_in_force"] is TimeInForce.DAY:
        terms["extended_hours"] = draw(st.booleans())
    order = an_order(symbol=draw(st.sampled_from(["AAPL", "MSFT"])), **terms)
    return _trailing(draw, order) if kind is OrderType.TRAILING_STOP else order


def _trailing(draw: st.DrawFn, order: Order) -> Order:
    behind = Decimal(draw(st.integers(1, 16))) / 4
    terms: dict[str, Any] = {draw(st.sampled_from(["trail_price", "trail_percent"])): behind}
    order = replace(order, water_mark=draw(PRICE), **terms)
    trail = trail_of(order)
    assert trail is not None
    assert order.water_mark is not None
    return replace(order, stop_price=trail.stop(order.side, order.water_mark))


def resting(order: Order) -> Resting:
    stop = None
    if order.stop_price is not None:
        stop = WaitingStop(order.stop_price, trail_of(order), order.water_mark)
    return Resting(
        order.order_id,
        order.account_id,
        order.symbol,
        order.side,
        order.limit_price,
        stop,
        PRINTS.get(order.time_in_force),
        order.extended_hours,
    )


class Loop:
    """What the book is to find, by asking the core about every order."""

    def __init__(self, profile: VenueProfile) -> None:
        self._profile = profile
        self.orders: dict[OrderId, Order] = {}
        self._markets: dict[str, Market] = {}
        self._regular: dict[tuple[str, type], bool] = {}

    def put(self, order: Order) -> tuple[Resting, QuoteEvent | TradeEvent] | None:
        """What of the latest events reaches the order, which it meets as if it were now."""
        market = self._markets.get(order.symbol, Market())
        # A print that was is not the one that an order waits for.
        standing = () if order.waits_for_print else (market.quote, market.trade)
        for event in standing:
            if event is None or not self._lives(order, self._regular[order.symbol, type(event)]):
                continue
            met = self._meet(order, event)
            if met is None:
                return resting(order), event
            order = met
        self.orders[order.order_id] = order
        return None

    def on(self, symbol: str, event: QuoteEvent | TradeEvent, *, regular: bool) -> set[Resting]:
        market = self._markets.get(symbol, Market())
        kind = {"quote": event} if isinstance(event, QuoteEvent) else {"trade": event}
        self._markets[symbol] = market._replace(**kind)
        self._regular[symbol, type(event)] = regular
        reached = set()
        for order in list(self.orders.values()):
            if order.symbol != symbol or not self._lives(order, regular):
                continue
            met = self._meet(order, event)
            if met is None:
                reached.add(resting(self.orders.pop(order.order_id)))
            else:
                self.orders[order.order_id] = met
        return reached

    @staticmethod
    def _lives(order: Order, regular: bool) -> bool:
        return regular or order.extended_hours or order.waits_for_print

    def _meet(self, order: Order, event: QuoteEvent | TradeEvent) -> Order | None:
        """The order as it waits on, or None when it was reached."""
        market = self._markets[order.symbol]
        steps: Steps
        if isinstance(event, QuoteEvent):
            steps = meet_quote(order, event, market, self._profile)
        else:
            steps = meet_trade(order, event, market, self._profile)
        if any(step.action is not Action.TRAIL for step in steps):
            return None
        for step in steps:
            order = take_step(order, step, AT)
        return order


class TriggerBookMachine(RuleBasedStateMachine):
    """Orders that come and go, and a market, in and out of regular hours."""

    @initialize(profile=st.sampled_from(PROFILES))
    def begin(self, profile: VenueProfile) -> None:
        self.loop = Loop(profile)
        self.book = TriggerBook(profile)
        self.saved: dict[OrderId, WaitingStop | None] = {}
        self.count = 0

    @rule(order=waiting_orders())
    def put(self, order: Order) -> None:
        self.count += 1
        order = replace(order, order_id=OrderId(f"o{self.count}"))
        due = self.loop.put(order)
        self.book.put(resting(order))
        assert self.book.take_due() == ([due] if due else [])
        if due is None:
            self.saved[order.order_id] = resting(order).stop

    @rule(data=st.data())
    def put_again_as_it_was_saved(self, data: st.DataObject) -> None:
        if not self.loop.orders:
            return
        order = self.loop.orders[data.draw(st.sampled_from(sorted(self.loop.orders)))]
        before = self.saved[order.order_id]
        self.book.put(resting(order)._replace(stop=before))
        assert self.book.take_due() == []

    @rule(data=st.data(), price=PRICE)
    def change_the_limit(self, data: st.DataObject, price: Decimal) -> None:
        limits = [name for name, each in self.loop.orders.items() if each.limit_price is not None]
        if not limits:
            return
        order = self.loop.orders.pop(data.draw(st.sampled_from(sorted(limits))))
        changed = replace(order, limit_price=price)
        due = self.loop.put(changed)
        self.book.put(resting(changed))
        assert [each.order for each in self.book.take_due()] == ([due[0]] if due else [])

    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        if self.loop.orders:
            order_id = data.draw(st.sampled_from(sorted(self.loop.orders)))
            del self.loop.orders[order_id]
            self.book.drop(order_id)

    @rule(symbol=st.sampled_from(["AAPL", "MSFT"]), bid=PRICE, wide=st.integers(0, 3))
    def quote(self, symbol: str, bid: Decimal, wide: int) -> None:
        self._quote(symbol, bid, wide, regular=True)

    @rule(symbol=st.sampled_from(["AAPL", "MSFT"]), bid=PRICE)
    def quote_outside_regular_hours(self, symbol: str, bid: Decimal) -> None:
        self._quote(symbol, bid, 1, regular=False)

    def _quote(self, symbol: str, bid: Decimal, wide: int, *, regular: bool) -> None:
        event = QuoteEvent(bid, bid + Decimal(wide) / 2, SIZE, SIZE)
        found = self.book.on_quote(symbol, event, regular=regular)
        assert len(found) == len(set(found))
        assert set(found) == self.loop.on(symbol, event, regular=regular)

    @rule(
        symbol=st.sampled_from(["AAPL", "MSFT"]),
        price=PRICE,
        condition=st.sampled_from(list(Condition)),
        regular=st.booleans(),
    )
    def trade(self, symbol: str, price: Decimal, condition: Condition, regular: bool) -> None:
        event = TradeEvent(price, SIZE, condition=condition)
        found = self.book.on_trade(symbol, event, regular=regular)
        assert len(found) == len(set(found))
        assert set(found) == self.loop.on(symbol, event, regular=regular)

    @rule(at_most=st.one_of(st.none(), st.integers(1, 3)))
    def save(self, at_most: int | None) -> None:
        for order in self.book.moved(at_most):
            assert order.stop != self.saved[order.order_id]
            self.saved[order.order_id] = order.stop
        self.book.forget_moved()

    @invariant()
    def the_book_holds_what_the_loop_holds(self) -> None:
        if hasattr(self, "loop"):
            assert self.book.order_ids() == self.loop.orders.keys()
            assert len(self.book) == len(self.loop.orders)

    @invariant()
    def what_moved_is_told_until_it_is_saved(self) -> None:
        if not hasattr(self, "loop"):
            return
        told = {order.order_id: order.stop for order in self.book.moved()}
        for order_id, order in self.loop.orders.items():
            stop = resting(order).stop
            assert told.get(order_id, self.saved[order_id]) == stop


TestTriggerBook = TriggerBookMachine.TestCase
TestTriggerBook.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
