"""Plays a case in the matching core alone: a venue in memory, and one account beside it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from hub.application.orders.lifetime import lifetime
from hub.domain.kernel import (
    AccountId,
    HubError,
    InstrumentId,
    OrderId,
    UnavailableError,
    notional,
)
from hub.domain.market.calendar import Calendar
from hub.domain.orders.entry_rules import EntryLimits, NewOrder, check_form, reserve_price
from hub.domain.orders.events import BarEvent, QuoteEvent, TradeEvent
from hub.domain.orders.order import AT_A_PRINT, Order, Side, State, TimeInForce
from hub.domain.orders.placing import Placement, orders_for
from hub.domain.orders.simulated_venue import SimulatedVenue
from hub.domain.orders.venue import Basis
from local.fidelity.cases import (
    Case,
    UnknownFeatureError,
    asked_for,
    changes_of,
    check_step,
    decimal,
    moment_of,
    profile_of,
    refs_of,
)
from local.fidelity.outcome import REJECTED, Seen, account_differences, differences

_ZERO = Decimal(0)
_PLENTY = Decimal(10**9)
_TIMES = frozenset({"at", "start", "end"})
# A case without a clock plays on an ordinary day, an hour after the open.
_SOME_DAY = datetime(2018, 4, 27, 14, 30, tzinfo=UTC)


class CorePlay:
    """One case under way. Orders by their names in it; a replaced one keeps its name."""

    def __init__(self, case: Case, calendar: Calendar) -> None:
        self._case = case
        self._calendar = calendar
        self._profile = profile_of(case)
        self._venue = SimulatedVenue(self._profile, _first_moment(case))
        self._sessions_begun: set[date] = set()
        self._ids: dict[str, list[OrderId]] = {}
        self._rejected: set[str] = set()
        self._numbers = count(1)
        account = case.account or {}
        if account.get("fees") not in {None, "none"}:
            raise UnknownFeatureError(f"fees {account['fees']}")
        self._is_cash = account.get("type") == "cash"
        self._cash = Decimal(account.get("cash", "1e12"))
        held = account.get("positions") or {}
        self._held = sum((Decimal(each) for each in held.values()), _ZERO)

    def run(self) -> list[str]:
        """A line for each expectation that did not hold."""
        lines = []
        for number, step in enumerate(self._case.steps, 1):
            check_step(step)
            before = len(self._venue.executions)
            if "at" in step:
                self._venue.on_clock(moment_of(step["at"]))
            refused = getattr(self, f"_{step['event']}")(step)
            lines += [f"step {number} {line}" for line in self._unlike(step, refused)]
            seen = {ref: self._seen(ref, before) for ref in (*self._ids, *self._rejected)}
            found = differences(step.get("expect", {}), seen)
            lines += [f"step {number} {line}" for line in found]
        cash, position = self._account()
        return lines + list(account_differences(self._case.expect_account, cash, position))

    @staticmethod
    def _unlike(step: Mapping[str, Any], refused: str | None) -> list[str]:
        wanted = step.get("expect_refused")
        if wanted is None or wanted == (refused is not None):
            return []
        name = step.get("ref", step["event"])
        return [f"{name}: expected a refusal" if wanted else f"{name}: refused, {refused}"]

    def _quote(self, step: Mapping[str, Any]) -> None:
        bid, ask = decimal(step.get("bid")), decimal(step.get("ask"))
        if bid is None or ask is None:
            raise UnknownFeatureError("a quote of one side")
        sizes = (_amount(step, "bid_size"), _amount(step, "ask_size"))
        self._venue.on_quote(QuoteEvent(bid, ask, *sizes))

    def _trade(self, step: Mapping[str, Any]) -> None:
        self._venue.on_trade(TradeEvent(Decimal(step["price"]), _amount(step, "size")))

    def _bar(self, step: Mapping[str, Any]) -> None:
        start, end = (
            moment_of(step[name]) if step.get(name) else None for name in ("start", "end")
        )
        opens, closes = self._place_in_session(start, end)
        first, high, low, last = (Decimal(step[name]) for name in ("open", "high", "low", "close"))
        volume = _amount(step, "volume")
        self._venue.on_bar(
            BarEvent(
                first,
                high,
                low,
                last,
                volume,
                start,
                end,
                opens_session=opens,
                closes_session=closes,
            )
        )
        if end is not None:
            self._venue.on_clock(end)

    def _place_in_session(self, start: datetime | None, end: datetime | None) -> tuple[bool, bool]:
        """Whether the bar is the first and the last of its session. One without times is both, and
        one that holds a whole session, too."""
        if start is None or end is None:
            return True, True
        session = self._calendar.session_at(start) or self._calendar.next_session(start)
        if session is None or end <= session.open:
            return False, False
        first = session.day not in self._sessions_begun
        self._sessions_begun.add(session.day)
        return first, end >= session.close

    def _clock(self, step: Mapping[str, Any]) -> None:
        """That the time is set is all that happens."""

    def _submit(self, step: Mapping[str, Any]) -> str | None:
        asked = asked_for(step)
        try:
            check_form(asked)
            family = self._family(step)
        except HubError as error:
            self._rejected.update(refs_of(step))
            return error.detail
        if self._is_cash and not self._affordable(family[0]):
            self._rejected.update(refs_of(step))
            return "the account lacks what the order needs"
        for ref, order in zip(refs_of(step), family, strict=True):
            self._ids[ref] = [order.order_id]
        self._venue.submit(family)
        return None

    def _family(self, step: Mapping[str, Any]) -> list[Order]:
        asked, market, now = asked_for(step), self._venue.market, self._venue.at
        traded = market.trade.price if market.trade else None
        quoted = None
        if market.quote is not None:
            quoted = market.quote.ask if asked.side is Side.BUY else market.quote.bid
        by_trades = self._profile.basis is not Basis.QUOTE
        works_from, expires_at = self._times(step, asked, now)
        placement = Placement(
            AccountId("account"),
            InstrumentId("instrument"),
            quoted or traded,
            traded if by_trades else quoted,
            now,
            now,
            expires_at,
            works_from,
        )
        return orders_for(asked, placement, lambda: OrderId(str(next(self._numbers))))

    def _times(
        self, step: Mapping[str, Any], asked: NewOrder, now: datetime
    ) -> tuple[datetime | None, datetime | None]:
        """From when the order works and when it expires, as far as the case speaks of time: without
        a clock nothing expires, and without a calendar the market is always open."""
        calendar = self._case.options.get("calendar")
        if calendar not in {None, "XNYS"}:
            raise UnknownFeatureError(f"calendar {calendar}")
        if all(_TIMES.isdisjoint(each) for each in self._case.steps):
            return None, None
        try:
            life = lifetime(asked, self._calendar, now)
        except UnavailableError:
            return None, None
        until = str(step.get("expire_date") or "")
        expires_at = moment_of(until) if "T" in until else life.expires_at
        return (
            life.works_from if calendar or asked.time_in_force in AT_A_PRINT else None,
            None if asked.time_in_force is TimeInForce.GTC else expires_at,
        )

    def _affordable(self, order: Order) -> bool:
        cash, position = self._account()
        working = [each for each in self._venue.orders.values() if each.is_open]
        if order.side is Side.SELL:
            return order.quantity <= position - _offered(working)
        claimed = sum((self._needs(each) for each in working if each.side is Side.BUY), _ZERO)
        return self._needs(order) <= cash - claimed

    def _needs(self, order: Order) -> Decimal:
        ask = order.market_price
        price = reserve_price(order.limit_price, order.stop_price, ask, EntryLimits())
        return notional(price, order.open_quantity)

    def _replace(self, step: Mapping[str, Any]) -> str | None:
        changes = changes_of(step)
        if step["ref"] in self._rejected:
            return "the order was rejected"
        chain, new_id = self._ids[step["ref"]], OrderId(str(next(self._numbers)))
        try:
            self._venue.replace(chain[-1], changes, new_id)
        except HubError as error:
            return error.detail
        chain.append(new_id)
        return None

    def _cancel(self, step: Mapping[str, Any]) -> str | None:
        if step["ref"] in self._rejected:
            return "the order was rejected"
        try:
            self._venue.cancel(self._ids[step["ref"]][-1])
        except HubError as error:
            return error.detail
        return None

    def _seen(self, ref: str, executions_before: int) -> Seen:
        if ref in self._rejected:
            return REJECTED
        chain = [self._venue.orders[each] for each in self._ids[ref]]
        places = [
            place
            for place, fill in enumerate(self._venue.executions[executions_before:])
            if fill.order_id in self._ids[ref]
        ]
        return seen_of(chain, places[0] if places else None)

    def _account(self) -> tuple[Decimal, Decimal]:
        cash, position = self._cash, self._held
        for fill in self._venue.executions:
            sign = 1 if fill.side is Side.BUY else -1
            position += sign * fill.quantity
            cash -= sign * notional(fill.price, fill.quantity)
        return cash, position


def seen_of(chain: list[Order], place: int | None) -> Seen:
    """An order and what it replaced, as one."""
    order = chain[-1]
    earlier = sum((each.filled_quantity for each in chain[:-1]), _ZERO)
    return Seen(
        status_in_case(order, earlier),
        earlier + order.filled_quantity,
        sum((each.filled_value for each in chain), _ZERO),
        order.stop_price,
        order.limit_price,
        earlier + order.quantity,
        order.triggered_at is not None,
        place,
    )


def status_in_case(order: Order, filled_before: Decimal) -> str:
    """The state in the words of a case file."""
    if order.state in {State.PENDING_NEW, State.ACCEPTED, State.NEW}:
        return "partially_filled" if filled_before else "accepted"
    return order.state.value


def _offered(working: list[Order]) -> Decimal:
    """Shares that open sales claim; the exits of a group are for the same ones."""
    claims: dict[OrderId, Decimal] = {}
    for order in working:
        if order.side is Side.SELL and order.state is not State.HELD:
            claim = order.group_id or order.order_id
            claims[claim] = max(claims.get(claim, _ZERO), order.open_quantity)
    return sum(claims.values(), _ZERO)


def _first_moment(case: Case) -> datetime:
    """Before anything of the case happens."""
    for step in case.steps:
        for name in ("at", "start"):
            if step.get(name):
                return moment_of(step[name])
    return _SOME_DAY


def _amount(step: Mapping[str, Any], name: str) -> Decimal:
    """A size that is not stated is as much as anybody wants."""
    return _PLENTY if step.get(name) is None else Decimal(step[name])
