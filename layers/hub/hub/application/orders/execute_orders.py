"""Decide and book a batch of orders in one transaction: execute, rest, queue or reject each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from hub.application.books import Books, Taken
from hub.application.orders.booking import Booking, Seen
from hub.application.orders.election import (
    Election,
    last_trade_event,
    quote_event,
    trade_event,
)
from hub.application.orders.intake import VenueTerms, may_trade
from hub.application.orders.steps import Moment, Steps, together_or_each
from hub.application.ports.accounts import Fees
from hub.application.ports.market import Calendars, MarketView
from hub.application.ports.messages import Message
from hub.application.ports.orders import AccountsAtWork, QuotesAtWork
from hub.application.ports.system import Clock, Ids
from hub.application.relay import messages_of
from hub.domain.kernel import AccountId, OrderId
from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import AGE_LIMIT, Quote
from hub.domain.market.trade import SessionPrint, Trade
from hub.domain.orders.events import Condition, Market, Supply, Touch, TradeEvent
from hub.domain.orders.matching import Action, arrive, at_print, meet_quote, meet_trade
from hub.domain.orders.matching import Steps as CoreSteps
from hub.domain.orders.order import ARRIVING, WORKING, Order, Side, State, TimeInForce
from hub.domain.orders.stops import is_reached
from hub.domain.orders.venue import Liquidity

EXCHANGE = "XNYS"
# What a triggered stop comes to is not decided here where the venue is outside.
_OF_THE_VENUE = frozenset({Action.FILL, Action.CANCEL})


class OrderToProcess(NamedTuple):
    """`election` tells what reached the order, where the trigger book sent it."""

    order_id: OrderId
    account_id: AccountId
    election: Election | None = None


class ExecuteOrdersCommand(NamedTuple):
    orders: Sequence[OrderToProcess]
    view: MarketView
    trace_id: str


class ExecutedOrders(NamedTuple):
    """`failed` are unknown or cannot be booked; `messages` are to be announced."""

    failed: Sequence[OrderId]
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class ExecuteOrders:
    """Running it again changes nothing: what an order's state has decided stays decided."""

    accounts_at_work: AccountsAtWork
    calendars: Calendars
    fees: Fees
    clock: Clock
    ids: Ids
    terms: VenueTerms

    def __call__(self, command: ExecuteOrdersCommand) -> ExecutedOrders:
        """Raises having done nothing.

        An order that breaks the whole transaction is found by trying each alone, so that it does
        not take the others with it.
        """
        if len(command.orders) == 1:
            return self._execute(command)
        done, broken = together_or_each(
            command.orders, lambda orders: self._execute(command._replace(orders=orders))
        )
        failed = [order.order_id for order in broken]
        return ExecutedOrders(
            failed + [each for batch in done for each in batch.failed],
            [each for batch in done for each in batch.messages],
        )

    def _execute(self, command: ExecuteOrdersCommand) -> ExecutedOrders:
        now = self.clock.now()
        market_time = command.view.clock.held_at(now)
        calendar = self.calendars.around(EXCHANGE, market_time)
        moment = Moment(now, market_time, calendar, command.trace_id)
        account_ids = sorted({order.account_id for order in command.orders})
        order_ids = [order.order_id for order in command.orders]
        elections: dict[OrderId, Election | None] = {}
        for each in command.orders:
            # An order that comes twice is told of what reached it first.
            elections[each.order_id] = elections.get(each.order_id) or each.election
        quotes, schedule = self._quotes_at_work(command, moment), self.fees.schedule(EXCHANGE)
        with self.accounts_at_work.open(account_ids, order_ids, quotes) as books:
            steps = Steps(books, moment, self.ids)
            batch = _Batch(Booking(steps, self.terms, schedule), command.view, elections)
            failed = [each for each in elections if not batch.process(each)]
            batch.keep_taken()
        return ExecutedOrders(failed, messages_of(books))

    def _quotes_at_work(self, command: ExecuteOrdersCommand, moment: Moment) -> QuotesAtWork | None:
        if self.terms.profile.liquidity is not Liquidity.DISPLAYED:
            return None
        elections = [each.election for each in command.orders if each.election is not None]
        quotes = [*command.view.quotes.values(), *(each.quote for each in elections if each.quote)]
        events = {quote.quote_id for quote in quotes}
        events |= {quote.last_trade_id for quote in quotes if quote.last_trade_id}
        events |= {each.trade.trade_id for each in elections if each.trade}
        return QuotesAtWork(sorted(events), moment.now)


