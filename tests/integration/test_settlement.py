"""Settlement on a real database: once, on its date, whatever happens in between."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.application.ports.settlement import AccountRange
from hub.application.settlement import settle_accounts
from hub.application.settlement.settle_accounts import SettleAccountsCommand
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import AccountId, UnavailableError
from tests.fixtures.races import Track
from tests.fixtures.worlds import OPEN, TRACE, Customer, World

D = Decimal
# Three business days after the Friday of these trades.
DUE = datetime(2012, 6, 6, 14, 0, tzinfo=UTC)
DAY_BEFORE = DUE - timedelta(days=1)
ALL = AccountRange(AccountId("00000000-0000-0000-0000-000000000000"), None)
ON_DUE_DAY = SettleAccountsCommand(ALL, DUE.date(), DUE, TRACE)


def seller(world: World, quantity: str = "10", price: str = "100") -> Customer:
    customer = world.customer()
    world.give(customer, quantity, price)
    world.submit(customer, "sell", quantity)
    assert world.process().failed == []
    return customer


def settled_rows(world: World) -> list[tuple[Decimal, Decimal | None]]:
    return world.sql("SELECT amount, settled_amount FROM settlement_obligations ORDER BY 1")


def test_proceeds_settle_on_their_date_and_not_before(world: World):
    customer = seller(world)

    assert world.settle_on(DAY_BEFORE) == []
    assert world.balance(customer) == Balance(D(0), D(1000), D(0))
    (page,) = world.settle_on(DUE)

    assert (page.settled, page.amount, page.failed, page.next) == (1, D(1000), [], None)
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))
    assert settled_rows(world) == [(D(1000), D(1000))]


def test_a_settlement_is_in_ledger_log_chain_and_on_the_bus(world: World):
    customer = seller(world)
    world.settle_on(DUE)

    entries = world.sql(
        "SELECT ledger, amount FROM ledger_entries JOIN ledger_transactions USING (transaction_id)"
        " WHERE kind = 'settlement' ORDER BY 1"
    )
    assert entries == [("settled", D(1000)), ("unsettled", D(-1000))]
    ((detail, market_time),) = world.sql(
        "SELECT detail, market_time FROM account_events WHERE type = 'CashSettled'"
    )
    assert (detail["amount"], detail["as_of"], market_time) == ("1000.00", "2012-06-06", DUE)
    ((payload,),) = world.sql("SELECT payload FROM audit_events ORDER BY sequence DESC LIMIT 1")
    link = json.loads(payload)
    assert (link["actor"], link["action"]) == ("settlement", "settled")
    assert link["before"] == {"settled": "0.00", "unsettled": "1000.00"}
    assert link["after"] == {"settled": "1000.00", "unsettled": "0.00"}
    told = [each for each in world.sent.told() if each["type"] == "CashSettled"]
    assert [each["account_id"] for each in told] == [customer.account_id]


def test_a_second_run_changes_nothing_at_all(world: World):
    seller(world)
    world.settle_on(DUE)
    before = world.contents()

    assert world.settle_on(DUE) == []
    again = world.hub.settle_accounts(ON_DUE_DAY)

    assert (again.settled, again.failed) == (0, [])
    assert world.contents() == before


def test_runs_side_by_side_settle_once(world: World):
    for _ in range(3):
        seller(world)
    track = Track(world)

    outcomes = track.run([lambda hub: hub.settle_accounts(ON_DUE_DAY)] * 2)

    assert [each.refusal for each in outcomes] == [None, None]
    assert sum(each.result.settled for each in outcomes) == 3
    assert settled_rows(world) == [(D(1000), D(1000))] * 3


def test_what_was_spent_before_it_settled_does_not_come_back(world: World):
    customer = seller(world)
    world.quote("IBM", "100", "100")
    world.submit(customer, "buy", "4", symbol="IBM", limit="100")
    world.process()
    assert world.balance(customer) == Balance(D(0), D(600), D(0))

    world.settle_on(DUE)

    assert world.balance(customer) == Balance(D(600), D(0), D(0))
    assert settled_rows(world) == [(D(1000), D(600))]


def test_what_orders_reserve_is_reserved_still(world: World):
    customer = seller(world)
    world.quote("IBM", "100", "100.02")
    world.submit(customer, "buy", "5", symbol="IBM", limit="90", tif="gtc")
    world.process()

    world.settle_on(DUE)

    assert world.balance(customer) == Balance(D(1000), D(0), D(450))


def test_of_two_sales_each_settles_on_its_own_date(world: World):
    customer = world.customer()
    world.give(customer, "2", "100")
    world.submit(customer, "sell", "1")
    world.process()
    world.market(OPEN + timedelta(days=3))
    world.quote("AAPL", "100", "100")
    world.submit(customer, "sell", "1")
    world.process()

    world.settle_on(DUE)
    assert world.balance(customer) == Balance(D(100), D(100), D(0))
    world.settle_on(DUE + timedelta(days=1))
    assert world.balance(customer) == Balance(D(200), D(0), D(0))


def test_a_missed_night_is_made_up_for(world: World):
    customer = seller(world)

    world.settle_on(DUE + timedelta(days=20))

    assert world.balance(customer).settled == 1000


def test_nothing_settles_while_nobody_keeps_the_markets_clock(world: World):
    seller(world)
    world.market(DUE)
    world.clock.advance(60)

    assert world.hub.settle_trades(TRACE) == 0
    assert world.settlement_runs.runs == {}


def test_before_the_open_it_is_still_the_day_before(world: World):
    seller(world)

    assert world.settle_on(DUE.replace(hour=13, minute=29)) == []


def test_a_schedule_that_wakes_twice_starts_one_run(world: World):
    seller(world)
    world.market(DUE)

    assert [world.hub.settle_trades(TRACE) for _ in range(2)] == [1, 1]
    assert list(world.settlement_runs.runs) == [f"2012-06-06-{TRACE}"]


def test_pages_and_batches_reach_every_account(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settle_accounts, "BATCH", 2)
    monkeypatch.setattr(settle_accounts, "PAGE", 3)
    customers = [seller(world) for _ in range(8)]
    found = world.hub.settlements.due_ranges(DUE.date(), 5)
    assert [each.before for each in found] == [found[1].first, None]

    pages = world.settle_on(DUE)

    assert [each.settled for each in pages] == [3, 3, 2]
    assert {world.balance(each).settled for each in customers} == {D(1000)}
    assert world.hub.settlements.due_ranges(DUE.date(), 5) == []


def test_an_account_that_cannot_settle_does_not_keep_the_others(tampered_world: World):
    world = tampered_world
    customers = [seller(world) for _ in range(3)]
    sick = customers[1].account_id
    world.tamper(
        "ALTER TABLE ledger_entries ADD CONSTRAINT sick CHECK"
        f" (ledger <> 'settled' OR amount < 0 OR account_id <> '{sick}') NOT VALID"
    )

    (page,) = world.settle_on(DUE)

    assert (page.settled, page.failed) == (2, [sick])
    assert [world.balance(each).settled for each in customers] == [D(1000), D(0), D(1000)]
    world.tamper("ALTER TABLE ledger_entries DROP CONSTRAINT sick")
    (page,) = world.settle_on(DUE)
    assert (page.settled, page.failed) == (1, [])
    assert world.broken_invariants() == {}


def test_a_run_that_dies_between_two_transactions_is_taken_up(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settle_accounts, "BATCH", 1)
    customers = [seller(world) for _ in range(2)]
    world.market(DUE)
    relay = world.hub.settle_accounts.relay
    assert relay.publisher is world.sent
    world.sent.up = False
    forgotten = world.hub.outbox
    monkeypatch.setattr(
        type(world.hub.settlements_at_work),
        "open",
        _dying_second(type(world.hub.settlements_at_work).open),
    )
    with pytest.raises(UnavailableError):
        world.hub.settle_accounts(ON_DUE_DAY)
    assert sorted(world.balance(each).settled for each in customers) == [0, 1000]
    monkeypatch.undo()
    world.sent.up = True

    world.settle_on(DUE)

    assert [world.balance(each).settled for each in customers] == [1000, 1000]
    with forgotten.claim(world.clock.now() + timedelta(minutes=1), 100) as left:
        assert [json.loads(each.body)["type"] for each in left] == ["CashSettled"]


def _dying_second(original):
    calls = []

    def open_(self, account_ids, since):
        calls.append(account_ids)
        if len(calls) == 2:
            raise UnavailableError("the database does not answer", code="database")
        return original(self, account_ids, since)

    return open_


def test_a_sale_too_early_is_recorded_and_told(world: World):
    customer = seller(world)
    world.quote("IBM", "100", "100")
    world.submit(customer, "buy", "10", symbol="IBM", limit="100")
    world.process()
    world.submit(customer, "sell", "6", symbol="IBM")
    world.process()
    assert world.sql("SELECT * FROM good_faith_violations") == []

    world.settle_on(DUE)

    rows = world.sql(
        "SELECT account_id::text, quantity, unsettled_used, sold_on, clears_on"
        " FROM good_faith_violations"
    )
    due = DUE.date()
    assert rows == [(customer.account_id, D(6), D(1000), date(2012, 6, 1), due)]
    told = [each["detail"] for each in world.sent.told() if each["type"] == "GoodFaithViolated"]
    assert [(each["quantity"], each["sold_on"]) for each in told] == [("6", "2012-06-01")]
    world.settle_on(DUE + timedelta(days=1))
    assert world.sql("SELECT count(*) FROM good_faith_violations") == [(1,)]


def test_a_sale_after_the_money_settled_is_no_violation(world: World):
    customer = seller(world)
    world.quote("IBM", "100", "100")
    world.submit(customer, "buy", "10", symbol="IBM", limit="100")
    world.process()
    world.settle_on(DUE)
    world.quote("IBM", "100", "100")
    world.submit(customer, "sell", "10", symbol="IBM")
    world.process()

    world.settle_on(DUE + timedelta(days=10))

    assert world.balance(customer).settled == 1000
    assert world.sql("SELECT * FROM good_faith_violations") == []
