"""From a request to its orders; and from when to when they live."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from hub.application.orders.lifetime import LONGEST, lifetime
from hub.domain.kernel import AccountId, InstrumentId, OrderId, RejectedError, UnavailableError
from hub.domain.market.calendar import Calendar, Session
from hub.domain.orders.entry_rules import NewOrder, StopLoss
from hub.domain.orders.order import Leg, Order, OrderClass, OrderType, State, TimeInForce
from hub.domain.orders.placing import Placement, orders_for
from tests.fixtures.orders import BUY, SELL, asked
from tests.fixtures.values import AT


def placed(wanted: NewOrder, trigger_price: str | None = "100") -> list[Order]:
    trigger = None if trigger_price is None else Decimal(trigger_price)
    account, instrument = AccountId("a"), InstrumentId("i")
    placement = Placement(account, instrument, Decimal(100), trigger, AT, AT, expires_at=AT)
    numbers = count(1)
    return orders_for(wanted, placement, lambda: OrderId(f"o{next(numbers)}"))


def test_a_simple_order_stands_alone():
    [order] = placed(asked(BUY, OrderType.LIMIT, limit_price="99"))
    assert (order.state, order.group_id, order.leg) == (State.PENDING_NEW, None, None)
    assert (order.limit_price, order.expires_at) == (Decimal(99), AT)


@pytest.mark.parametrize(("amount", "quantity"), [("250", "2.5"), ("1", "0.01")])
def test_a_notional_starts_as_what_it_buys_at_the_market(amount: str, quantity: str):
    [order] = placed(asked(quantity=None, notional=amount))
    assert (order.quantity, order.notional) == (Decimal(quantity), Decimal(amount))


def test_a_bracket_is_an_entry_and_two_held_exits_on_the_other_side():
    orders = placed(asked(SELL, gain="90", loss="110"))
    assert [(each.side, each.state, each.leg) for each in orders] == [
        (SELL, State.PENDING_NEW, Leg.ENTRY),
        (BUY, State.HELD, Leg.TAKE_PROFIT),
        (BUY, State.HELD, Leg.STOP_LOSS),
    ]
    assert {each.group_id for each in orders} == {"o1"}
    assert [each.parent_id for each in orders] == [None, "o1", "o1"]
    assert [each.limit_price for each in orders] == [None, Decimal(90), None]
    assert [each.stop_price for each in orders] == [None, None, Decimal(110)]


def test_an_oco_is_two_exits_on_the_side_that_is_asked_for():
    wanted = asked(SELL, OrderType.LIMIT, gain="110", loss="90", order_class=OrderClass.OCO)
    orders = placed(wanted._replace(stop_loss=StopLoss(Decimal(90), Decimal(89))))
    assert [(each.side, each.state) for each in orders] == [(SELL, State.PENDING_NEW)] * 2
    assert [each.type for each in orders] == [OrderType.LIMIT, OrderType.STOP_LIMIT]
    assert [each.parent_id for each in orders] == [None, None]


@pytest.mark.parametrize(("trigger", "stop"), [("100", Decimal(98)), (None, None)])
def test_a_trail_starts_where_its_stops_listen(trigger: str | None, stop: Decimal | None):
    [order] = placed(asked(SELL, OrderType.TRAILING_STOP, trail_price="2"), trigger)
    assert order.stop_price == stop


def session(day: int, close: int = 20) -> Session:
    at = datetime(2018, 7, day, tzinfo=UTC)
    return Session("XNYS", at.date(), at + timedelta(hours=13.5), at + timedelta(hours=close))


# Tuesday closes early; Wednesday is a holiday.
CALENDAR = Calendar([session(2), session(3, close=17), session(5), session(6)])


def moment(day: int, hour: int) -> datetime:
    return datetime(2018, 7, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tif", "sent", "works", "ends"),
    [
        (TimeInForce.DAY, moment(2, 15), moment(2, 15), session(2).close),
        (TimeInForce.DAY, moment(3, 15), moment(3, 15), moment(3, 17)),
        (TimeInForce.DAY, moment(3, 17), session(5).open, session(5).close),
        (TimeInForce.DAY, moment(4, 15), session(5).open, session(5).close),
        (TimeInForce.GTC, moment(4, 15), session(5).open, moment(4, 15) + LONGEST),
        (TimeInForce.IOC, moment(2, 15), moment(2, 15), session(2).close),
        (TimeInForce.OPG, moment(2, 12), session(2).open, session(2).close),
        (TimeInForce.OPG, moment(2, 15), session(3).open, moment(3, 17)),
        (TimeInForce.CLS, moment(2, 15), session(2).close, moment(3, 17)),
        (TimeInForce.CLS, moment(2, 21), moment(3, 17), session(5).close),
    ],
)
def test_an_order_lives_by_the_sessions(
    tif: TimeInForce, sent: datetime, works: datetime, ends: datetime
):
    assert lifetime(asked(tif=tif), CALENDAR, sent) == (works, ends)


@pytest.mark.parametrize(("day", "ends"), [(5, 5), (4, 3), (3, 3)])
def test_gtd_ends_with_the_last_session_up_to_its_day(day: int, ends: int):
    wanted = asked(tif=TimeInForce.GTD, expire_date=date(2018, 7, day))
    close = {5: session(5).close, 3: moment(3, 17)}[ends]
    assert lifetime(wanted, CALENDAR, moment(2, 15)).expires_at == close


@pytest.mark.parametrize(
    ("day", "rule"), [(date(2018, 7, 1), "future"), (date(2018, 10, 1), "max_days")]
)
def test_gtd_neither_in_the_past_nor_too_far_ahead(day: date, rule: str):
    with pytest.raises(RejectedError) as caught:
        lifetime(asked(tif=TimeInForce.GTD, expire_date=day), CALENDAR, moment(2, 15))
    assert [fault.rule for fault in caught.value.faults] == [rule]


@pytest.mark.parametrize(
    ("sent", "works", "ends"),
    [
        (moment(2, 9), moment(2, 9), moment(3, 0)),
        (moment(2, 22), moment(2, 22), moment(3, 0)),
        (moment(2, 7), moment(2, 8), moment(3, 0)),
        (moment(4, 12), moment(5, 8), moment(6, 0)),
    ],
)
def test_extended_hours_begin_before_the_open_and_end_after_the_close(
    sent: datetime, works: datetime, ends: datetime
):
    assert lifetime(asked(extended_hours=True), CALENDAR, sent) == (works, ends)


def test_where_the_calendar_ends_nothing_is_promised():
    with pytest.raises(UnavailableError):
        lifetime(asked(tif=TimeInForce.DAY), CALENDAR, moment(7, 12))
