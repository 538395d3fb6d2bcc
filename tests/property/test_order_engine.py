"""The matching core under any sequence of commands and market events, in every kind of venue."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.domain.kernel import InvalidInputError, OrderId, RejectedError
from hub.domain.orders.entry_rules import NewOrder, StopLoss, TakeProfit, check_form
from hub.domain.orders.events import BarEvent, QuoteEvent, TradeEvent
from hub.domain.orders.matching import Action, arrive, take_step
from hub.domain.orders.order import (
    MOVES,
    TERMINAL,
    Leg,
    Order,
    OrderClass,
    OrderType,
    Side,
    State,
    TimeInForce,
)
from hub.domain.orders.replacing import Changes
from hub.domain.orders.venue import (
    BarPath,
    Basis,
    InMarketStop,
    Liquidity,
    TriggerSource,
    VenueProfile,
)
from tests.fixtures.orders import Floor
from tests.fixtures.values import AT, an_order

ZERO = Decimal(0)
CENTS = st.integers(9900, 10100).map(lambda cents: Decimal(cents).scaleb(-2))
SIZES = st.integers(1, 60).map(Decimal)
PROFILES = st.builds(
    VenueProfile,
    basis=st.sampled_from(Basis),
    liquidity=st.sampled_from(Liquidity),
    triggers=st.sampled_from(TriggerSource),
    in_market_stop=st.sampled_from(InMarketStop),
    bar_path=st.sampled_from(BarPath),
    seed=st.integers(0, 9),
    partial_fills=st.sampled_from([ZERO, Decimal("0.5")]),
)
# What may be reached within one step of the outside: no move, one, or several in a row.
REACHABLE = {state: {state} for state in State}
for _ in State:
    for _reached in REACHABLE.values():
        _reached |= {further for each in set(_reached) for further in MOVES[each]}


@st.composite
def orders(draw: st.DrawFn) -> NewOrder:
    """Of any type and time in force, alone or with others; prices near the market."""
    type_ = draw(st.sampled_from(OrderType))
    side = draw(st.sampled_from(Side))
    class_ = draw(st.sampled_from(OrderClass))
    trails = type_ is OrderType.TRAILING_STOP
    by_amount = draw(st.booleans())
    limited = type_ in {OrderType.LIMIT, OrderType.STOP_LIMIT} and class_ is not OrderClass.OCO
    gains = class_ in {OrderClass.BRACKET, OrderClass.OCO} or draw(st.booleans())
    amount = draw(st.integers(1, 60))
    exits = class_ is not OrderClass.SIMPLE
    losses = exits and (class_ is not OrderClass.OTO or not gains)
    return NewOrder(
        "AAPL",
        side,
        type_,
        draw(st.sampled_from(TimeInForce)),
        Decimal(amount),
        draw(CENTS) if limited else None,
        draw(CENTS) if type_ in {OrderType.STOP, OrderType.STOP_LIMIT} else None,
        Decimal(amount).scaleb(-2) if trails and by_amount else None,
        Decimal(1 + amount % 4) / 4 if trails and not by_amount else None,
        post_only=draw(st.booleans()),
        order_class=class_,
        take_profit=TakeProfit(draw(CENTS)) if exits and gains else None,
        stop_loss=StopLoss(draw(CENTS), draw(st.none() | CENTS)) if losses else None,
    )


def is_legal(order: NewOrder) -> bool:
    try:
        check_form(order)
    except InvalidInputError:
        return False
    return True


LEGAL = orders().filter(is_legal)


class Trading(RuleBasedStateMachine):
    """One venue; after each rule everything that ever was sent is looked at."""

    @initialize(profile=PROFILES)
    def open(self, profile: VenueProfile) -> None:
        self.profile = profile
        self.floor = Floor(profile)
        self.venue = self.floor.venue
        self.before: dict[OrderId, Order] = {}
        self.seen = 0

    @rule(wanted=LEGAL, lives=st.none() | st.integers(0, 3), waits=st.integers(-9, 1))
    def submit(self, wanted: NewOrder, lives: int | None, waits: int) -> None:
        now = self.venue.at
        ends = None if lives is None else now + timedelta(hours=1 + lives)
        begins = now + timedelta(minutes=30) if waits > 0 else None
        sent = self.floor.send(wanted, begins, ends)
        if wanted.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}:
            self.check_did_not_wait(sent[0], wanted)

    @rule(side=st.sampled_from(Side), quantity=SIZES, gain=SIZES, loss=SIZES)
    def submit_tight_bracket(
        self, side: Side, quantity: Decimal, gain: Decimal, loss: Decimal
    ) -> None:
        """Chance alone seldom makes both exits of a group trade."""
        quote = self.venue.market.quote
        middle = quote.bid if quote is not None else Decimal(100)
        sign = 1 if side is Side.BUY else -1
        market, gtc = OrderType.MARKET, TimeInForce.GTC
        wanted = NewOrder("AAPL", side, market, gtc, quantity, order_class=OrderClass.BRACKET)
        profit = TakeProfit(middle + sign * gain.scaleb(-2))
        stop = StopLoss(middle - sign * loss.scaleb(-2))
        self.floor.send(wanted._replace(take_profit=profit, stop_loss=stop))

    def check_did_not_wait(self, sent: OrderId, wanted: NewOrder) -> None:
        if self.profile.basis is not Basis.BAR:
            assert self.floor.order(sent).is_terminal
        if wanted.time_in_force is TimeInForce.FOK:
            assert self.floor.order(sent).filled_quantity in {ZERO, wanted.quantity}

    def working(self) -> list[Order]:
        return [order for order in self.venue.orders.values() if order.is_open]

    @precondition(lambda self: self.venue.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(list(self.venue.orders.values())))
        try:
            self.venue.cancel(order.order_id)
        except RejectedError:
            assert order.is_terminal
            assert self.venue.orders[order.order_id] == order
        else:
            assert self.venue.orders[order.order_id].state is State.CANCELED

    @precondition(lambda self: self.working())
    @rule(data=st.data(), price=st.none() | CENTS, quantity=st.none() | SIZES)
    def replace(self, data: st.DataObject, price: Decimal | None, quantity: Decimal | None) -> None:
        order = data.draw(st.sampled_from(self.working()))
        if order.is_exit and quantity is not None:
            # What an exit may sell beyond its entry is for the account to say.
            quantity = min(quantity, order.quantity)
        changes = Changes(
            quantity,
            limit_price=price if order.limit_price is not None else None,
            stop_price=price if order.type in {OrderType.STOP, OrderType.STOP_LIMIT} else None,
            trail=Decimal(2) if order.type is OrderType.TRAILING_STOP and price else None,
        )
        everything = dict(self.venue.orders)
        try:
            self.venue.replace(order.order_id, changes, self.floor.new_id())
        except (RejectedError, InvalidInputError):
            assert self.venue.orders == everything
        else:
            assert self.venue.orders[order.order_id].state is State.REPLACED

    @rule(bid=CENTS, spread=st.integers(1, 40), bid_size=SIZES, ask_size=SIZES)
    def quote(self, bid: Decimal, spread: int, bid_size: Decimal, ask_size: Decimal) -> None:
        ask = bid + Decimal(spread).scaleb(-2)
        self.venue.on_quote(QuoteEvent(bid, ask, bid_size, ask_size, str(len(self.before))))

    @rule(price=CENTS, size=SIZES)
    def trade(self, price: Decimal, size: Decimal) -> None:
        self.venue.on_trade(TradeEvent(price, size, str(len(self.before))))

    @rule(prices=st.lists(CENTS, min_size=4, max_size=4), volume=SIZES, timed=st.booleans())
    def bar(self, prices: list[Decimal], volume: Decimal, timed: bool) -> None:
        if self.profile.basis is not Basis.BAR:
            return
        low, first, last, high = sorted(prices)
        start = self.venue.at if timed else None
        end = self.venue.at + timedelta(minutes=10) if timed else None
        self.venue.on_bar(BarEvent(first, high, low, last, volume, start, end))

    @rule(minutes=st.integers(0, 90))
    def clock(self, minutes: int) -> None:
        self.venue.on_clock(self.venue.at + timedelta(minutes=minutes))

    @invariant()
    def each_order_keeps_to_the_rules(self) -> None:
        for order_id, order in self.venue.orders.items():
            assert ZERO <= order.filled_quantity <= order.quantity
            assert (order.state is State.FILLED) == (order.open_quantity == 0)
            if self.profile.basis is not Basis.BAR:
                waits = order.may_wait or order.waits_for_print
                assert waits or order.is_terminal
            if order.expires_at is not None and order.is_open:
                assert order.expires_at > self.venue.at
            earlier = self.before.get(order_id)
            if earlier is not None:
                check_step(earlier, order)
        self.before = dict(self.venue.orders)

    @invariant()
    def executions_are_what_is_filled_and_within_the_limits(self) -> None:
        filled: dict[str, Decimal] = defaultdict(Decimal)
        paid: dict[str, Decimal] = defaultdict(Decimal)
        for fill in self.venue.executions:
            assert fill.quantity > 0
            filled[fill.order_id] += fill.quantity
            paid[fill.order_id] += fill.quantity * fill.price
        for order in self.venue.orders.values():
            assert filled[order.order_id] == order.filled_quantity
            assert paid[order.order_id] == order.filled_value
        for fill in self.venue.executions[self.seen :]:
            limit = self.venue.orders[fill.order_id].limit_price
            within = limit is None or (
                fill.price <= limit if fill.side is Side.BUY else fill.price >= limit
            )
            assert within
        self.seen = len(self.venue.executions)

    @invariant()
    def exits_never_trade_more_than_their_entry(self) -> None:
        entered: dict[OrderId, Decimal] = defaultdict(Decimal)
        left: dict[OrderId, Decimal] = defaultdict(Decimal)
        for order in self.venue.orders.values():
            if order.group_id is None or order.order_class is OrderClass.OCO:
                continue
            side = entered if order.leg is Leg.ENTRY else left
            side[order.group_id] += order.filled_quantity
        assert all(left[group] <= entered[group] for group in left)

    @invariant()
    def one_quote_gives_no_more_than_it_shows(self) -> None:
        for supply in (self.venue.market.shown, self.venue.market.printed):
            for side in Side:
                left = supply.left(side)
                assert left is None or left >= 0
        quote, shown = self.venue.market.quote, self.venue.market.shown
        if quote is not None and self.profile.liquidity is Liquidity.DISPLAYED:
            assert shown.bought <= quote.ask_size
            assert shown.sold <= quote.bid_size


def check_step(earlier: Order, order: Order) -> None:
    """What may become of an order between two looks at it."""
    assert order.state in REACHABLE[earlier.state]
    assert order.filled_quantity >= earlier.filled_quantity
    if earlier.state in TERMINAL:
        assert order == earlier
    if earlier.triggered_at is not None:
        assert order.triggered_at == earlier.triggered_at
    trails = order.trail_price is not None or order.trail_percent is not None
    if trails and earlier.stop_price is not None:
        assert order.stop_price is not None
        buying = order.side is Side.BUY
        assert order.stop_price <= earlier.stop_price if buying else True
        assert order.stop_price >= earlier.stop_price if not buying else True


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=80,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@given(
    seed=st.integers(0, 10**6),
    quantity=st.integers(1, 10**6),
    shown=st.integers(0, 10**6),
    chance=st.sampled_from([ZERO, Decimal("0.1"), Decimal(1)]),
    tif=st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
)
def test_an_arrival_is_the_same_whenever_it_is_played_again(
    seed: int, quantity: int, shown: int, chance: Decimal, tif: TimeInForce
):
    profile = VenueProfile(seed=seed, partial_fills=chance)

    def play() -> tuple[Any, Order]:
        floor = Floor(profile)
        size = Decimal(shown)
        floor.venue.on_quote(QuoteEvent(Decimal(100), Decimal(101), size, size, "q1"))
        order = an_order(quantity=Decimal(quantity), time_in_force=tif, state=State.NEW)
        steps = arrive(order, floor.venue.market, profile)
        for step in steps:
            order = take_step(order, step, AT)
        return [step._replace(supply=None) for step in steps], order

    steps, order = play()
    assert (steps, order) == play()
    assert sum((step.quantity for step in steps if step.action is Action.FILL), ZERO) <= shown
    if tif is TimeInForce.FOK:
        assert order.filled_quantity in {ZERO, quantity}
