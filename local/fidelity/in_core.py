"""Plays a case in the matching core alone: a venue in memory, and one account beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from hub.application.orders.lifetime import lifetime
from hub.domain.kernel import (
    AccountId,
    HubError,
    InstrumentId,
    OrderId,
    notional,
)
from hub.domain.market.calendar import Calendar
from hub.domain.orders.entry_rules import EntryLimits, check_form, reserve_price
from hub.domain.orders.events import BarEvent, QuoteEvent, TradeEvent
from hub.domain.orders.order import Order, Side, State, TimeInForce
from hub.domain.orders.placing import Placement, orders_for
from hub.domain.orders.replacing import Changes
from hub.domain.orders.simulated_venue import SimulatedVenue
from hub.domain.orders.venue import Basis
from local.fidelity.cases import Case, asked_for, day_of, refs_of
from local.fidelity.outcome import REJECTED, Seen, account_differences, differences

_ZERO = Decimal(0)
# A case without a clock plays on an ordinary day, an hour after the open.
_SOME_DAY = datetime(2018, 4, 27, 14, 30, tzinfo=UTC)


class CorePlay:
    """One case under way. Orders by their names in it; a replaced one keeps its name."""

    def __init__(self, case: Case, calendar: Calendar) -> None:
        self._case = case
        self._calendar = calendar
        self._venue = SimulatedVenue(case.profile, _first_moment(case))
        self._ids: dict[str, list[OrderId]] = {}
        self._rejected: set[str] = set()
        self._numbers = count(1)
        account = case.account or {}
        self._is_cash = account.get("type") == "cash"
        self._cash = Decimal(account.get("cash", "1e12"))
        held = account.get("positions", {})
        self._held = sum((Decimal(str(each)) for each in held.values()), _ZERO)

    def run(self) -> list[str]:
        """A line for each expectation that did not hold."""
        lines = []
        for number, step in enumerate(self._case.steps, 1):
            before = len(self._venue.executions)
            refused = getattr(self, f"_{step['event']}")(step)
            lines += [f"step {number} {line}" for line in self._unlike(step, refused)]
            seen = {ref: self._seen(ref, before) for ref in (*self._ids, *self._rejected)}
            found = differences(step.get("expect", {}), seen)
            lines += [f"step {number} {line}" for line in found]
        cash, position = self._account()
        return lines + list(account_differences(self._case.expect_account, cash, position))

    @staticmethod
    def _unlike(step: Mapping[str, Any], refused: str | None) -> list[str]:
        wanted = bool(step.get("expect_refused", False))
        if wanted == (refused is not None) or step["event"] == "submit":
            return []
        name = step.get("ref", step["event"])
        return [f"{name}: expected a refusal" if wanted else f"{name}: refused, {refused}"]

    def _quote(self, step: Mapping[str, Any]) -> None:
        prices = (step["bid"], step["ask"], step.get("bid_size"), step.get("ask_size"))
        bid, ask, bid_size, ask_size = (Decimal(each or "1e9") for each in prices)
        self._venue.on_quote(QuoteEvent(bid, ask, bid_size, ask_size))

    def _trade(self, step: Mapping[str, Any]) -> None:
        self._venue.on_trade(TradeEvent(Decimal(step["price"]), Decimal(step.get("size", "1e9"))))

    def _bar(self, step: Mapping[str, Any]) -> None:
        start, end = (_moment(step.get(name)) for name in ("start", "end"))
        session = self._calendar.session_at(start) if start else None
        first, high, low, last = (Decimal(step[name]) for name in ("open", "high", "low", "close"))
        self._venue.on_bar(
            BarEvent(
                first,
                high,
                low,
                last,
                Decimal(step.get("volume", "1e9")),
                start,
                end,
                opens_session=start is None or session is not None,
                closes_session=end is None or (session is not None and end >= session.close),
            )
        )
        if end is not None:
            self._venue.on_clock(end)

    def _clock(self, step: Mapping[str, Any]) -> None:
        self._venue.on_clock(datetime.fromisoformat(step["at"]))

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
        life = lifetime(asked, self._calendar, now)
        traded = market.trade.price if market.trade else None
        quoted = None
        if market.quote is not None:
            quoted = market.quote.ask if asked.side is Side.BUY else market.quote.bid
        by_trades = self._case.profile.basis is not Basis.QUOTE
        # A case that never sets the clock says nothing of time, and nothing may expire in it.
        timed = any(each["event"] == "clock" or "end" in each for each in self._case.steps)
        placement = Placement(
            AccountId("account"),
            InstrumentId("instrument"),
            quoted or traded,
            traded if by_trades else quoted,
            now,
            now,
            life.expires_at if timed and asked.time_in_force is not TimeInForce.GTC else None,
            life.works_from,
        )
        return orders_for(asked, placement, lambda: OrderId(str(next(self._numbers))))

    def _affordable(self, order: Order) -> bool:
        cash, position = self._account()
        working = [each for each in self._venue.orders.values() if each.is_open]
        if order.side is Side.SELL:
            offered = sum((each.open_quantity for each in working if each.side is Side.SELL), _ZERO)
            return order.quantity <= position - offered
        claimed = sum((self._needs(each) for each in working if each.side is Side.BUY), _ZERO)
        return self._needs(order) <= cash - claimed

    def _needs(self, order: Order) -> Decimal:
        ask = order.market_price
        price = reserve_price(order.limit_price, order.stop_price, ask, EntryLimits())
        return notional(price, order.open_quantity)

    def _replace(self, step: Mapping[str, Any]) -> str | None:
        given = step["set"]
        named = {"quantity": "qty", "limit_price": "limit", "stop_price": "stop"}
        values = {ours: Decimal(given[its]) for ours, its in named.items() if its in given}
        trail = given.get("trail_amount") or given.get("trail_percent")
        changes = Changes(
            **values,
            trail=Decimal(trail) if trail else None,
            time_in_force=TimeInForce(given["tif"]) if "tif" in given else None,
            expire_date=day_of(given["expire_date"]) if "expire_date" in given else None,
        )
        chain, new_id = self._ids[step["ref"]], OrderId(str(next(self._numbers)))
        try:
            self._venue.replace(chain[-1], changes, new_id)
        except HubError as error:
            return error.detail
        chain.append(new_id)
        return None

    def _cancel(self, step: Mapping[str, Any]) -> str | None:
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


def _first_moment(case: Case) -> datetime:
    """Before anything of the case happens."""
    for step in case.steps:
        if step["event"] == "clock":
            return datetime.fromisoformat(step["at"])
        if "start" in step:
            return datetime.fromisoformat(step["start"])
    return _SOME_DAY


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
