"""What the market does to an order: the one place that decides a trigger or a fill.

Pure: an order, the venue's profile and a market event in; what happens to the order out, as steps
that `take_step` applies. Rules: order-semantics 1 to 3; Q1 to Q5 for the basis `quote`, L1 to L4
for `last`; bars are paths of prices (`bars`).
"""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_DOWN, Context, Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.kernel import QUANTITY_STEP
from hub.domain.orders.events import Condition, Market, QuoteEvent, Supply, TradeEvent
from hub.domain.orders.order import Order, Side, State, TimeInForce
from hub.domain.orders.stops import better_mark, is_marketable, is_reached, trail_of
from hub.domain.orders.venue import Basis, InMarketStop, VenueProfile, draw, elects_by_trades

_ZERO = Decimal(0)
_ONE = Decimal(1)
_DOWN = Context(prec=60, rounding=ROUND_DOWN)
_PRINT = {TimeInForce.OPG: Condition.OPENING, TimeInForce.CLS: Condition.CLOSING}
# Names of the module: an enum looks its members up each time that it is asked.
_BUY = Side.BUY
_BY_QUOTE = Basis.QUOTE


class Action(StrEnum):
    TRIGGER = "trigger"
    TRAIL = "trail"
    FILL = "fill"
    CANCEL = "cancel"
    REJECT = "reject"


class Step(NamedTuple):
    """One thing that happens to an order.

    Of a fill, `quantity` and `price`, and the `supply` that it took of; of a trail, the new mark as
    `price` and the new `stop`; of an end, the `reason` by its code.
    """

    action: Action
    quantity: Decimal = _ZERO
    price: Decimal = _ZERO
    stop: Decimal = _ZERO
    reason: str = ""
    supply: Supply | None = None


Steps = tuple[Step, ...]
NOTHING: Steps = ()
_TRIGGERED = Step(Action.TRIGGER)

REASONS = {
    "not_marketable": "nothing was to be had within its limit",
    "not_filled_whole": "less than its quantity was to be had",
    "rest_not_filled": "no more was to be had at once",
    "missed_the_print": "the print was not within its limit",
    "stop_in_market": "the market has passed the stop already",
    "post_only_would_take": "it would have traded on arrival",
}


def arrive(order: Order, market: Market, profile: VenueProfile) -> Steps:
    """The order comes in and meets the market as it stands."""
    if order.waits_for_print:
        return NOTHING
    if not order.waits_for_trigger:
        return _take_standing(order, market, profile)
    price = trigger_price(order.side, market, profile)
    if price is None:
        return NOTHING
    rejects = profile.in_market_stop is InMarketStop.REJECT and trail_of(order) is None
    if rejects and order.stop_price and is_reached(order.side, order.stop_price, price):
        return (Step(Action.REJECT, reason="stop_in_market"),)
    return _test_stop(order, price, market, profile)


def meet_quote(order: Order, quote: QuoteEvent, market: Market, profile: VenueProfile) -> Steps:
    """A resting order meets a new quote; `market` is what it stands in, this quote included."""
    price = quote.ask if order.side is _BUY else quote.bid
    if order.waits_for_trigger:
        if elects_by_trades(profile, feed_has_trades=market.has_trades):
            return NOTHING
        return _test_stop(order, price, market, profile)
    if order.waits_for_print:
        return NOTHING
    limit = order.limit_price
    if limit is None:
        return take_offered(order, price, profile, market.shown)
    if profile.basis is _BY_QUOTE:
        return _rest(order, limit, price, profile, market.shown)
    return NOTHING


def meet_trade(order: Order, trade: TradeEvent, market: Market, profile: VenueProfile) -> Steps:
    """A resting order meets a print; `market` is what it stands in, this print included."""
    if order.waits_for_trigger:
        if elects_by_trades(profile, feed_has_trades=True):
            return _test_stop(order, trade.price, market, profile)
        return NOTHING
    if order.waits_for_print:
        at_its = trade.condition is _PRINT[order.time_in_force]
        return at_print(order, trade.price) if at_its else NOTHING
    if profile.basis is _BY_QUOTE:
        return NOTHING
    limit = order.limit_price
    if limit is None:
        return take_offered(order, trade.price, profile, market.printed)
    return _rest(order, limit, trade.price, profile, market.printed)


def take_step(order: Order, step: Step, at: datetime) -> Order:
    """The order after a step. `at` is wall time."""
    match step.action:
        case Action.TRIGGER:
            return order.trigger(at)
        case Action.TRAIL:
            return order.trail(step.price, step.stop)
        case Action.FILL:
            return sized(order, step.price).fill(step.quantity, step.price, at)
        case Action.CANCEL:
            ended = order.move(State.CANCELED, at)
            return replace(ended, reason_code=step.reason, reason=REASONS[step.reason])
        case Action.REJECT:
            return order.reject(step.reason, REASONS[step.reason], at)


def sized(order: Order, price: Decimal) -> Order:
    """An order of a notional asks for as much as the rest of its money buys at `price`."""
    if order.notional is None:
        return order
    rest = max(order.notional - order.filled_value, _ZERO)
    more = _DOWN.divide(rest, price).quantize(QUANTITY_STEP, context=_DOWN)
    if order.side is Side.SELL:
        more = min(more, order.reserved_quantity)
    return order.resize(order.filled_quantity + max(more, QUANTITY_STEP))


