"""What happens to a request before anything is recorded: checks, and the orders it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from hub.application.orders.election import last_trade_event, quote_event
from hub.application.orders.lifetime import Lifetime, lifetime
from hub.application.ports.accounts import Fees
from hub.application.ports.market import Calendars, Instruments, MarketData
from hub.application.ports.system import Clock, Ids
from hub.domain.accounts.fees import FeeRule, fees_of, total
from hub.domain.kernel import (
    AccountId,
    Fault,
    OrderId,
    RejectedError,
    UnavailableError,
    notional,
)
from hub.domain.market.calendar import Calendar
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote
from hub.domain.orders.entry_rules import (
    EntryLimits,
    NewOrder,
    check_form,
    check_price,
    check_value,
    reserve_price,
)
from hub.domain.orders.events import Market, Touch
from hub.domain.orders.matching import trigger_price
from hub.domain.orders.order import IMMEDIATE, Order, Side
from hub.domain.orders.placing import Placement, orders_for
from hub.domain.orders.routing import check_offered
from hub.domain.orders.venue import VenueProfile

_ZERO = Decimal(0)


class VenueTerms(NamedTuple):
    """How the venue takes orders, and how it treats them. One that is `outside` fills them itself:
    we decide when a stop is reached, and no more."""

    limits: EntryLimits
    profile: VenueProfile
    outside: bool = False


class Intaken(NamedTuple):
    """A request that may be placed: the orders, the first reserving for all, and what was seen.

    `trades_now` says whether the market is open to the order and the quote fresh.
    """

    orders: list[Order]
    quote: Quote
    market_time: datetime
    schedule: Sequence[FeeRule]
    trades_now: bool


@dataclass(frozen=True, slots=True)
class Intake:
    instruments: Instruments
    market_data: MarketData
    calendars: Calendars
    fees: Fees
    clock: Clock
    ids: Ids
    terms: VenueTerms

    def take(self, asked: NewOrder, account_id: AccountId, client_order_id: str | None) -> Intaken:
        """Raises InvalidInputError, RejectedError or UnavailableError."""
        check_form(asked)
        if self.terms.outside:
            check_offered(asked)
        instrument = self._instrument(asked.symbol)
        view = self.market_data.view([instrument.symbol])
        quote = view.quotes.get(instrument.symbol)
        if quote is None:
            raise UnavailableError(f"{instrument.symbol} has no price", code="no_market_data")
        touch, now = Touch(quote.bid, quote.ask), self.clock.now()
        heard = price_heard(quote, asked.side, self.terms.profile)
        check_price(asked, touch, self.terms.limits, self.terms.profile, heard)
        check_value(asked, touch, self.terms.limits)
        market_time = view.clock.held_at(now)
        calendar = self.calendars.around(instrument.exchange, market_time)
        session = calendar.session_at(market_time)
        if session is None and asked.time_in_force in IMMEDIATE:
            raise _closed(asked)
        life = lifetime(asked, calendar, market_time)
        placement = self._placement(account_id, instrument, asked, quote, life, market_time, now)
        family = orders_for(asked, placement, lambda: OrderId(self.ids.new()))
        first = replace(family[0], client_order_id=client_order_id or family[0].client_order_id)
        schedule = self.fees.schedule(instrument.exchange)
        family[0] = self._reserving(first, family, quote, schedule, market_time)
        trades_now = may_trade(first, calendar, market_time) and not quote.is_stale(view.clock, now)
        return Intaken(family, quote, market_time, schedule, trades_now)

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self.instruments.find(symbol)
        if instrument is None:
            message = f"{symbol} is not traded here"
            fault = Fault("symbol", "known", message)
            raise RejectedError(message, code="unknown_symbol", faults=(fault,))
        return instrument

    def _placement(  # noqa: PLR0917  # they are the parts of what it returns
        self,
        account_id: AccountId,
        instrument: Instrument,
        asked: NewOrder,
        quote: Quote,
        life: Lifetime,
        market_time: datetime,
        now: datetime,
    ) -> Placement:
        offered = Touch(quote.bid, quote.ask).opposite(asked.side)
        return Placement(
            account_id=account_id,
            instrument_id=instrument.instrument_id,
            market_price=offered,
            trigger_price=price_heard(quote, asked.side, self.terms.profile),
            market_time=market_time,
            at=now,
            expires_at=life.expires_at,
            works_from=life.works_from,
        )

    def _reserving(
        self,
        first: Order,
        family: list[Order],
        quote: Quote,
        schedule: Sequence[FeeRule],
        market_time: datetime,
    ) -> Order:
        """Orders that wait side by side reserve once, for whichever needs more."""
        if first.side is Side.SELL:
            return first.reserving(_ZERO, first.quantity)
        together = [first, *(each for each in family[1:] if each.state is first.state)]
        day = market_time.date()
        needs = [
            cash_needed(each, quote.ask, self.terms.limits, schedule, day) for each in together
        ]
        return first.reserving(max(needs), _ZERO)


def price_heard(quote: Quote, side: Side, profile: VenueProfile) -> Decimal:
    """What stops listen to, by the core; before the first trade of a feed, what the quote has."""
    heard = trigger_price(side, Market(quote_event(quote), last_trade_event(quote)), profile)
    return quote.last if heard is None else heard


def cash_needed(
    order: Order, ask: Decimal, limits: EntryLimits, schedule: Sequence[FeeRule], day: date
) -> Decimal:
    """What a buy reserves for what is open of it, its fees included."""
    stop = order.stop_price if order.waits_for_trigger else None
    price = reserve_price(order.limit_price, stop, ask, limits)
    value = notional(price, order.open_quantity)
    if order.notional is not None:
        value = order.notional - order.filled_value
    return value + total(fees_of(schedule, order.side, order.open_quantity, value, day))


def may_trade(order: Order, calendar: Calendar, moment: datetime) -> bool:
    """Whether the market is open to the order: in the regular session, or in its extended hours."""
    if calendar.session_at(moment) is not None:
        return True
    return order.extended_hours and calendar.extended_session_at(moment) is not None


def _closed(asked: NewOrder) -> RejectedError:
    message = f"the market is closed, and {asked.time_in_force} does not wait"
    fault = Fault("time_in_force", "session", message)
    return RejectedError(message, code="market_closed", faults=(fault,))
