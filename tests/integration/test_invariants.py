"""Each invariant can fail: the books are tampered with, and the invariant that names it sees it."""

import pytest

from hub.adapters.postgres.invariants import INVARIANTS
from hub.domain.orders.order import MOVES
from tests.fixtures.worlds import World

# One wrong thing each; some of them several invariants see, as they should.
TAMPERINGS = {
    "transactions-balance": (
        (
            "UPDATE ledger_entries SET amount = amount + 1 WHERE ctid ="
            " (SELECT ctid FROM ledger_entries WHERE ledger = 'deposits' LIMIT 1)"
        ),
    ),
    "books-balance": (
        (
            "UPDATE ledger_entries SET amount = amount + 1 WHERE ctid ="
            " (SELECT ctid FROM ledger_entries WHERE ledger = 'market' LIMIT 1)"
        ),
    ),
    "cash-is-ledger": ("UPDATE balances SET settled = settled + 0.000001",),
    "cash-not-negative": (
        "ALTER TABLE balances DROP CONSTRAINT ck_balances_available_not_negative",
        "UPDATE balances SET reserved = settled + unsettled + 0.000001",
    ),
    "cash-reserved-for-orders": (
        "UPDATE orders SET reserved_cash = reserved_cash + 1 WHERE state = 'new' AND side = 'buy'",
    ),
    "shares-reserved-for-orders": (
        "UPDATE positions SET reserved = reserved - 0.000000001 WHERE reserved > 0",
    ),
    "ended-orders-reserve-nothing": (
        "UPDATE orders SET reserved_cash = 1 WHERE state = 'filled' AND side = 'buy'",
    ),
    "positions-cost-what-was-paid": ("UPDATE positions SET cost = cost + 0.000001",),
    "positions-are-executions": ("UPDATE positions SET quantity = quantity + 0.000000001",),
    "fills-fit-orders": (
        "UPDATE orders SET filled_value = filled_value + 0.000000000000001 WHERE fills = 1",
    ),
    "executions-are-booked": (
        "UPDATE ledger_transactions SET kind = 'other' WHERE kind = 'execution'",
    ),
    "limits-are-kept": ("UPDATE orders SET limit_price = 99 WHERE fills = 1 AND side = 'buy'",),
    "prices-were-quoted": ("""UPDATE executions SET quote = quote || '{"symbol": "IBM"}'""",),
    "moves-are-legal": (
        "UPDATE account_events SET state_after = 'expired' WHERE state_after = 'filled'",
    ),
    "events-are-gapless": ("DELETE FROM account_events WHERE sequence = 1",),
    "audit-chain": (
        "UPDATE audit_events SET payload = replace(payload, 'submitted', 'submittee')",
    ),
    "fees-are-booked": ("UPDATE executions SET fees = fees + 0.000001 WHERE fill_sequence = 1",),
    "exits-fit-entries": (
        (
            "UPDATE orders SET order_class = 'oto', group_id = account_id,"
            " leg = CASE side WHEN 'buy' THEN 'entry' ELSE 'take_profit' END"
        ),
        "UPDATE orders SET filled_quantity = 0 WHERE leg = 'entry'",
    ),
    "sizes-are-not-exceeded": ("UPDATE quotes_taken SET bought = bought + 1000",),
    "sales-settle": ("UPDATE settlement_obligations SET amount = amount + 0.000001",),
    "unsettled-is-owed": (
        "UPDATE settlement_obligations SET settled_at = now(), settled_amount = 0",
    ),
    "settlements-are-booked": (
        "UPDATE settlement_obligations SET settled_at = now(), settled_amount = amount",
    ),
    "one-refresh-token": (
        "INSERT INTO refresh_tokens SELECT 'another', session_id, created_at FROM login_sessions",
    ),
}
MORE = {
    "orders without a history": (
        "moves-are-legal",
        ("DELETE FROM account_events WHERE order_id IS NOT NULL",),
    ),
    "a state that no event tells": (
        "moves-are-legal",
        ("UPDATE orders SET state = 'canceled' WHERE state = 'new'",),
    ),
    "an oversold position": (
        "positions-are-executions",
        (
            "ALTER TABLE positions DROP CONSTRAINT ck_positions_sellable_not_negative",
            "UPDATE positions SET reserved = quantity + 1",
        ),
    ),
    "an execution priced outside its quote": (
        "prices-were-quoted",
        (
            "UPDATE orders SET limit_price = NULL, type = 'market'",
            "UPDATE executions SET price = 100.5 WHERE side = 'sell'",
        ),
    ),
    "a lost execution": ("fills-fit-orders", ("DELETE FROM executions",)),
    "a lost obligation": ("sales-settle", ("DELETE FROM settlement_obligations",)),
    "a changed settlement date": (
        "sales-settle",
        ("UPDATE settlement_obligations SET settlement_date = settlement_date + 1",),
    ),
    "an audit chain that was cut at its end": (
        "audit-chain",
        (
            (
                "DELETE FROM audit_events e USING accounts a WHERE e.account_id = a.account_id"
                " AND e.sequence = a.audit_sequence"
            ),
        ),
    ),
    "a head that claims one event more": (
        "events-are-gapless",
        ("UPDATE accounts SET event_sequence = event_sequence + 1",),
    ),
    "a filled order that still stands open": (
        "fills-fit-orders",
        ("UPDATE orders SET state = 'new' WHERE state = 'filled'",),
    ),
}


@pytest.fixture
def traded(tampered_world: World) -> World:
    """Shares held and sold, cash and shares reserved by resting orders: something of each kind."""
    world = tampered_world
    customer = world.customer("1000")
    world.give(customer, "10", "100")
    world.submit(customer, "sell", "2", limit="100")
    world.process()
    world.submit(customer, "buy", "1", limit="90")
    world.submit(customer, "sell", "1", limit="130")
    world.process()
    assert world.broken_invariants() == {}
    return world


def test_every_invariant_has_a_tampering_that_proves_it():
    assert set(TAMPERINGS) == {each.name for each in INVARIANTS}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampered_book_breaks_the_invariant(traded: World, name: str):
    traded.tamper(*TAMPERINGS[name])
    assert traded.broken_invariants().get(name, 0) > 0


@pytest.mark.parametrize("what", MORE)
def test_tampering_is_seen(traded: World, what: str):
    name, statements = MORE[what]
    traded.tamper(*statements)
    assert traded.broken_invariants().get(name, 0) > 0


def test_the_invariant_of_moves_knows_exactly_the_state_machine_s_moves(tampered_world: World):
    query = next(each.query for each in INVARIANTS if each.name == "moves-are-legal")
    values = query[query.index("VALUES") : query.index(")\n        SELECT coalesce")]
    rows = tampered_world.sql(f"SELECT * FROM ({values}) moves")
    assert set(rows) == {(state, to) for state, moves in MOVES.items() for to in moves}
