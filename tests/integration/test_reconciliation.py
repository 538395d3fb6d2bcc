"""Reconciliation on a real database and held files: what is planted is found, and by its kind."""

from datetime import UTC, date, datetime

import pytest

from hub.domain.kernel import UnavailableError
from tests.fixtures.requests import Front
from tests.fixtures.worlds import OPEN, TRACE, World

DAY = date(2012, 6, 1)
FOLDER = "recon/paper/2012-06-01/"
# After the extended hours of New York's Friday.
OVER = datetime(2012, 6, 2, 0, 0, tzinfo=UTC)
STILL = datetime(2012, 6, 1, 23, 59, tzinfo=UTC)


def trade(world: World) -> None:
    """A purchase and a sale of two customers, on the Friday."""
    world.market(OPEN)
    customers = [world.customer() for _ in range(2)]
    for customer in customers:
        world.give(customer, "10", "100")
    world.submit(customers[0], "sell", "4")
    assert world.process().failed == []


@pytest.fixture
def traded(tampered_world: World) -> World:
    trade(tampered_world)
    tampered_world.market(OVER)
    return tampered_world


def compare(world: World) -> list[tuple[str, str]]:
    """Publish and reconcile; the breaks by kind and the first word of what they are about."""
    world.hub.publish_venue_record(TRACE)
    world.hub.reconcile(TRACE)
    [found] = world.hub.get_reconciliation(DAY)
    return sorted((each.kind.value, each.subject.split()[0]) for each in found.breaks)


def alarms(world: World) -> list[dict[str, object]]:
    told = world.sent.told()
    return [each["detail"] for each in told if each["type"] == "ReconciliationBroken"]


def test_a_clean_day_is_compared_once_and_raises_no_alarm(traded: World):
    assert traded.hub.publish_venue_record(TRACE) == 1
    assert traded.hub.reconcile(TRACE) == 1
    [found] = traded.hub.get_reconciliation(DAY)
    assert (found.files, found.executions, list(found.breaks)) == (1, 3, [])
    assert alarms(traded) == []
    assert sorted(traded.objects.files) == [
        f"{FOLDER}cash-001.csv",
        f"{FOLDER}executions-001.csv",
        f"{FOLDER}positions-001.csv",
    ]

    before = traded.contents()
    assert (traded.hub.publish_venue_record(TRACE), traded.hub.reconcile(TRACE)) == (0, 0)
    assert traded.contents() == before


def test_nothing_is_written_or_compared_while_the_day_lasts(traded: World):
    traded.market(STILL)

    assert (traded.hub.publish_venue_record(TRACE), traded.hub.reconcile(TRACE)) == (0, 0)
    assert traded.objects.files == {}


def test_a_day_without_a_record_of_the_venue_waits_for_it(traded: World):
    assert traded.hub.reconcile(TRACE) == 0


def test_what_is_executed_later_is_added_in_a_file_of_its_own(traded: World):
    assert compare(traded) == []
    trade(traded)
    traded.market(OVER)

    assert compare(traded) == []
    [found] = traded.hub.get_reconciliation(DAY)
    assert (found.files, found.executions) == (2, 6)
    lines = {key: text.count(b"\n") for key, text in traded.objects.files.items()}
    assert lines[f"{FOLDER}executions-001.csv"] == lines[f"{FOLDER}executions-002.csv"] == 4


