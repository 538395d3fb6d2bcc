"""What the database itself refuses, whoever asks."""

import psycopg
import pytest

from tests.fixtures.worlds import World

RECORDS = (
    "ledger_transactions",
    "ledger_entries",
    "executions",
    "account_events",
    "audit_events",
)


@pytest.fixture(scope="module")
def traded(shared_world: World) -> World:
    world = shared_world
    world.give(world.customer("1000"), "1", "100")
    return world


def urls(world: World) -> dict[str, str]:
    return world.urls._asdict()


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("change", ["UPDATE {} SET account_id = account_id", "DELETE FROM {}"])
def test_a_record_is_never_changed(traded: World, role: str, table: str, change: str):
    before = traded.contents()
    with (
        psycopg.connect(urls(traded)[role]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(change.format(table).encode())
    assert traded.contents() == before


@pytest.mark.parametrize("table", RECORDS)
def test_records_are_not_emptied_by_their_owner(traded: World, table: str):
    with (
        psycopg.connect(traded.urls.owner) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"TRUNCATE {table} CASCADE".encode())


@pytest.mark.parametrize("role", ["app", "owner"])
def test_unbalanced_entries_are_refused(traded: World, role: str):
    ((account, kept),) = traded.sql(
        "SELECT account_id, (SELECT count(*) FROM ledger_entries) FROM accounts"
    )
    new = str(traded.ids.new())
    transaction = "INSERT INTO ledger_transactions VALUES (%s, %s, 'gift', %s, now())"
    entries = (
        "INSERT INTO ledger_entries VALUES (%(id)s, %(account)s, 'settled', 'USD', 1),"
        " (%(id)s, %(account)s, 'deposits', 'USD', -0.999999)"
    )
    with psycopg.connect(urls(traded)[role]) as connection:
        connection.execute(transaction, (new, account, new))
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            connection.execute(entries, {"id": new, "account": account})
    assert refused.value.diag.constraint_name == "ledger_is_balanced"
    assert traded.sql("SELECT count(*) FROM ledger_entries") == [(kept,)]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE balances SET settled = -1, unsettled = 9", "ck_balances_settled_range"),
        ("UPDATE balances SET unsettled = -1", "ck_balances_unsettled_range"),
        ("UPDATE balances SET settled = 'NaN'", "ck_balances_settled_range"),
        (
            "UPDATE balances SET reserved = settled + unsettled + 0.000001",
            "ck_balances_available_not_negative",
        ),
        ("UPDATE positions SET reserved = quantity + 1", "ck_positions_sellable_not_negative"),
        ("UPDATE positions SET quantity = 'NaN'", "ck_positions_quantity_range"),
        ("UPDATE orders SET filled_quantity = quantity * 2", "ck_orders_filled_at_most_quantity"),
        ("UPDATE orders SET quantity = 'NaN'", "ck_orders_quantity_range"),
        ("UPDATE orders SET limit_price = 'NaN'", "ck_orders_limit_price_range"),
        ("UPDATE orders SET limit_price = NULL", "ck_orders_limit_has_its_price"),
        ("UPDATE orders SET state = 'done'", "ck_orders_state_known"),
        ("UPDATE orders SET side = 'hold'", "ck_orders_side_known"),
    ],
)
def test_no_row_holds_what_cannot_be(traded: World, change: str, constraint: str):
    with (
        psycopg.connect(traded.urls.app) as connection,
        pytest.raises(psycopg.errors.CheckViolation) as refused,
    ):
        connection.execute(change.encode())
    assert refused.value.diag.constraint_name == constraint


def test_infinity_has_no_place_in_a_column_of_money(traded: World):
    with (
        psycopg.connect(traded.urls.app) as connection,
        pytest.raises(psycopg.errors.NumericValueOutOfRange),
    ):
        connection.execute("UPDATE balances SET settled = 'Infinity'")


def test_an_execution_is_booked_once(traded: World):
    with (
        psycopg.connect(traded.urls.app) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(
            "INSERT INTO executions SELECT gen_random_uuid(), order_id, fill_sequence, account_id,"
            " instrument_id, side, quantity, price, value, fees, trade_date, settlement_date,"
            " quote_id, quote, trade, seed, market_time, executed_at FROM executions"
        )
