"""Terms of orders in the books: displayed sizes, amounts, prints, dates, hours, fees, limits."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.application.orders.cancel_all_orders import CancelAllOrdersCommand
from hub.application.orders.close_all_positions import CloseAllPositionsCommand
from hub.application.orders.close_position import ClosePositionCommand
from hub.application.orders.preview_order import PreviewOrderCommand
from hub.application.orders.submit_order import AccountLimitError
from hub.application.ports.orders import OpenOrders, OrderFilter
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.position import Position
from hub.domain.kernel import InvalidInputError, NotFoundError, RejectedError
from hub.domain.market.trade import SessionPrint
from hub.domain.orders.entry_rules import StopLoss, TakeProfit
from hub.domain.orders.order import Leg, OrderClass, State
from tests.fixtures.worlds import CLOSED, NEXT_OPEN, OPEN, TRACE, Customer, World, order_command

D = Decimal


# Displayed sizes


def test_what_a_quote_shows_is_shared_by_all_customers(world: World):
    first, second = world.customer("10000"), world.customer("10000")
    world.quote("AAPL", "99.98", "100", size="10")
    one = world.submit(first, "buy", "7")
    two = world.submit(second, "buy", "7")

    assert world.process().failed == []
    assert world.process().failed == []

    assert world.order(first, one).state is State.FILLED
    partly = world.order(second, two)
    assert (partly.state, partly.filled_quantity) == (State.PARTIALLY_FILLED, D(3))
    assert world.sql("SELECT bought, sold FROM quotes_taken") == [(D(10), D(0))]


def test_the_rest_of_an_ioc_is_canceled_and_its_money_free(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100", size="4")
    order = world.submit(customer, "buy", "10", tif="ioc")
    assert world.process().failed == []
    ended = world.order(customer, order)
    assert (ended.state, ended.filled_quantity) == (State.CANCELED, D(4))
    assert ended.reason_code == "rest_not_filled"
    assert world.balance(customer) == Balance(D(9600), D(0), D(0))


def test_a_fok_that_cannot_be_filled_whole_is_not_filled_at_all(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100", size="9")
    order = world.submit(customer, "buy", "10", tif="fok")
    assert world.process().failed == []
    assert world.order(customer, order).reason_code == "not_filled_whole"
    assert world.balance(customer) == Balance(D(10000), D(0), D(0))


def test_an_order_that_the_account_cannot_pay_leaves_its_share_to_others(world: World):
    poor, rich = world.customer("1040"), world.customer("10000")
    world.quote("AAPL", "99.98", "100", size="10")
    failing = world.submit(poor, "buy", "10")
    filling = world.submit(rich, "buy", "10")
    world.quote("AAPL", "119.98", "120", size="10")

    while world.sent.messages and world.process().messages:
        pass

    assert world.order(poor, failing).state is State.REJECTED
    assert world.order(rich, filling).state is State.FILLED


def test_with_unlimited_liquidity_an_order_trades_whole(world: World):
    world.venue(liquidity="unlimited")
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100", size="1")
    order = world.submit(customer, "buy", "50")
    assert world.process().failed == []
    assert world.order(customer, order).state is State.FILLED
    assert world.sql("SELECT count(*) FROM quotes_taken") == [(0,)]


def test_a_venue_with_dice_leaves_its_seed_in_the_record(world: World):
    world.venue(preset="alpaca", partial_fills="1", seed="7")
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "50")
    assert world.process().failed == []
    partly = world.order(customer, order)
    assert 0 < partly.filled_quantity < 50
    assert partly.filled_quantity % 1 == 0
    assert world.sql("SELECT seed FROM executions") == [(7,)]


def test_what_was_taken_of_old_quotes_is_forgotten(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    world.submit(customer, "buy", "5")
    world.process()
    world.pass_time(3599)
    world.hub.expire_orders("trace")
    assert world.sql("SELECT count(*) FROM quotes_taken") == [(1,)]
    world.pass_time(2)
    world.hub.expire_orders("trace")
    assert world.sql("SELECT count(*) FROM quotes_taken") == [(0,)]


# Amounts of money


def test_an_amount_of_money_buys_what_it_can_to_the_last_billionth(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "99.98", "300")
    order = world.submit(customer, "buy", "0", notional="1000")
    assert world.balance(customer).reserved == 1000
    world.quote("AAPL", "299.98", "310")
    assert world.process().failed == []
    filled = world.order(customer, order)
    assert (filled.state, filled.filled_quantity) == (State.FILLED, D("3.225806451"))
    assert world.balance(customer) == Balance(D(0), D(0), D(0))


def test_an_amount_that_shows_in_parts_is_spent_in_parts(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "99.98", "100", size="4")
    order = world.submit(customer, "buy", "0", notional="1000")
    assert world.process().failed == []
    partly = world.order(customer, order)
    assert (partly.filled_quantity, partly.reserved_cash) == (D(4), D(600))


def test_an_amount_of_money_is_sold_as_far_as_shares_are_reserved(world: World):
    customer = world.customer()
    world.give(customer, "10", "100")
    order = world.submit(customer, "sell", "0", notional="500")
    assert world.position(customer).reserved == 5
    world.quote("AAPL", "125", "125.02")
    assert world.process().failed == []
    assert world.order(customer, order).filled_quantity == 4
    assert world.position(customer) == Position(D(6), D(0), D(600), D(100))


# Prints


def printed(world: World, *, opening: str | None = None, closing: str | None = None) -> None:
    day = date(2012, 6, 4)
    world.quote(
        "AAPL",
        "99.98",
        "100",
        opening=SessionPrint(day, D(opening), "open-1") if opening else None,
        closing=SessionPrint(day, D(closing), "close-1") if closing else None,
    )


def test_an_opening_order_waits_for_the_print_of_the_next_session(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "5", tif="opg")
    assert world.process().failed == []
    assert world.order(customer, order).state is State.ACCEPTED
    assert world.hub.release_queued_orders("trace") == 0

    world.market(NEXT_OPEN + timedelta(seconds=1))
    printed(world, opening="101.50")
    assert world.hub.release_queued_orders("trace") == 1
    assert world.process().failed == []

    filled = world.order(customer, order)
    assert (filled.state, filled.average_price) == (State.FILLED, D("101.5"))


def test_an_opening_limit_that_the_print_passes_by_is_canceled(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "5", tif="opg", limit="101")
    world.process()
    world.market(NEXT_OPEN + timedelta(seconds=1))
    printed(world, opening="101.50")
    world.hub.release_queued_orders("trace")
    world.process()
    missed = world.order(customer, order)
    assert (missed.state, missed.reason_code) == (State.CANCELED, "missed_the_print")
    assert world.balance(customer).reserved == 0


def test_a_closing_order_executes_at_the_close_though_the_market_is_closed_by_then(world: World):
    customer = world.customer("10000")
    world.market(NEXT_OPEN + timedelta(hours=1))
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "5", tif="cls")
    assert world.process().failed == []
    world.market(NEXT_OPEN + timedelta(hours=6, minutes=31))
    printed(world, opening="99", closing="102.25")

    assert world.hub.release_queued_orders("trace") == 1
    assert world.process().failed == []

    filled = world.order(customer, order)
    assert (filled.state, filled.average_price) == (State.FILLED, D("102.25"))


def test_an_opening_order_whose_print_never_came_is_canceled_at_the_close(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "5", tif="opg")
    world.process()
    world.market(NEXT_OPEN + timedelta(hours=7))
    world.hub.expire_orders("trace")
    assert world.order(customer, order).reason_code == "session_missed"


# Dates and hours


@pytest.mark.parametrize(
    ("tif", "expire_date", "expires_at"),
    [
        ("day", None, datetime(2012, 6, 1, 20, tzinfo=UTC)),
        ("gtd", date(2012, 6, 10), datetime(2012, 6, 8, 20, tzinfo=UTC)),
        ("gtc", None, OPEN + timedelta(days=90)),
    ],
)
def test_an_order_lives_until_its_time_is_over(
    world: World, tif: str, expire_date: date | None, expires_at: datetime
):
    customer = world.customer("1000")
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "1", limit="90", tif=tif, expire_date=expire_date)
    world.process()
    assert world.order(customer, order).expires_at == expires_at

    world.market(expires_at - timedelta(seconds=1))
    world.hub.expire_orders("trace")
    assert world.order(customer, order).state is State.NEW
    world.market(expires_at)
    world.hub.expire_orders("trace")
    assert world.order(customer, order).state is State.EXPIRED
    assert world.balance(customer).reserved == 0


@pytest.mark.parametrize(
    ("day", "rule"), [(date(2012, 5, 31), "future"), (date(2012, 10, 1), "max_days")]
)
def test_a_date_that_cannot_be_is_refused(world: World, day: date, rule: str):
    customer = world.customer("1000")
    world.quote("AAPL", "99.98", "100")
    with pytest.raises(RejectedError) as refused:
        world.submit(customer, "buy", "1", limit="90", tif="gtd", expire_date=day)
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("expire_date", rule)]


def test_extended_hours_are_for_those_who_ask_for_them(world: World):
    customer = world.customer("1000")
    world.market(datetime(2012, 6, 1, 21, 0, tzinfo=UTC))
    world.quote("AAPL", "99.98", "100")
    waiting = world.submit(customer, "buy", "1", limit="100")
    trading = world.submit(customer, "buy", "1", limit="100", extended_hours=True)
    assert world.process().failed == []
    assert world.order(customer, waiting).state is State.ACCEPTED
    assert world.order(customer, trading).state is State.FILLED
    late = world.submit(customer, "buy", "1", limit="90", extended_hours=True)
    assert late.expires_at == datetime(2012, 6, 2, 0, 0, tzinfo=UTC)


def test_a_post_only_order_never_takes(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "99.98", "100")
    taking = world.submit(customer, "buy", "1", limit="100", post_only=True)
    making = world.submit(customer, "buy", "1", limit="99", post_only=True)
    assert world.process().failed == []
    assert world.order(customer, taking).reason_code == "post_only_would_take"
    assert world.order(customer, making).state is State.NEW
    assert world.balance(customer).reserved == 99


def test_a_venue_may_refuse_stops_that_the_market_has_passed(world: World):
    world.venue(in_market_stop="reject")
    customer = world.customer("1000")
    world.quote("AAPL", "99.98", "100")
    with pytest.raises(RejectedError) as refused:
        world.submit(customer, "buy", "1", stop_price="99")
    assert [fault.field for fault in refused.value.faults] == ["stop_price"]
    order = world.submit(customer, "buy", "1", stop_price="101")
    world.quote("AAPL", "101.98", "102")
    assert world.process().failed == []
    assert world.order(customer, order).reason_code == "stop_in_market"


# Fees


@pytest.fixture
def charging(world: World) -> World:
    world.sql(
        "INSERT INTO fee_schedule VALUES"
        " ('XNYS', 'commission', '2000-01-01', NULL, 'share', 0.005, 1, NULL, 2, 'half_even'),"
        " ('XNYS', 'sec', '2012-01-01', 'sell', 'value', 0.0000224, 0, NULL, 2, 'up'),"
        " ('XNYS', 'sec', '2030-01-01', 'sell', 'value', 1, 0, NULL, 2, 'up')"
    )
    return world


def test_fees_are_reserved_paid_and_told(charging: World):
    customer = charging.customer("2000")
    charging.quote("AAPL", "100", "100")
    bought = charging.submit(customer, "buy", "10", limit="100")
    assert charging.balance(customer).reserved == 1001
    assert charging.process().failed == []
    assert charging.order(customer, bought).fees == 1
    assert charging.balance(customer) == Balance(D(999), D(0), D(0))

    sold = charging.submit(customer, "sell", "10")
    assert charging.process().failed == []

    assert charging.order(customer, sold).fees == D("1.03")
    assert charging.balance(customer) == Balance(D(999), D("998.97"), D(0))
    [told] = [
        step.detail["fees"]
        for step in charging.hub.get_order_timeline(customer.customer_id, sold.order_id)
        if step.type == "OrderExecuted"
    ]
    assert told == {"commission": "1.00", "sec": "0.03"}


def test_a_sale_worth_less_than_its_fees_costs_no_more_than_it_brings(charging: World):
    customer = charging.customer("200")
    charging.quote("AAPL", "0.50", "0.50")
    charging.submit(customer, "buy", "1", limit="0.50")
    assert charging.process().failed == []
    sold = charging.submit(customer, "sell", "1")
    assert charging.process().failed == []
    assert charging.order(customer, sold).fees == D("0.5")


# Limits of an account


@pytest.mark.parametrize(
    ("limits", "orders", "broken"),
    [
        ("100, NULL, NULL", [("buy", "1")], "max_order_value"),
        ("NULL, 250, NULL", [("buy", "2"), ("buy", "1")], "max_position_value"),
        ("NULL, NULL, 1", [("buy", "1"), ("buy", "1")], "max_open_orders"),
    ],
)
def test_an_order_beyond_the_limits_of_the_account_is_refused(
    world: World, limits: str, orders: list[tuple[str, str]], broken: str
):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "101")
    world.sql(f"INSERT INTO account_limits VALUES ('{customer.account_id}', {limits})")
    for side, quantity in orders[:-1]:
        world.submit(customer, side, quantity, limit="101")
    before = world.contents()
    side, quantity = orders[-1]
    with pytest.raises(AccountLimitError) as refused:
        world.submit(customer, side, quantity, limit="101")
    assert [fault.rule for fault in refused.value.faults] == [broken]
    assert world.contents() == before


# Commands over many orders


def test_cancel_all_ends_every_open_order_and_frees_everything(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    world.quote("IBM", "99.98", "100")
    for _ in range(3):
        world.submit(customer, "buy", "1", limit="90")
    world.submit(
        customer,
        "buy",
        "2",
        limit="95",
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfit(D(110)),
        stop_loss=StopLoss(D(90)),
    )
    kept = world.submit(customer, "buy", "1", symbol="IBM", limit="90")
    world.process()

    which = OpenOrders(customer.customer_id, symbols=("AAPL",))
    results = world.hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE))

    assert [each.canceled for each in results] == [True] * 6
    assert {each.order.state for each in results} == {State.CANCELED}
    assert world.balance(customer).reserved == 90
    assert world.order(customer, kept).is_open
    again = world.hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE))
    assert list(again) == []


def close(world: World, customer: Customer, **more: Any) -> Any:
    given = {
        "quantity": None,
        "percentage": None,
        "cancel_orders": False,
        "client_order_id": None,
        **more,
    }
    return world.hub.close_position(
        ClosePositionCommand(
            customer.customer_id, customer.account_id, "AAPL", trace_id=TRACE, **given
        )
    )


@pytest.mark.parametrize(
    ("more", "left"),
    [({}, 0), ({"quantity": D(4)}, 6), ({"percentage": D("33.3")}, D("6.67"))],
)
def test_a_position_is_closed_in_whole_or_in_part(world: World, more: dict[str, Any], left: D):
    customer = world.customer()
    world.give(customer, "10", "100")
    close(world, customer, **more)
    assert world.process().failed == []
    assert world.position(customer).quantity == left


def test_open_sales_are_taken_back_before_a_position_is_closed_where_that_is_asked(world: World):
    customer = world.customer()
    world.give(customer, "10", "100")
    world.submit(customer, "sell", "6", limit="120")
    world.process()
    close(world, customer, cancel_orders=True)
    assert world.process().failed == []
    assert world.position(customer).quantity == 0


def test_what_is_not_held_cannot_be_closed(world: World):
    customer = world.customer("100")
    with pytest.raises(NotFoundError):
        close(world, customer)
    with pytest.raises(InvalidInputError):
        close(world, customer, quantity=D(1), percentage=D(1))


def test_everything_is_closed_and_what_cannot_be_is_told(world: World):
    customer = world.customer()
    world.give(customer, "10", "100")
    world.give(customer, "5", "100", symbol="IBM")
    world.submit(customer, "sell", "6", limit="120")
    world.process()
    command = CloseAllPositionsCommand(customer.customer_id, None, False, TRACE)
    results = {each.symbol: each for each in world.hub.close_all_positions(command)}
    assert world.process().failed == []
    assert results["AAPL"].refusal is not None
    assert results["AAPL"].refusal.code == "insufficient_holdings"
    assert world.position(customer, "IBM").quantity == 0
    assert world.position(customer).quantity == 10


# Looking before, and looking back


def preview(world: World, customer: Customer, side: str, quantity: str, **more: Any) -> Any:
    command = order_command(customer, side, quantity, **more)
    return world.hub.preview_order(
        PreviewOrderCommand(customer.customer_id, customer.account_id, command.order)
    )


def test_a_preview_says_what_would_become_of_an_order_and_changes_nothing(charging: World):
    customer = charging.customer("1000")
    charging.quote("AAPL", "99.98", "100", size="4")
    before = charging.contents()

    bought = preview(charging, customer, "buy", "5", limit="101")
    too_much = preview(charging, customer, "buy", "50")
    broken = preview(charging, customer, "buy", "5", limit="101.001")
    unheld = preview(charging, customer, "sell", "5")

    assert (bought.accepted, bought.required, bought.available) == (True, D(506), D(1000))
    expected = bought.expected
    assert (expected.outcome, expected.quantity, expected.price) == ("partially_filled", 4, 100)
    assert [(fee.kind, fee.amount) for fee in expected.fees] == [("commission", D(1))]
    assert [check.code for check in too_much.checks] == [None, "insufficient_buying_power"]
    assert not too_much.accepted
    assert [fault.field for fault in broken.checks[0].faults] == ["limit_price"]
    assert unheld.checks[-1].code == "insufficient_holdings"
    assert charging.contents() == before


def test_a_preview_in_a_closed_market_is_queued(world: World):
    customer = world.customer("1000")
    world.market(CLOSED)
    world.quote("AAPL", "99.98", "100")
    assert preview(world, customer, "buy", "1").expected.outcome == "queued"


def test_orders_are_listed_with_those_that_belong_to_them(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "99.98", "100")
    entry = world.submit(
        customer,
        "buy",
        "2",
        limit="95",
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfit(D(110)),
        stop_loss=StopLoss(D(90)),
    )
    alone = world.submit(customer, "buy", "1", limit="95")

    def listed(*, nested: bool) -> Any:
        wanted = OrderFilter(
            customer.customer_id, None, (), None, tuple(State), nested, None, None, None, 50
        )
        return world.hub.list_orders(wanted)

    flat, nested = listed(nested=False), listed(nested=True)
    assert (len(flat.orders), flat.legs) == (4, {})
    assert [each.order_id for each in nested.orders] == [alone.order_id, entry.order_id]
    assert {each.leg for each in nested.legs[entry.order_id]} == {"take_profit", "stop_loss"}


def test_closing_a_position_leaves_the_exits_of_a_resting_entry_alone(world: World):
    customer = world.customer("10000")
    world.give(customer, "10", "100")
    entry = world.submit(
        customer,
        "buy",
        "2",
        limit="95",
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfit(D(110)),
        stop_loss=StopLoss(D(90)),
    )
    assert world.process().failed == []

    close(world, customer, cancel_orders=True)
    assert world.process().failed == []

    assert world.position(customer).quantity == 0
    legs = world.legs(customer, entry)
    assert [legs[leg].state for leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS)] == [State.HELD] * 2