# What is done to our books once the venue has written, and what is found.
PLANTED = {
    "an execution is gone": (
        "DELETE FROM executions WHERE side = 'sell'",
        {("missing_ours", "execution"), ("cash", "cash")},
    ),
    "an execution's quantity": (
        "UPDATE executions SET quantity = quantity + 1 WHERE side = 'sell'",
        {("quantity", "execution")},
    ),
    "an execution's price": (
        "UPDATE executions SET price = price + 0.01 WHERE side = 'sell'",
        {("price", "execution")},
    ),
    "an execution's value": (
        "UPDATE executions SET value = value + 1 WHERE side = 'sell'",
        {("cash", "execution")},
    ),
    "an execution's settlement date": (
        "UPDATE executions SET settlement_date = settlement_date + 1 WHERE side = 'sell'",
        {("timing", "execution")},
    ),
    "an execution's moment": (
        "UPDATE executions SET market_time = market_time + interval '1 s' WHERE side = 'sell'",
        {("timing", "execution")},
    ),
    "the ledger": (
        "UPDATE ledger_entries SET amount = amount + 1 WHERE ledger = 'unsettled'",
        {("cash", "cash")},
    ),
    "a position": (
        "UPDATE positions SET quantity = quantity + 1 WHERE quantity = 6",
        {("quantity", "position")},
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found_by_its_kind_and_told(traded: World, what: str):
    statement, expected = PLANTED[what]
    traded.hub.publish_venue_record(TRACE)
    traded.tamper(statement)

    traded.hub.reconcile(TRACE)

    [found] = traded.hub.get_reconciliation(DAY)
    assert {(each.kind.value, each.subject.split()[0]) for each in found.breaks} == expected
    [alarm] = alarms(traded)
    assert (alarm["day"], alarm["breaks"]) == ("2012-06-01", len(found.breaks))


def test_an_execution_that_the_venue_never_had(traded: World):
    traded.hub.publish_venue_record(TRACE)
    key = f"{FOLDER}executions-001.csv"
    lines = traded.objects.files[key].splitlines(keepends=True)
    traded.objects.files[key] = b"".join(lines[:-1])

    traded.hub.reconcile(TRACE)

    [found] = traded.hub.get_reconciliation(DAY)
    assert [each.kind.value for each in found.breaks] == ["missing_theirs"]


def test_an_alarm_that_nobody_takes_is_raised_again(traded: World):
    traded.hub.publish_venue_record(TRACE)
    traded.tamper(PLANTED["a position"][0])
    traded.sent.up = False

    with pytest.raises(UnavailableError):
        traded.hub.reconcile(TRACE)
    assert traded.sql("SELECT * FROM reconciliations") == []
    traded.sent.up = True

    assert traded.hub.reconcile(TRACE) == 1
    assert len(alarms(traded)) == 1


def test_without_the_store_nothing_is_kept_and_the_next_time_it_is(traded: World):
    traded.objects.up = False
    for job in (traded.hub.publish_venue_record, traded.hub.reconcile):
        with pytest.raises(UnavailableError):
            job(TRACE)
    traded.objects.up = True

    assert compare(traded) == []


def test_a_comparison_is_recorded_once(traded: World):
    assert compare(traded) == []
    [found] = traded.hub.get_reconciliation(DAY)

    traded.hub.reconciliations.record(found._replace(reconciliation_id=traded.ids.new()))

    assert traded.sql("SELECT count(*) FROM reconciliations") == [(1,)]


def test_an_administrator_reads_the_breaks_of_a_day(traded: World):
    traded.hub.publish_venue_record(TRACE)
    traded.tamper(PLANTED["an execution's price"][0])
    traded.hub.reconcile(TRACE)
    admin = traded.customer()
    admin.scope = "admin"
    front = Front(traded)

    answer = front.call("settlement.get_reconciliation", admin, path={"date": "2012-06-01"})
    unknown = front.call("settlement.get_reconciliation", admin, path={"date": "2012-05-31"})
    wrong = front.call("settlement.get_reconciliation", admin, path={"date": "2012-06-31"})

    assert (answer.status, answer.body["clean"]) == (200, False)
    [compared] = answer.body["reconciliations"]
    assert (compared["venue"], compared["files"], compared["executions"]) == ("paper", 1, 3)
    [found] = compared["breaks"]
    assert (found["kind"], found["ours"], found["theirs"]) == ("price", "100.01", "100.00")
    assert (unknown.status, wrong.status) == (404, 400)
