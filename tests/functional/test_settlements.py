"""GET /settlements, GET /good-faith-violations, POST /admin/settlements/run."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.requests import REQUEST_ID, Front
from tests.fixtures.worlds import OPEN, Customer

DUE = datetime(2012, 6, 6, 14, 0, tzinfo=UTC)


@pytest.fixture
def seller(front: Front) -> Customer:
    """Three sales on three days, of which one has settled."""
    world = front.world
    me = world.customer()
    world.give(me, "30", "100")
    for day in (0, 3, 4):
        world.market(OPEN + timedelta(days=day))
        world.quote("AAPL", "100", "100")
        world.submit(me, "sell", "10")
        world.process()
    world.settle_on(DUE)
    return me


def test_a_customer_sees_what_is_owed_and_what_has_settled(front: Front, seller: Customer):
    answer = front.call("settlement.list_settlements", seller)

    assert answer.status == 200
    shown = [
        (each["symbol"], each["amount"], each["trade_date"], each["settlement_date"])
        for each in answer.body["settlements"]
    ]
    assert shown == [
        ("AAPL", "1000.00", "2012-06-05", "2012-06-08"),
        ("AAPL", "1000.00", "2012-06-04", "2012-06-07"),
        ("AAPL", "1000.00", "2012-06-01", "2012-06-06"),
    ]
    assert [each["status"] for each in answer.body["settlements"]] == [
        "pending",
        "pending",
        "settled",
    ]
    assert answer.body["settlements"][2]["settled_amount"] == "1000.00"
    assert answer.body["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ({"status": "settled"}, ["2012-06-06"]),
        ({"status": "pending"}, ["2012-06-08", "2012-06-07"]),
        ({"start": "2012-06-07"}, ["2012-06-08", "2012-06-07"]),
        ({"end": "2012-06-06"}, ["2012-06-06"]),
        ({"start": "2012-06-09"}, []),
    ],
)
def test_filters(front: Front, seller: Customer, query: dict[str, str], dates: list[str]):
    answer = front.call("settlement.list_settlements", seller, query=query)

    assert [each["settlement_date"] for each in answer.body["settlements"]] == dates


def test_pages_follow_one_another(front: Front, seller: Customer):
    dates, cursor = [], None
    for _ in range(3):
        query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
        body = front.call("settlement.list_settlements", seller, query=query).body
        dates += [each["settlement_date"] for each in body["settlements"]]
        cursor = body["next_cursor"]

    assert dates == ["2012-06-08", "2012-06-07", "2012-06-06"]
    assert cursor is None


@pytest.mark.parametrize("route", ["list_settlements", "list_good_faith_violations"])
@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WyIyMDEyLTA2LTA2Il0", "W10"])
def test_a_cursor_that_was_not_given_out_is_refused(
    shared_front: Front, rich: Customer, route: str, cursor: str
):
    answer = shared_front.call(f"settlement.{route}", rich, query={"cursor": cursor})

    assert (answer.status, answer.faults) == (400, {("cursor", "cursor")})


def test_another_customer_sees_nothing_of_it(front: Front, seller: Customer):
    other = front.world.customer()
    path = {"account_id": seller.account_id}

    assert front.call("settlement.list_settlements", other).body["settlements"] == []
    assert front.call("settlement.list_settlements", other, query=path).status == 404
    assert front.call("settlement.list_good_faith_violations", other, query=path).status == 404


def test_sales_too_early_are_shown_page_by_page(front: Front):
    world = front.world
    me = world.customer()
    world.give(me, "10", "100")
    world.submit(me, "sell", "10")
    world.process()
    world.quote("IBM", "100", "100")
    for _ in range(2):
        world.submit(me, "buy", "5", symbol="IBM", limit="100")
        world.process()
    world.submit(me, "sell", "10", symbol="IBM")
    world.process()
    world.settle_on(DUE)

    first = front.call("settlement.list_good_faith_violations", me, query={"limit": "1"}).body
    query = {"limit": "1", "cursor": first["next_cursor"]}
    second = front.call("settlement.list_good_faith_violations", me, query=query).body

    found = first["violations"] + second["violations"]
    assert second["next_cursor"] is None
    assert len({each["purchase_id"] for each in found}) == 2
    for each in found:
        assert (each["symbol"], each["quantity"], each["unsettled_used"]) == ("IBM", "5", "500.00")
        assert (each["sold_on"], each["clears_on"]) == ("2012-06-01", "2012-06-06")


def test_an_administrator_starts_a_run_on_record(front: Front):
    world = front.world
    admin = world.customer()
    admin.scope = "customer admin"
    world.market(DUE)

    answer = front.call("settlement.run_settlement", admin)

    assert answer.status == 202
    assert answer.body == {
        "run": f"2012-06-06-{REQUEST_ID}",
        "as_of": "2012-06-06",
        "market_time": "2012-06-06T14:00:00Z",
    }
    assert list(world.settlement_runs.runs) == [answer.body["run"]]
    rows = world.sql("SELECT user_id::text, action, detail, trace_id FROM admin_actions")
    detail = {"run": answer.body["run"], "as_of": "2012-06-06"}
    assert rows == [(admin.customer_id, "run_settlement", detail, REQUEST_ID)]
