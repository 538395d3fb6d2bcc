"""Bars as paths of prices (rules B1 to B4): what an order does on the way along them.

A bar opens, which may be a jump, and then moves without a gap from one price of its path to the
next. The orders of a venue react in the order in which the path comes to their prices.
"""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.orders.events import BarEvent, Supply
from hub.domain.orders.matching import (
    NOTHING,
    Action,
    Step,
    Steps,
    at_print,
    fill_as_shown,
    follow,
    take_offered,
)
from hub.domain.orders.order import Order, TimeInForce
from hub.domain.orders.stops import is_marketable, is_reached
from hub.domain.orders.venue import BarPath, VenueProfile


class Move(NamedTuple):
    """From one price to another. A `jump` meets orders at its end only, all others on the way."""

    start: Decimal
    end: Decimal
    jump: bool = False


def path_of(bar: BarEvent, path: BarPath) -> tuple[Move, ...]:
    """The open as a jump, then to both extremes and to the close."""
    low_first = path is BarPath.ADAPTIVE and bar.open - bar.low <= bar.high - bar.open
    points = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    first, second = points
    return (
        Move(bar.open, bar.open, jump=True),
        Move(bar.open, first),
        Move(first, second),
        Move(second, bar.close),
    )


def reaction_price(order: Order, move: Move) -> Decimal | None:
    """The first price of the move at which the order trades or triggers; None if there is none."""
    if order.waits_for_print:
        return None
    if order.waits_for_trigger:
        if order.stop_price is None:
            return None
        return _met(move, order.stop_price, is_reached(order.side, order.stop_price, move.start))
    limit = order.limit_price
    if limit is None:
        return move.start
    return _met(move, limit, is_marketable(order.side, limit, move.start))


def react(order: Order, price: Decimal, profile: VenueProfile, supply: Supply) -> Steps:
    """What the order does at its reaction price. A stop that is reached goes on as what it becomes:
    at once as a market order, or as a limit that meets the rest of the path."""
    if order.waits_for_trigger:
        trigger = Step(Action.TRIGGER)
        if order.limit_price is not None and not is_marketable(
            order.side, order.limit_price, price
        ):
            return (trigger,)
        return (trigger, *fill_as_shown(order, price, profile, supply))
    return fill_as_shown(order, price, profile, supply)


def enter(order: Order, price: Decimal, profile: VenueProfile, supply: Supply) -> Steps:
    """An order that came in between two bars meets the open of the next."""
    if order.waits_for_trigger or order.waits_for_print:
        return NOTHING
    return take_offered(order, price, profile, supply)


def trail_along(order: Order, price: Decimal) -> Steps:
    """A trailing stop follows the path up to `price`."""
    return follow(order, price) if order.waits_for_trigger else NOTHING


def at_open(order: Order, bar: BarEvent) -> Steps:
    """Opening orders execute at the open of the first bar of a session."""
    opens = bar.opens_session and _begins(order, bar)
    at_it = opens and order.time_in_force is TimeInForce.OPG
    return at_print(order, bar.open) if at_it else NOTHING


def at_close(order: Order, bar: BarEvent) -> Steps:
    """Closing orders execute at the close of the last bar of a session."""
    closes = bar.closes_session and _begins(order, bar)
    at_it = closes and order.time_in_force is TimeInForce.CLS
    return at_print(order, bar.close) if at_it else NOTHING


def _begins(order: Order, bar: BarEvent) -> bool:
    """Whether the order's time has come with this bar: one sent during a session is for the opening
    of the next."""
    return order.works_from is None or bar.end is None or order.works_from <= bar.end


def distance(move: Move, price: Decimal) -> Decimal:
    """How far along the move a price lies."""
    return abs(price - move.start)


def _met(move: Move, level: Decimal, at_start: bool) -> Decimal | None:
    """Where the move meets a level: at its start if that is beyond it, else at the level."""
    if at_start:
        return move.start
    if move.jump:
        return None
    between = min(move.start, move.end) <= level <= max(move.start, move.end)
    return level if between else None