def _test_stop(order: Order, price: Decimal, market: Market, profile: VenueProfile) -> Steps:
    """The stop as it stands is tested first; one that trails follows the price after that."""
    if order.stop_price is not None and is_reached(order.side, order.stop_price, price):
        return _elected(order, market, profile)
    return follow(order, price)


def _elected(order: Order, market: Market, profile: VenueProfile) -> Steps:
    """The stop is reached: from now on a market order, or a limit that arrives now."""
    trade = market.trade
    if profile.basis is _BY_QUOTE or trade is None:
        return (_TRIGGERED, *_take_standing(order, market, profile))
    price = trade.price
    if order.limit_price is None and order.stop_price is not None:
        # L2: the worse of the stop and the trade.
        price = (max if order.side is _BUY else min)(order.stop_price, price)
    return (_TRIGGERED, *take_offered(order, price, profile, market.printed))


def follow(order: Order, price: Decimal) -> Steps:
    """The stop of a trailing order follows the best price, never back."""
    mark = order.water_mark
    if mark is not None and better_mark(order.side, mark, price) == mark:
        return NOTHING
    trail = trail_of(order)
    if trail is None:
        return NOTHING
    return (Step(Action.TRAIL, price=price, stop=trail.stop(order.side, price)),)


def _take_standing(order: Order, market: Market, profile: VenueProfile) -> Steps:
    """The order takes of the quote that stands; where the basis is trades and there is no quote,
    of the last trade."""
    if market.quote is not None:
        price = market.quote.ask if order.side is _BUY else market.quote.bid
        return take_offered(order, price, profile, market.shown)
    if profile.basis is Basis.LAST and market.trade is not None:
        return take_offered(order, market.trade.price, profile, market.printed)
    return NOTHING if order.may_wait else (Step(Action.CANCEL, reason="not_marketable"),)


def trigger_price(side: Side, market: Market, profile: VenueProfile) -> Decimal | None:
    """What stops listen to: the last trade, or the opposite quote; None where there is none."""
    if elects_by_trades(profile, feed_has_trades=market.has_trades):
        return market.trade.price if market.trade else None
    if market.quote is None:
        return None
    return market.quote.ask if side is _BUY else market.quote.bid


def take_offered(order: Order, price: Decimal, profile: VenueProfile, supply: Supply) -> Steps:
    """The order takes what is offered at `price`, as far as its limit and the supply allow."""
    if order.limit_price is not None and not is_marketable(order.side, order.limit_price, price):
        return NOTHING if order.may_wait else (Step(Action.CANCEL, reason="not_marketable"),)
    if order.post_only:
        return (Step(Action.REJECT, reason="post_only_would_take"),)
    left = supply.left(order.side)
    if order.time_in_force is TimeInForce.FOK and left is not None and left < order.open_quantity:
        return (Step(Action.CANCEL, reason="not_filled_whole"),)
    steps = fill_as_shown(order, price, profile, supply)
    filled = sum((step.quantity for step in steps), _ZERO)
    if filled < order.open_quantity and not order.may_wait:
        return (*steps, Step(Action.CANCEL, reason="rest_not_filled"))
    return steps


def fill_as_shown(order: Order, price: Decimal, profile: VenueProfile, supply: Supply) -> Steps:
    """The order fills at `price` with what is shown there."""
    order = sized(order, price)
    quantity = _granted(order, profile, supply)
    if not quantity:
        return NOTHING
    supply.take(order.side, quantity)
    return (Step(Action.FILL, quantity, price, supply=supply),)


def _rest(
    order: Order, limit: Decimal, price: Decimal, profile: VenueProfile, supply: Supply
) -> Steps:
    """A resting limit fills at its own price when the market reaches it: whole if the market went
    through it, else with what is shown."""
    if not is_marketable(order.side, limit, price):
        return NOTHING
    return fill_as_shown(order, limit, profile, supply.unlimited() if price != limit else supply)


def at_print(order: Order, price: Decimal) -> Steps:
    """Opening and closing orders execute whole at their print, which is one price for all."""
    if order.limit_price is not None and not is_marketable(order.side, order.limit_price, price):
        return (Step(Action.CANCEL, reason="missed_the_print"),)
    return (Step(Action.FILL, sized(order, price).open_quantity, price),)


def _granted(order: Order, profile: VenueProfile, supply: Supply) -> Decimal:
    """How much of the order the supply, and the dice of the profile, let through."""
    wanted, left = order.open_quantity, supply.left(order.side)
    if left is not None and left < wanted:
        wanted = left
    whole_or_nothing = order.time_in_force is TimeInForce.FOK
    if not profile.partial_fills or not wanted or whole_or_nothing:
        return wanted
    chance, share = draw(profile, order.order_id, supply.event_id, str(order.fills))
    if chance >= profile.partial_fills:
        return wanted
    step = _ONE if wanted == wanted.to_integral_value() else QUANTITY_STEP
    return max((wanted * share).quantize(step, context=_DOWN), step)
