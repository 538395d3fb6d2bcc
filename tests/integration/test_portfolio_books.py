"""What the portfolio says, against the ledger and the executions, after any sequence of trades."""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub.application.accounts.list_lots import ListLotsCommand
from hub.application.accounts.open_account import OpenAccountCommand
from hub.domain.kernel import notional, ratio
from tests.fixtures.worlds import TRACE, Customer, World

SYMBOLS = ("AAPL", "IBM", "MSFT")
ZERO = Decimal(0)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy", "sell"]),
        st.sampled_from(SYMBOLS),
        st.integers(0, 1),
        st.integers(1000, 10**6).map(lambda units: Decimal(units).scaleb(-4)),
        st.integers(100, 30_000).map(lambda cents: Decimal(cents).scaleb(-2)),
    ),
    min_size=4,
    max_size=12,
)


def two_accounts(world: World) -> tuple[Customer, Customer]:
    me = world.customer("1000000")
    second = world.hub.open_account(OpenAccountCommand(me.customer_id, "Second", None, TRACE))
    other = Customer(me.customer_id, second.account_id)
    world.deposit(other, "1000000")
    return me, other


def play(world: World, holders: Sequence[Customer], steps: Sequence[Any]) -> dict[str, Decimal]:
    """The last price of each symbol, once every step that can be taken was."""
    last: dict[str, Decimal] = {}
    for side, symbol, owner, quantity, price in steps:
        world.pass_time(1)
        last[symbol] = price
        world.quote(symbol, str(price), str(price))
        held = world.position(holders[owner], symbol).quantity
        if side == "sell" and not held:
            continue
        wanted = min(quantity, held) if side == "sell" else quantity
        world.submit(holders[owner], side, str(wanted), symbol=symbol)
        assert world.process().failed == []
    return last


def in_the_ledger(world: World, me: Customer) -> dict[str, Decimal]:
    return dict(
        world.sql(
            "SELECT ledger, sum(amount) FROM ledger_entries JOIN accounts USING (account_id)"
            " WHERE user_id = %s GROUP BY ledger",
            me.customer_id,
        )
    )


def first_in_first_out(world: World, holder: Customer, symbol: str) -> list[tuple[Any, ...]]:
    """The lots as a queue has them that every execution went through: id, quantity, cost."""
    queue: deque[list[Any]] = deque()
    for execution_id, side, quantity, value in world.sql(
        "SELECT execution_id::text, executions.side, executions.quantity, value FROM executions"
        " JOIN orders USING (order_id) WHERE executions.account_id = %s AND symbol = %s"
        " ORDER BY executions.executed_at, execution_id",
        holder.account_id,
        symbol,
    ):
        if side == "buy":
            queue.append([execution_id, quantity, quantity, value])
            continue
        sold = quantity
        while sold:
            taken = min(sold, queue[0][1])
            queue[0][1] -= taken
            sold -= taken
            if not queue[0][1]:
                queue.popleft()
    return [(lot, left, ratio(value, left, bought)) for lot, left, bought, value in queue]


def check_lots(world: World, holder: Customer, symbol: str) -> None:
    expected = first_in_first_out(world, holder, symbol)
    if not expected:
        return
    command = ListLotsCommand(holder.customer_id, holder.account_id, symbol, 100, None)
    shown = world.hub.list_lots(command)
    assert [
        (lot.purchase.execution_id, lot.quantity, lot.cost) for lot in reversed(shown.lots)
    ] == expected
    assert sum((lot.quantity for lot in shown.lots), ZERO) == shown.holding.quantity


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_summary_is_the_ledger_at_the_last_prices(world: World, steps: list[Any]):
    if not world.sql("SELECT 1 FROM fee_schedule"):
        world.sql(
            "INSERT INTO fee_schedule (market, kind, since, basis, rate, least, places, rounding)"
            " VALUES ('XNYS', 'commission', '2000-01-01', 'value', 0.0007, 0.01, 2, 'up')"
        )
    holders = two_accounts(world)
    last = play(world, holders, steps)
    summary = world.hub.get_portfolio_summary(holders[0].customer_id)
    ledger = in_the_ledger(world, holders[0])

    assert summary.cash == ledger["settled"] + ledger.get("unsettled", ZERO)
    bought = world.sql(
        "SELECT symbol, sum(CASE executions.side WHEN 'buy' THEN executions.quantity"
        " ELSE -executions.quantity END) FROM executions JOIN orders USING (order_id)"
        " JOIN accounts ON accounts.account_id = executions.account_id"
        " WHERE user_id = %s GROUP BY symbol",
        holders[0].customer_id,
    )
    worth = {symbol: notional(last[symbol], held) for symbol, held in bought if held}
    assets = {each.symbol: each for group in summary.categories for each in group.assets}
    assert {symbol: each.market_value for symbol, each in assets.items()} == worth
    assert summary.positions_value == sum(worth.values(), ZERO)
    # All that came in is there, or was gained, or was paid for trading.
    assert summary.total_value == (
        summary.positions_value
        - ledger["deposits"]
        - ledger.get("fees", ZERO)
        - ledger.get("market", ZERO)
    )
    realised = world.sql(
        "SELECT coalesce(sum(realised), 0) FROM positions JOIN accounts USING (account_id)"
        " WHERE user_id = %s",
        holders[0].customer_id,
    )[0][0]
    assert summary.invested - realised == ledger.get("market", ZERO)
    for group in summary.categories:
        assert group.current_total == sum((each.market_value for each in group.assets), ZERO)
        assert group.pnl == sum((each.unrealised for each in group.assets), ZERO)
    for holder in holders:
        for symbol in SYMBOLS:
            check_lots(world, holder, symbol)