class _Batch:
    """The orders of one transaction, each meeting the market of its moment."""

    def __init__(
        self, booking: Booking, view: MarketView, elections: Mapping[OrderId, Election | None]
    ) -> None:
        self._booking = booking
        self._steps = booking.steps
        self._view = view
        self._elections = elections
        self._supplies: dict[str, Supply] = {}

    @property
    def _books(self) -> Books:
        return self._steps.books

    @property
    def _moment(self) -> Moment:
        return self._steps.moment

    def process(self, order_id: OrderId) -> bool:
        """Whether the order is known. One that cannot trade now waits for when it can."""
        order = self._books.orders.get(order_id)
        if order is None:
            return False
        if order.state not in ARRIVING | WORKING or order.routed_at is not None:
            return True
        if order.waits_for_print:
            self._await_print(order)
            return True
        order, seen = self._elected_late(order), self._seen(order)
        if not may_trade(order, self._moment.calendar, self._moment.market_time):
            opening = self._moment.calendar.next_session(self._moment.market_time)
            detail = {"opens_at": opening.open.isoformat() if opening else None}
            self._wait(order, "queued", detail)
        elif seen is None:
            self._wait(order, "no_fresh_quote", {})
        else:
            self._meet(order, seen)
        return True

    def keep_taken(self) -> None:
        """Write what was taken of displayed sizes."""
        for event_id, supply in self._supplies.items():
            before = self._books.taken.get(event_id)
            if before is not None and Taken(supply.bought, supply.sold) != before:
                self._books.take(event_id, Taken(supply.bought, supply.sold))

    def _seen(self, order: Order) -> Seen | None:
        """The market that the order meets: that which elected it while it is fresh, else that of
        now; None where neither is."""
        now, election = self._view.quotes.get(order.symbol), self._elections.get(order.order_id)
        quote, trade = (election.quote, election.trade) if election else (None, None)
        if trade is not None:
            # The trade is what elected; what can be had beside it is what is quoted now.
            quote, now = now, quote
            trade = trade if self._is_recent(trade.time) else None
        fresh = next((each for each in (quote, now) if each and self._fresh(each)), None)
        return self._as_seen(fresh, trade) if fresh else None

    def _elected_late(self, order: Order) -> Order:
        """A stop that the market reached is triggered, though that is too long ago to trade on."""
        election = self._elections.get(order.order_id)
        if election is None or not order.waits_for_trigger or order.state not in WORKING:
            return order
        order = self._booking.as_elected(order, election)
        price, time = _elected_at(election, order.side)
        if price is None or time is None or self._is_recent(time) or order.stop_price is None:
            return order
        if not is_reached(order.side, order.stop_price, price):
            return order
        return self._booking.trigger(order, {"elected_by": election.event_id})

    def _fresh(self, quote: Quote) -> bool:
        return not quote.is_stale(self._view.clock, self._moment.now)

    def _is_recent(self, time: datetime) -> bool:
        limit = self._view.clock.quote_age_limit(AGE_LIMIT)
        return self._moment.market_time - time <= limit

    def _as_seen(self, quote: Quote, elected_by: Trade | None) -> Seen:
        event = quote_event(quote)
        trade = trade_event(elected_by) if elected_by else last_trade_event(quote)
        shown = self._supply(quote.quote_id, event.bid_size, event.ask_size, shared=False)
        market = Market(event, None, shown)
        if trade is not None:
            supply = self._supply(trade.event_id, trade.size, trade.size, shared=True)
            market = market.at_trade(trade, supply)
        return Seen(market, quote, elected_by, event)

    def _supply(self, event_id: str, bid: Decimal, asked: Decimal, *, shared: bool) -> Supply:
        if self._booking.terms.profile.liquidity is not Liquidity.DISPLAYED:
            return Supply(event_id=event_id)
        if event_id not in self._supplies:
            supply = Supply(bid, asked, shared=shared, event_id=event_id)
            taken = self._books.taken.get(event_id)
            if taken is not None:
                supply.bought, supply.sold = taken
            self._supplies[event_id] = supply
        return self._supplies[event_id]

    def _wait(self, order: Order, action: str, detail: Mapping[str, object]) -> None:
        """`accepted` orders are sent again each minute that the market is open."""
        if order.state is State.PENDING_NEW:
            waiting = order.move(State.ACCEPTED, self._moment.now)
            order = self._steps.take(order, waiting, action, detail)
        if order.state is State.ACCEPTED and not order.may_wait:
            ended = order.move(State.CANCELED, self._moment.now)
            self._booking.end(order, ended, "does_not_wait", detail)

    def _await_print(self, order: Order) -> None:
        """Opening and closing orders wait for the official print of their session."""
        found = self._print_of(order)
        if found is None:
            self._wait(order, "queued", {"works_from": str(order.works_from)})
            return
        trade, seen = found
        if order.state in ARRIVING:
            live = order.move(State.NEW, self._moment.now)
            order = self._steps.take(order, live, "entered", seen.record)
        self._booking.carry_out(order, at_print(order, trade.price), seen)

    def _print_of(self, order: Order) -> tuple[TradeEvent, Seen] | None:
        """The print that the order is for, if it has come: as it was told just now, or as every
        quote of the day repeats it."""
        calendar, election = self._moment.calendar, self._elections.get(order.order_id)
        quote = self._view.quotes.get(order.symbol) or (election.quote if election else None)
        session = calendar.session_before(order.works_from) if order.works_from else None
        if quote is None or session is None:
            return None
        opening = order.time_in_force is TimeInForce.OPG
        condition = Condition.OPENING if opening else Condition.CLOSING
        told = election.trade if election else None
        if told is not None and (told.condition, _day_of(told, calendar)) == (
            condition,
            session.day,
        ):
            trade = trade_event(told)
            return trade, Seen(Market(quote_event(quote), trade), quote, told, trade)
        printed: SessionPrint | None = quote.opening if opening else quote.closing
        if printed is None or printed.day != session.day:
            return None
        trade = TradeEvent(printed.price, order.quantity, printed.trade_id, condition)
        return trade, Seen(Market(quote_event(quote), trade), quote, None, trade)

    def _meet(self, order: Order, seen: Seen) -> None:
        if self._booking.terms.outside:
            self._meet_outside(order, seen)
        elif order.state in ARRIVING:
            order = self._entered(order, seen)
            self._booking.carry_out(order, self._arrive(order, seen), seen, arriving=True)
        elif order.met_event != seen.event_id:
            # A message that comes twice, or the same quote again, has nothing more to give.
            self._booking.carry_out(order, self._reached(order, seen), seen)

    def _meet_outside(self, order: Order, seen: Seen) -> None:
        """Only a stop is decided here; what waits for none is the venue's."""
        arriving = order.state in ARRIVING
        if arriving:
            order = self._entered(order, seen)
        if order.waits_for_trigger:
            decided = self._arrive(order, seen) if arriving else self._reached(order, seen)
            decided = tuple(step for step in decided if step.action not in _OF_THE_VENUE)
            self._booking.carry_out(order, decided, seen, arriving=arriving)
            order = self._books.orders[order.order_id]
        if order.is_open and not order.waits_for_trigger:
            self._steps.route(order, seen.record)

    def _entered(self, order: Order, seen: Seen) -> Order:
        live = order.move(State.NEW, self._moment.now)
        return self._steps.take(order, live, "entered", seen.record)

    def _arrive(self, order: Order, seen: Seen) -> CoreSteps:
        return arrive(order, seen.market, self._booking.terms.profile)

    def _reached(self, order: Order, seen: Seen) -> CoreSteps:
        profile = self._booking.terms.profile
        if seen.trade is not None and isinstance(seen.market.trade, TradeEvent):
            return meet_trade(order, seen.market.trade, seen.market, profile)
        assert seen.market.quote is not None
        return meet_quote(order, seen.market.quote, seen.market, profile)


def _day_of(trade: Trade, calendar: Calendar) -> date | None:
    session = calendar.session_before(trade.time)
    return session.day if session else None


def _elected_at(election: Election, side: Side) -> tuple[Decimal | None, datetime | None]:
    """The price to which stops listened, and when that was in the market."""
    if election.trade is not None:
        return election.trade.price, election.trade.time
    if election.quote is None:
        return None, None
    return Touch(election.quote.bid, election.quote.ask).opposite(side), election.quote.time
