"""A venue in memory: orders meet quotes, prints, bars and the clock, by the rules of the core.

It knows no accounts and takes every order that is well formed; who owns what is the caller's. The
live venue, whose orders stand in the database, decides by the very same functions.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import OrderId
from hub.domain.orders import bars
from hub.domain.orders.contingency import Follows, consequences
from hub.domain.orders.events import (
    BarEvent,
    Market,
    QuoteEvent,
    Supply,
    TradeEvent,
    supply_of,
)
from hub.domain.orders.matching import Action, Steps, arrive, meet_quote, meet_trade, take_step
from hub.domain.orders.order import ARRIVING, WORKING, Order, Side, State, expired_state
from hub.domain.orders.replacing import Changes, replacement
from hub.domain.orders.venue import Basis, Liquidity, VenueProfile

_ZERO = Decimal(0)


class Execution(NamedTuple):
    """One fill, in the order in which they happened."""

    order_id: OrderId
    side: Side
    quantity: Decimal
    price: Decimal


class SimulatedVenue:
    """One symbol. `at` is its time; `replaced` orders stay, as does everything that ended."""

    def __init__(self, profile: VenueProfile, at: datetime) -> None:
        self.profile = profile
        self.at = at
        self.market = Market()
        self.orders: dict[OrderId, Order] = {}
        self.executions: list[Execution] = []
        # Orders that have met nothing since they came to life: of the basis `bar` those that wait
        # for an open, of the others those that were queued while the market was closed.
        self._fresh: set[OrderId] = set()

    def submit(self, family: Sequence[Order]) -> None:
        """Take orders that belong together, the first of them first."""
        self.orders.update((order.order_id, order) for order in family)
        for order in family:
            if self.orders[order.order_id].state in ARRIVING:
                self._receive(order.order_id)

    def cancel(self, order_id: OrderId) -> None:
        """Raises IllegalMoveError for an order that has ended."""
        order = self.orders[order_id]
        self._becomes(order, order.move(State.CANCELED, self.at))

    def replace(self, order_id: OrderId, changes: Changes, new_id: OrderId) -> None:
        """Raises RejectedError, and then nothing has changed."""
        before = self.orders[order_id]
        old, new = replacement(before, changes, new_id, self.at)
        self.orders[old.order_id] = old
        self.orders[new.order_id] = new
        self._follow_up(new)
        self._enter(new.order_id)

    def on_quote(self, quote: QuoteEvent) -> None:
        displayed = self.profile.liquidity is Liquidity.DISPLAYED
        self.market = self.market.at_quote(quote, supply_of(quote, displayed=displayed))
        self._each(lambda order: self._meet_quote(order, quote))

    def _meet_quote(self, order: Order, quote: QuoteEvent) -> Steps:
        if order.order_id in self._fresh and self.profile.basis is not Basis.BAR:
            self._fresh.discard(order.order_id)
            return arrive(order, self.market, self.profile)
        return meet_quote(order, quote, self.market, self.profile)

    def on_trade(self, trade: TradeEvent) -> None:
        displayed = self.profile.liquidity is Liquidity.DISPLAYED
        self.market = self.market.at_trade(trade, supply_of(trade, displayed=displayed))
        self._each(lambda order: meet_trade(order, trade, self.market, self.profile))

    def on_bar(self, bar: BarEvent) -> None:
        if bar.start is not None:
            self.on_clock(bar.start)
        end = bar.end
        if end is not None:
            # A bar that the open falls into is the first of its session.
            self._release(lambda begins: begins < end)
        supply = supply_of(bar, displayed=self.profile.liquidity is Liquidity.DISPLAYED)
        concerned = {
            order.order_id
            for order in self.orders.values()
            if bar.end is None or order.market_time < bar.end
        }
        for order in self._working(concerned):
            self._take(order, bars.at_open(order, bar))
        for move in bars.path_of(bar, self.profile.bar_path):
            self._along(move, supply, concerned)
        for order in self._working(concerned):
            self._take(order, bars.at_close(order, bar))

    def on_clock(self, at: datetime) -> None:
        """Time passes: queued orders whose session has begun come in, and those whose time is over
        expire, all together before anything follows from that."""
        self.at = max(self.at, at)
        self._release(lambda begins: begins <= self.at)
        due = [order.order_id for order in self.orders.values() if self._is_over(order)]
        for order_id in due:
            order = self.orders[order_id]
            self.orders[order_id] = order.move(expired_state(order), self.at)
        for order_id in due:
            self._follow_up(self.orders[order_id])

    def _is_over(self, order: Order) -> bool:
        return order.is_open and order.expires_at is not None and order.expires_at <= self.at

    def _release(self, has_begun: Callable[[datetime], bool]) -> None:
        """The market that stood while they waited is not that of their session: they arrive with
        the next event."""
        for order_id, order in list(self.orders.items()):
            begins = order.works_from
            if order.state is State.ACCEPTED and begins is not None and has_begun(begins):
                self.orders[order_id] = order.move(State.NEW, self.at)
                self._fresh.add(order_id)

    def _receive(self, order_id: OrderId) -> None:
        """An order for a session to come is queued, unless it cannot wait; one for a print waits
        for that as it is."""
        order = self.orders[order_id]
        early = order.works_from is not None and order.works_from > self.at
        if not early or order.waits_for_print:
            self._enter(order_id)
            return
        queued = order.move(State.ACCEPTED, self.at)
        if order.may_wait:
            self.orders[order_id] = queued
        else:
            self._becomes(queued, queued.move(State.CANCELED, self.at))

    def _enter(self, order_id: OrderId) -> None:
        order = self.orders[order_id].move(State.NEW, self.at)
        self.orders[order_id] = order
        if self.profile.basis is Basis.BAR:
            self._fresh.add(order_id)
        else:
            self._take(order, arrive(order, self.market, self.profile))

    def _each(self, meets: Callable[[Order], Steps]) -> None:
        """Every working order meets the event, in order of price and time."""
        for order in self._working(self.orders):
            now = self.orders[order.order_id]
            if now.state in WORKING:
                self._take(now, meets(now))

    def _working(self, among: Iterable[OrderId]) -> list[Order]:
        wanted = [self.orders[each] for each in self.orders if each in set(among)]
        return sorted((each for each in wanted if each.state in WORKING), key=_priority)

    def _along(self, move: bars.Move, supply: Supply, concerned: set[OrderId]) -> None:
        """One move of a bar: the order whose price it comes to first reacts, then the next."""
        while (found := self._next(move, concerned)) is not None:
            order, price = found
            fresh = order.order_id in self._fresh
            self._fresh.discard(order.order_id)
            arrives = fresh and move.jump and not order.waits_for_trigger
            react = bars.enter if arrives else bars.react
            before = self.orders[order.order_id]
            self._take(order, react(order, price, self.profile, supply))
            if self.orders[order.order_id] == before:
                concerned = concerned - {order.order_id}
            # Prices behind are behind: what comes to life now meets the rest of the way.
            move = move._replace(start=price)
        if move.jump:
            self._meet_open(move, supply, concerned)
        for order in self._working(concerned):
            self._take(order, bars.trail_along(order, move.end))

    def _meet_open(self, move: bars.Move, supply: Supply, concerned: set[OrderId]) -> None:
        for order in self._working(concerned & self._fresh):
            self._fresh.discard(order.order_id)
            self._take(order, bars.enter(order, move.end, self.profile, supply))

    def _next(self, move: bars.Move, concerned: set[OrderId]) -> tuple[Order, Decimal] | None:
        reached = [
            (bars.distance(move, price), order, price)
            for order in self._working(concerned)
            if (price := bars.reaction_price(order, move)) is not None
        ]
        if not reached:
            return None
        _, order, price = min(reached, key=lambda each: each[0])
        return order, price

    def _take(self, order: Order, steps: Steps) -> None:
        for step in steps:
            order = self.orders[order.order_id]
            after = take_step(order, step, self.at)
            if step.action is Action.FILL:
                self.executions.append(
                    Execution(order.order_id, order.side, step.quantity, step.price)
                )
            self._becomes(order, after)

    def _becomes(self, before: Order, after: Order) -> None:
        self.orders[before.order_id] = after
        self._follow_up(after)

    def _follow_up(self, order: Order) -> None:
        follows = consequences(order, list(self.orders.values()))
        for kind, other, quantity in follows:
            # All have their size before the first comes in, which may trade and take off the rest.
            if kind is Follows.ACTIVATE:
                self.orders[other.order_id] = other.resize(quantity)
        for kind, other, quantity in follows:
            match kind:
                case Follows.CANCEL:
                    self._withdraw(self.orders[other.order_id])
                case Follows.RESIZE:
                    self.orders[other.order_id] = other.resize(quantity)
                case Follows.ACTIVATE:
                    if self.orders[other.order_id].state is State.HELD:
                        self._enter(other.order_id)

    def _withdraw(self, order: Order) -> None:
        """It ends with its group, acknowledged on the way out if nobody had done so yet."""
        if order.state is State.PENDING_NEW:
            order = order.move(State.ACCEPTED, self.at)
        if order.is_open:
            self._becomes(order, order.move(State.CANCELED, self.at))


def _priority(order: Order) -> tuple[int, Decimal]:
    """Market orders, then limits by price, then stops by price; time decides where these are equal
    (sorting keeps it)."""
    if order.waits_for_trigger:
        stop = order.stop_price or _ZERO
        return 2, stop if order.side is Side.BUY else -stop
    if order.limit_price is None:
        return 0, _ZERO
    return 1, -order.limit_price if order.side is Side.BUY else order.limit_price
