"""The order pipeline on a real database, under any sequence of commands, markets and messages.

Messages come late, twice and in another order. After each step the books are looked at, and what
open orders need is reckoned anew (see `tests.fixtures.reservations`).
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.application.orders.cancel_all_orders import CancelAllOrdersCommand
from hub.application.orders.cancel_order import CancelOrderCommand
from hub.application.orders.canceling import NotCancelableError
from hub.application.orders.close_position import ClosePositionCommand
from hub.application.orders.replace_order import ReplaceOrderCommand
from hub.application.orders.submit_order import SubmitOrderCommand
from hub.application.ports.orders import OpenOrders
from hub.domain.kernel import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    OrderId,
    RejectedError,
)
from hub.domain.market.calendar import Calendar
from hub.domain.market.trade import SessionPrint, Trade
from hub.domain.orders.entry_rules import (
    FEATURES,
    TIMES,
    NewOrder,
    StopLoss,
    TakeProfit,
    check_form,
)
from hub.domain.orders.order import (
    CANCELABLE,
    MOVES,
    TERMINAL,
    WORKING,
    OrderClass,
    OrderType,
    Side,
    State,
    TimeInForce,
)
from hub.domain.orders.replacing import Changes
from tests.fixtures.reservations import ROWS, Begun, OrderRow, begin, needs
from tests.fixtures.worlds import OPEN, TRACE, Customer, World

ZERO = Decimal(0)
CENT = Decimal("0.01")
CENTS = st.integers(9700, 10300).map(lambda cents: Decimal(cents).scaleb(-2))
STEPS = st.integers(1, 150).map(lambda cents: Decimal(cents).scaleb(-2))
SIZES = st.integers(1, 15)
WHO = st.integers(0, 1)
PICK = st.integers(0, 30)
SELDOM = st.integers(0, 3).map(lambda number: number == 3)
LIMITED = {OrderType.LIMIT, OrderType.STOP_LIMIT}
STOPPED = {OrderType.STOP, OrderType.STOP_LIMIT}
REFUSALS = (RejectedError, ForbiddenError)
EVENTS = (
    "SELECT order_id::text, state_before, state_after, detail::jsonb -> 'quote' ->> 'ask', sequence"
    " FROM account_events WHERE account_id = %s AND sequence > %s ORDER BY sequence"
)
BOOKS = (
    "SELECT b.account_id::text, settled, unsettled, b.reserved, coalesce(p.quantity, 0),"
    " coalesce(p.reserved, 0), coalesce(p.cost, 0), coalesce(p.realised, 0),"
    " (SELECT coalesce(sum(amount), 0) FROM ledger_entries l"
    "  WHERE l.account_id = b.account_id AND ledger = 'fees')"
    " FROM balances b LEFT JOIN positions p ON p.account_id = b.account_id"
    " WHERE b.account_id = ANY(%s)"
)


@st.composite
def wishes(draw: st.DrawFn) -> NewOrder:
    """Of every type, alone or with others. The date of a gtd is set by who knows the day."""
    class_ = draw(st.sampled_from([OrderClass.SIMPLE, *OrderClass]))
    alone, oco = class_ is OrderClass.SIMPLE, class_ is OrderClass.OCO
    side = draw(st.sampled_from(Side))
    type_ = draw(st.sampled_from(sorted(OrderType if alone else FEATURES[class_].types)))
    extra = draw(st.sampled_from(["", "", *_extras(type_)])) if alone else ""
    times = FEATURES[extra or class_].times if extra or not alone else TIMES[type_]
    price, further, gain, loss = draw(CENTS), draw(STEPS), draw(STEPS), draw(STEPS)
    up = 1 if (side is Side.BUY) != oco else -1
    quantity = Decimal(draw(SIZES))
    if extra == "fractional quantity":
        quantity += Decimal(draw(st.integers(1, 10**9 - 1))).scaleb(-9)
    trails, by_amount = type_ is OrderType.TRAILING_STOP, draw(st.booleans())
    one, gains = class_ is OrderClass.OTO, draw(st.booleans())
    loss_limit = draw(st.none() | STEPS)
    stop = price - up * loss
    losing = StopLoss(stop, None if loss_limit is None else stop - up * loss_limit)
    return NewOrder(
        "AAPL",
        side,
        type_,
        draw(st.sampled_from(sorted(times))),
        None if extra == "notional" else quantity,
        price if type_ in LIMITED and not oco else None,
        price if type_ in STOPPED else None,
        further if trails and by_amount else None,
        further if trails and not by_amount else None,
        notional=90 * quantity + further if extra == "notional" else None,
        extended_hours=extra == "extended_hours",
        post_only=extra == "post_only",
        order_class=class_,
        take_profit=None if alone or (one and not gains) else TakeProfit(price + up * gain),
        stop_loss=None if alone or (one and gains) else losing,
    )


def _extras(type_: OrderType) -> list[str]:
    groups = {each.value for each in OrderClass}
    return [name for name, needs in FEATURES.items() if type_ in needs.types and name not in groups]


def dated(wish: NewOrder, day: datetime) -> NewOrder:
    expires = day.date() if wish.time_in_force is TimeInForce.GTD else None
    return wish._replace(expire_date=expires)


def _another_price(row: OrderRow, price: Decimal) -> dict[str, Decimal]:
    if row.type == OrderType.TRAILING_STOP:
        return {"trail": price - 96}
    if row.limit is not None:
        return {"limit_price": price}
    return {"stop_price": price} if row.waits else {}


class Pipeline(RuleBasedStateMachine):
    """Two customers and one symbol; `mail` is what waits to be processed."""

    def __init__(self, world: World, troubles: list[str]) -> None:
        super().__init__()
        self.world, self.troubles = world, troubles
        self.now = OPEN
        world.clock.advance(1)
        world.market(OPEN)
        world.sent.messages.clear()
        # The watcher of the example before knows its orders.
        vars(world.hub).pop("watch_resting_orders", None)
        self.prints: dict[str, SessionPrint] = {}
        self.has_trades = False
        self.mail: list[dict[str, str]] = []
        self.rows: dict[str, OrderRow] = {}
        self.begun: dict[str, Begun] = {}
        self.customers = [world.customer("6000"), world.customer("1500")]
        for customer in self.customers:
            world.give(customer, "30", "100")
        self.paid_in = dict(zip(self._accounts, (Decimal(9000), Decimal(4500)), strict=True))
        self.sequences = dict.fromkeys(self._accounts, 0)
        self.ask = Decimal(100)
        self.look()

    @initialize(has_trades=st.booleans())
    def open(self, has_trades: bool) -> None:
        self.has_trades = has_trades
        self.show(Decimal(100), CENT, 10)

    @property
    def _accounts(self) -> list[str]:
        return [each.account_id for each in self.customers]

    def owner(self, row: OrderRow) -> Customer:
        return next(each for each in self.customers if each.account_id == row.account_id)

    def picked(self, pick: int) -> OrderRow:
        """A working one if there is any, for there is more to be done with it, and now and then
        any other."""
        working = [each for each in self.rows.values() if each.state in WORKING]
        rows = working if working and pick % 4 else list(self.rows.values())
        return rows[pick % len(rows)]

    # Commands

    @rule(who=WHO, wish=wishes(), days=st.integers(0, 4), late=SELDOM)
    def submit(self, who: int, wish: NewOrder, days: int, late: bool) -> None:
        customer, wish = self.customers[who], dated(wish, self.now + timedelta(days=days))
        check_form(wish)
        command = SubmitOrderCommand(customer.customer_id, customer.account_id, None, wish, TRACE)
        try:
            self.world.hub.submit_order(command)
        except REFUSALS:
            return
        if not late:
            self.process_all()

    @rule(some=st.lists(st.tuples(WHO, wishes()), min_size=2, max_size=6))
    def submit_some(self, some: list[tuple[int, NewOrder]]) -> None:
        for who, wish in some:
            self.submit(who, wish, 1, late=True)
        self.process_all()

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        row = self.picked(pick)
        command = CancelOrderCommand(self.owner(row).customer_id, OrderId(row.order_id), TRACE)
        if row.state in CANCELABLE:
            self.world.hub.cancel_order(command)
            return
        with pytest.raises(NotCancelableError):
            self.world.hub.cancel_order(command)

    @precondition(lambda self: any(each.state in WORKING for each in self.rows.values()))
    @rule(pick=PICK, price=CENTS, quantity=SIZES, what=st.integers(1, 3))
    def replace(self, pick: int, price: Decimal, quantity: int, what: int) -> None:
        """Of its prices, its quantity or both. What does not fit is refused."""
        row = self.picked(pick)
        values: dict[str, Any] = {"quantity": Decimal(quantity)} if what & 1 else {}
        if what & 2:
            values |= _another_price(row, price)
        command = ReplaceOrderCommand(
            self.owner(row).customer_id, OrderId(row.order_id), Changes(**values), TRACE
        )
        try:
            self.world.hub.replace_order(command)
        except (*REFUSALS, InvalidInputError):
            return

    @precondition(lambda self: len(self.rows) > 4)
    @rule(who=WHO)
    def cancel_all(self, who: int) -> None:
        which = OpenOrders(self.customers[who].customer_id)
        self.world.hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE))

    @rule(who=WHO, percentage=st.none() | st.integers(1, 100), cancel_orders=st.booleans())
    def close(self, who: int, percentage: int | None, cancel_orders: bool) -> None:
        customer = self.customers[who]
        part = None if percentage is None else Decimal(percentage)
        command = ClosePositionCommand(
            customer.customer_id,
            customer.account_id,
            "AAPL",
            quantity=None,
            percentage=part,
            cancel_orders=cancel_orders,
            client_order_id=None,
            trace_id=TRACE,
        )
        try:
            self.world.hub.close_position(command)
        except (*REFUSALS, NotFoundError):
            return

    @rule(who=WHO, cents=st.integers(1, 10**5))
    def deposit(self, who: int, cents: int) -> None:
        amount = cents * CENT
        self.world.deposit(self.customers[who], str(amount))
        self.paid_in[self.customers[who].account_id] += amount

    # The market

    def show(self, bid: Decimal, spread: Decimal, size: int) -> None:
        self.pass_time(0.01)
        self.ask = bid + spread
        trade = Trade(self.world.ids.new(), "AAPL", self.ask, Decimal(size), self.now)
        told = {"last_trade_id": trade.trade_id, "last_size": trade.size, "last_time": trade.time}
        more: dict[str, Any] = dict(self.prints)
        if self.has_trades:
            more |= told
        quote = self.world.quote("AAPL", str(bid), str(self.ask), size=str(size), **more)
        watch = self.world.hub.watch_resting_orders
        watch.refresh()
        watch.observe(quote)
        if self.has_trades:
            watch.observe_trade(trade)

    def pass_time(self, seconds: float) -> None:
        self.world.pass_time(seconds)
        self.now += timedelta(seconds=seconds)

    @rule(moves=st.lists(st.tuples(CENTS, st.integers(1, 20), SIZES), min_size=1, max_size=4))
    def quotes(self, moves: list[tuple[Decimal, int, int]]) -> None:
        for bid, spread, size in moves:
            self.show(bid, spread * CENT, size)
            self.process_all()

    @rule(bid=CENTS, spread=st.integers(1, 20), size=SIZES)
    def quote_whose_messages_wait(self, bid: Decimal, spread: int, size: int) -> None:
        self.show(bid, spread * CENT, size)

    @rule(seconds=st.sampled_from([0.5, 4, 7, 40]))
    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)

    @precondition(lambda self: len(self.rows) > 4)
    @rule(to=st.sampled_from(["close", "evening", "open"]), price=CENTS, jobs=st.booleans())
    def jump(self, to: str, price: Decimal, jobs: bool) -> None:
        calendar = self.calendar()
        session = calendar.session_at(self.now)
        opening = calendar.next_session(self.now)
        assert opening is not None
        if to == "open" or session is None:
            self.now = opening.open + timedelta(seconds=1)
            self.prints = {"opening": SessionPrint(opening.day, price, f"open-{opening.day}")}
        else:
            late = timedelta(seconds=1) if to == "close" else timedelta(hours=2)
            self.now = session.close + late
            self.prints["closing"] = SessionPrint(session.day, price, f"close-{session.day}")
        self.world.clock.advance(60)
        self.world.market(self.now)
        if jobs:
            self.expire()
            self.release()

    def calendar(self) -> Calendar:
        return self.world.hub.calendars.around("XNYS", self.now)

    # The venue

    @rule()
    def expire(self) -> None:
        self.world.hub.expire_orders(TRACE)

    @rule()
    def release(self) -> None:
        self.world.hub.release_queued_orders(TRACE)

    @precondition(lambda self: self.mail)
    @rule(start=PICK, count=st.integers(1, 8), backwards=st.booleans(), again=st.booleans())
    def process(self, start: int, count: int, backwards: bool, again: bool) -> None:
        start %= len(self.mail)
        batch = self.mail[start : start + count]
        if not again:
            del self.mail[start : start + count]
        self.execute(batch[::-1] if backwards else batch)

    def process_all(self) -> None:
        """What waits, as it came; once."""
        self.collect()
        waiting, self.mail = self.mail, []
        self.execute(waiting)

    def execute(self, batch: list[dict[str, str]]) -> None:
        if batch:
            self.pass_time(0.01)
            assert self.world.execute(batch).failed == []

    def collect(self) -> None:
        sent = self.world.sent.take_submitted(1000)
        self.mail += [each for each in sent if each["account_id"] in self.paid_in]
        self.world.sent.messages.clear()

    # What holds after each step

    @invariant()
    def look(self) -> None:
        self.collect()
        assert self.troubles == []
        before, rows = self.rows, self.read()
        self.rows = rows
        self.learn(before)
        self.check_moves()
        for row in rows.values():
            assert 0 <= row.filled <= row.quantity
            if row.state in TERMINAL or row.state is State.HELD:
                assert (row.cash, row.shares) == (ZERO, ZERO), row
            self.check_trail(before.get(row.order_id), row)
        for need in needs(rows.values(), self.begun).values():
            assert need.is_met, need
        self.check_books()

    def read(self) -> dict[str, OrderRow]:
        read = [OrderRow(*each) for each in self.world.sql(ROWS, self._accounts)]
        return {each.order_id: each._replace(state=State(each.state)) for each in read}

    def learn(self, before: dict[str, OrderRow]) -> None:
        """From what the reservations of new orders are reckoned."""
        for row in self.rows.values():
            if row.order_id in before:
                continue
            self.begun[row.order_id] = begin(row, self.ask, waits=row.waits)
            if row.is_exit and row.is_live:
                for each in self.rows.values():
                    if each.group_id == row.group_id and each.is_exit and each.is_live:
                        self.begun[each.order_id] = begin(each, self.ask, waits=each.waits)

    def check_moves(self) -> None:
        for account_id, last in self.sequences.items():
            for order_id, was, became, ask, sequence in self.world.sql(EVENTS, account_id, last):
                self.sequences[account_id] = sequence
                if was is None or became is None:
                    continue
                assert State(became) in MOVES[State(was)]
                if was == State.HELD and became == State.NEW:
                    row = self.rows[order_id]
                    met = row.market_price if ask is None else Decimal(ask)
                    self.begun[order_id] = begin(row, met, waits=row.type in STOPPED)

    @staticmethod
    def check_trail(before: OrderRow | None, row: OrderRow) -> None:
        if before is None or row.type != OrderType.TRAILING_STOP:
            return
        assert row.stop is not None
        assert before.stop is not None
        onward = before.stop >= row.stop if row.side == Side.BUY else before.stop <= row.stop
        assert onward

    def check_books(self) -> None:
        for account_id, *books in self.world.sql(BOOKS, self._accounts):
            settled, unsettled, reserved, quantity, held, cost, realised, fees = books
            mine = [each for each in self.rows.values() if each.account_id == account_id]
            assert self.paid_in[account_id] == settled + unsettled + cost - realised + fees
            assert reserved == sum(each.cash for each in mine)
            assert held == sum(each.shares for each in mine)
            assert min(settled, unsettled, settled + unsettled - reserved, quantity - held) >= 0
            assert quantity == sum(
                each.filled if each.side == Side.BUY else -each.filled for each in mine
            )

    def teardown(self) -> None:
        for who in (0, 1):
            self.cancel_all(who)
        self.look()
        assert {each.state for each in self.rows.values()} <= TERMINAL
        assert all(not each.cash and not each.shares for each in self.rows.values())


class _Troubles(logging.Handler):
    """An order that broke a transaction is logged and set aside: here nobody may be."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(self.format(record))


@pytest.fixture
def _no_sockets() -> None:
    """The database and the cache are real here."""


@pytest.fixture
def troubles() -> Iterator[list[str]]:
    found: list[str] = []
    handler, logger = _Troubles(found), logging.getLogger("hub")
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


# It takes some ten seconds; a sequence that breaks the books takes minutes to be made short.
@pytest.mark.timeout(420)
def test_the_books_hold_whatever_is_asked_and_whatever_the_market_does(
    world: World, troubles: list[str]
):
    world.sql(
        "INSERT INTO fee_schedule VALUES"
        " ('XNYS', 'commission', '2000-01-01', NULL, 'share', 0.01, 0, NULL, 2, 'half_even'),"
        " ('XNYS', 'sec', '2000-01-01', 'sell', 'value', 0.0000224, 0, NULL, 2, 'up')"
    )

    class Here(Pipeline):
        def __init__(self) -> None:
            super().__init__(world, troubles)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert world.broken_invariants() == {}
