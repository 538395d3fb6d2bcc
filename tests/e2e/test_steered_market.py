"""A platform whose market clock an administrator moves: sessions, quotes and orders follow."""

from hub.adapters.postgres.admins import set_admin
from local.services.postgres import Postgres
from tests.e2e.platforms import Answer, Customer, Platform
from tests.services.processes import wait_until

FAR = "1.00"


def steer(admin: Customer, **wish: object) -> Answer:
    return admin.ask("PUT", "/admin/market/clock", {"reason": "a rehearsal", **wish})


def test_an_administrator_takes_the_market_through_a_close_and_an_open(own: Platform):
    own.start()
    customer = Customer(own.api_port, cash="100000.00")
    database = Postgres(own.folder)
    assert database.running_url()
    assert set_admin(database.owner_url, customer.registered.body["user_id"], admin=True)
    customer.log_in()

    paused = steer(customer, paused=True)
    closing = customer.order(time_in_force="cls").body["order_id"]
    far = customer.order(type="limit", limit_price=FAR).body["order_id"]
    # Each is processed by itself, and either may come first.
    wait_until(lambda: customer.get(f"/orders/{far}").body["state"] == "new", 20)
    wait_until(lambda: customer.get(f"/orders/{closing}").body["state"] == "accepted", 20)
    closed = steer(customer, at="2012-06-01T20:00:00Z")
    closing_end, far_end = customer.ended(closing), customer.ended(far)
    waiting = customer.order(time_in_force="gtc").body["order_id"]
    wait_until(lambda: customer.get(f"/orders/{waiting}").body["state"] == "accepted", 20)
    opened = steer(customer, step="session")
    bought = customer.ended(customer.order().body["order_id"])
    waited = customer.ended(waiting, within=90)
    steps = customer.get(f"/orders/{waiting}/timeline").body["steps"]
    back = steer(customer, at="2012-06-01T14:00:00Z")

    assert (paused.status, paused.body["paused"]) == (200, True)
    assert (closed.body["timestamp"], closed.body["is_open"]) == ("2012-06-01T20:00:00Z", False)
    assert (closing_end["status"], closing_end["average_price"]) == ("EXECUTED", "560.99")
    assert far_end["state"] == "expired"
    assert (opened.body["timestamp"], opened.body["is_open"]) == ("2012-06-04T13:30:00Z", True)
    assert bought["status"] == "EXECUTED"
    assert 561 < float(bought["average_price"]) < 562
    assert (waited["status"], waited["filled_quantity"]) == ("EXECUTED", "1")
    assert [each["event"] for each in steps] == [
        "OrderSubmitted",
        "OrderQueued",
        "OrderEntered",
        "OrderExecuted",
    ]
    assert steps[1]["detail"]["opens_at"].startswith("2012-06-04T13:30")
    assert (back.status, back.body["code"]) == (422, "clock_goes_back")
    assert own.violations() == ""
